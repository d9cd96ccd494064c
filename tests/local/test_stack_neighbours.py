"""Stacks of one account with similar names: `risk` made by hand, `risk-eu` and `risk-eu2` by GitHub's roles.

Every role and policy of one stack, those of bootstrap-ci.yaml too, tries every kind of resource of the others.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud
from tests.local.packing import CODE, UNPACKED
from tests.local.support import ROOT, Sam, until

pytestmark = pytest.mark.xdist_group("stack neighbours")

BY_HAND, FIRST, SECOND = ("risk", "risk-eu", "risk-eu2")
ACCOUNT = "123456789012"
ARTIFACTS = "aws-sam-cli-managed-default-samclisourcebucket-x"
ROLE, API = "AWS::IAM::Role", "AWS::ApiGateway::RestApi"
POLICIES = ("CallerPolicyArn", "FeedbackPolicyArn", "OperatorPolicyArn", "PublisherPolicyArn")
EVERYTHING = {"ReleaseCandidates": "canary-10-5m", "Dashboard": "on", "RetrainSchedule": "rate(7 days)"}
MAY = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
TRUST: dict[str, Any] = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


@dataclass(frozen=True)
class Neighbour:
    """A deployed stack, and the names of its roles with those that deploy it."""

    name: str
    outputs: dict[str, str]
    roles: list[str]

    def calls(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield the calls that would read or change this stack: service, operation, parameters."""
        yield from self._functions()
        yield from self._data()
        yield from self._watching()
        yield from self._control()

    def _functions(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        predict, verify = self.outputs["PredictFunctionName"], self.outputs["VerifyFunctionName"]
        for alias in ("live", "previous"):
            yield "lambda", "get_alias", {"FunctionName": predict, "Name": alias}
            yield "lambda", "update_alias", {"FunctionName": predict, "Name": alias, "FunctionVersion": "1"}
        for function in (predict, verify, f"{self.name}-move"):
            yield "lambda", "invoke", {"FunctionName": function}
            yield "lambda", "update_function_configuration", {"FunctionName": function, "Timeout": 3}
            yield "lambda", "update_function_code", {"FunctionName": function, "ZipFile": b"x"}
            yield "lambda", "publish_version", {"FunctionName": function}
            yield "lambda", "delete_function", {"FunctionName": function}
            yield "lambda", "put_function_concurrency", {"FunctionName": function, "ReservedConcurrentExecutions": 0}
        yield "lambda", "invoke", {"FunctionName": predict, "Qualifier": "1"}
        yield "lambda", "delete_function", {"FunctionName": predict, "Qualifier": "1"}
        yield "lambda", "get_layer_version", {"LayerName": f"{self.name}-common", "VersionNumber": 1}
        yield "lambda", "publish_layer_version", {"LayerName": f"{self.name}-common", "Content": {"ZipFile": b"x"}}

    def _data(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for bucket in (self.outputs["BucketName"], self.outputs["DeadLetterBucket"]):
            for key in ("blobs/sha256/0", "models/m/versions/1.json", f"journal/{self.name}/moves/1.json"):
                yield "s3", "get_object", {"Bucket": bucket, "Key": key}
                yield "s3", "put_object", {"Bucket": bucket, "Key": key, "IfNoneMatch": "*"}
                yield "s3", "delete_object", {"Bucket": bucket, "Key": key}
            yield "s3", "list_objects_v2", {"Bucket": bucket}
            yield "s3", "put_bucket_policy", {"Bucket": bucket, "Policy": "{}"}
            yield "s3", "delete_bucket_policy", {"Bucket": bucket}
        table = self.outputs["LedgerTable"]
        item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
        where = {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
        yield "dynamodb", "query", {"TableName": table, **where}
        yield "dynamodb", "put_item", {"TableName": table, "Item": item}
        yield "dynamodb", "update_item", {"TableName": table, "Key": item}
        yield "dynamodb", "delete_table", {"TableName": table}

    def _watching(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for group in (f"/aws/lambda/{self.name}-predict", f"/aws/apigateway/{self.name}"):
            yield "logs", "create_log_stream", {"logGroupName": group, "logStreamName": "s"}
            events = [{"timestamp": 0, "message": "m"}]
            yield "logs", "put_log_events", {"logGroupName": group, "logStreamName": "s", "logEvents": events}
            yield "logs", "delete_log_group", {"logGroupName": group}
        for alarm in ("canary-errors", "errors", "record-lost"):
            name = f"{self.name}-{alarm}"
            yield "cloudwatch", "set_alarm_state", {"AlarmName": name, "StateValue": "OK", "StateReason": "r"}
            yield "cloudwatch", "delete_alarms", {"AlarmNames": [name]}
            judged = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}
            yield "cloudwatch", "put_metric_alarm", {"AlarmName": name, **judged}
        topic = self.outputs["DecisionsTopicArn"]
        yield "sns", "publish", {"TopicArn": topic, "Message": "m"}
        yield "sns", "delete_topic", {"TopicArn": topic}
        for rule in ("record-moves", "retrain-clock"):
            yield "events", "put_rule", {"Name": f"{self.name}-{rule}", "ScheduleExpression": "rate(1 day)"}
            yield "events", "delete_rule", {"Name": f"{self.name}-{rule}"}

    def _control(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        application, group = self.outputs["DeploymentApplication"], self.outputs["DeploymentGroup"]
        both = {"applicationName": application, "deploymentGroupName": group}
        yield "codedeploy", "create_deployment", both
        yield "codedeploy", "list_deployments", both
        yield "codedeploy", "delete_deployment_group", both
        moved = {"applicationName": application, "currentDeploymentGroupName": group}
        yield "codedeploy", "update_deployment_group", moved
        yield "codedeploy", "delete_application", {"applicationName": application}
        yield "codedeploy", "delete_deployment_config", {"deploymentConfigName": self.outputs["CustomStrategy"]}
        for role in (self.roles[0], *self.roles[-3:]):
            document = {"PolicyName": "x", "PolicyDocument": json.dumps(TRUST)}
            yield "iam", "put_role_policy", {"RoleName": role, **document}
            yield "iam", "update_assume_role_policy", {"RoleName": role, "PolicyDocument": json.dumps(TRUST)}
            yield "iam", "delete_role", {"RoleName": role}
            yield "sts", "assume_role", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "test"}
        for policy in POLICIES:
            yield "iam", "list_entities_for_policy", {"PolicyArn": self.outputs[policy]}
            yield "iam", "delete_policy", {"PolicyArn": self.outputs[policy]}
        for operation in ("describe_stacks", "describe_stack_events", "delete_stack"):
            yield "cloudformation", operation, {"StackName": self.name}
        yield "cloudformation", "create_change_set", {
            "StackName": self.name, "ChangeSetName": "c", "UsePreviousTemplate": True,
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/{self.roles[0]}",
        }  # fmt: skip


class Account:
    """An account with the stacks, all with tiny archives: no function runs here."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud = cloud
        self.sam, self.s3 = Sam(cloud), cloud.client("s3")
        self.api, self.iam = cloud.client("cloudformation"), cloud.client("iam")
        self._archive(folder)
        self.neighbours = [self._neighbour(BY_HAND), *map(self._by_github, (FIRST, SECOND))]

    def deploy(self, stack: str, **more: Any) -> str:
        """Create the stack; returns its last status. The stage bears its name: all APIs here share one port."""
        values = EVERYTHING | {"StageName": stack.replace("-", "_")} | more.pop("parameters", {})
        self.api.create_stack(
            StackName=stack, TemplateURL=self._packed(stack), Parameters=parameters(values), **MAY, **more
        )
        return self.ended(stack)

    def ended(self, stack: str) -> str:
        """Return the stack's status once nothing is in progress."""

        def status() -> str:
            found = self.api.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            return "" if found.endswith("_IN_PROGRESS") else str(found)

        return str(until(status, seconds=180))

    def outputs(self, stack: str) -> dict[str, str]:
        return self.sam.outputs(stack)

    def of_stack(self, stack: str) -> list[dict[str, Any]]:
        return list(self.api.describe_stack_resources(StackName=stack)["StackResources"])

    def reasons(self, stack: str) -> str:
        """Return why resources of the stack failed."""
        events = self.api.describe_stack_events(StackName=stack)["StackEvents"]
        return "\n".join(one.get("ResourceStatusReason", "") for one in events)

    def session(self, role: str) -> Clients:
        """Return clients with the role's rights, which a service alone may assume otherwise."""
        found = self.iam.get_role(RoleName=role)["Role"]
        trust = {**TRUST, "Statement": [*found["AssumeRolePolicyDocument"]["Statement"], *TRUST["Statement"]]}
        self.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        made = self.cloud.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="test")["Credentials"]
        return Clients(
            self.cloud.endpoint_url, access_key=made["AccessKeyId"], secret_key=made["SecretAccessKey"],
            token=made["SessionToken"],
        )  # fmt: skip

    def _archive(self, folder: Path) -> None:
        self.s3.create_bucket(Bucket=ARTIFACTS)
        with zipfile.ZipFile(folder / "a.zip", "w") as archive:
            archive.writestr("app.py", "def handler(event, context): ...")
        self.archive = (folder / "a.zip").read_bytes()

    def _packed(self, stack: str) -> str:
        """Return the address of the built template, whose archives are one tiny file under the stack's prefix."""
        written = (ROOT / ".aws-sam/build/template.yaml").read_text()
        text = CODE.sub(rf"\1s3://{ARTIFACTS}/{stack}/a.zip", written)
        for key, body in (("a.zip", self.archive), ("packed.yaml", text.encode())):
            self.s3.put_object(Bucket=ARTIFACTS, Key=f"{stack}/{key}", Body=body)
        return f"{self.cloud.endpoint_url}/{ARTIFACTS}/{stack}/packed.yaml"

    def _by_github(self, stack: str) -> Neighbour:
        """Create the roles of bootstrap-ci.yaml, and the stack with them."""
        none = self._no_rights(stack)
        given = {"Owner": "owner", "OwnerId": "1", "Repository": "name", "RepositoryId": "2", "Environment": "dev",
                 "StackName": stack, "OperatorPolicyArn": none, "PublisherPolicyArn": none, "Model": "risk",
                 "CreateProvider": "true" if stack == FIRST else "false"}  # fmt: skip
        template = (ROOT / "bootstrap-ci.yaml").read_text()
        self.api.create_stack(StackName=f"ci-{stack}", TemplateBody=template, Parameters=parameters(given), **MAY)
        made = self.outputs(f"ci-{stack}")
        limit = {"PermissionsBoundary": made["BoundaryArn"]}
        found = self._neighbour(stack, RoleARN=made["StackRoleArn"], parameters=limit, ci=f"ci-{stack}")
        # The operators' and publishers' policies come with the stack.
        for role, policy in (("Deploy", "Operator"), ("Rollback", "Operator"), ("Publish", "Publisher")):
            name, arn = made[f"{role}RoleArn"].rpartition("/")[2], found.outputs[f"{policy}PolicyArn"]
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return found

    def _no_rights(self, stack: str) -> str:
        allow = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        return str(self.iam.create_policy(PolicyName=f"none-{stack}", PolicyDocument=document)["Policy"]["Arn"])

    def _neighbour(self, stack: str, *, ci: str = "", **more: Any) -> Neighbour:
        assert self.deploy(stack, **more) == "CREATE_COMPLETE", self.reasons(stack)
        found = [one for name in (stack, ci) if name for one in self.of_stack(name)]
        roles = [one["PhysicalResourceId"] for one in found if one["ResourceType"] == ROLE]
        return Neighbour(stack, self.sam.outputs(stack), roles)


def parameters(given: dict[str, str]) -> list[dict[str, str]]:
    """Return parameters as CloudFormation takes them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with LocalCloud(archives=UNPACKED) as cloud:
        yield Account(cloud, tmp_path_factory.mktemp("neighbours"))


@pytest.fixture(scope="module")
def holders(account: Account) -> dict[str, dict[str, Clients]]:
    """Clients by stack and role; each of a stack's policies is held by a role of its own."""
    found = {}
    for stack in account.neighbours:
        for output in POLICIES:
            name = f"holder-{stack.name}-{output}"
            account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
            account.iam.attach_role_policy(RoleName=name, PolicyArn=stack.outputs[output])
        names = [*stack.roles, *(f"holder-{stack.name}-{output}" for output in POLICIES)]
        found[stack.name] = {name: account.session(name) for name in names}
    return found


@pytest.mark.parametrize(("acting", "on"), [(BY_HAND, FIRST), (FIRST, BY_HAND), (FIRST, SECOND)])
def test_no_role_or_policy_of_a_stack_reads_or_changes_a_resource_of_another(
    account: Account, holders: dict[str, dict[str, Clients]], acting: str, on: str
) -> None:
    other = next(one for one in account.neighbours if one.name == on)
    done = [
        (role, operation, given)
        for role, clients in holders[acting].items()
        for service, operation, given in other.calls()
        if not refused(clients[service], operation, given)
    ]

    assert done == []


def test_a_template_of_one_stack_reaches_no_api_of_another(account: Account) -> None:
    """API Gateway's ids are no names: the tag that CloudFormation gives each API keeps them apart."""
    first, second = account.neighbours[1:]
    [theirs] = [one["PhysicalResourceId"] for one in account.of_stack(second.name) if one["ResourceType"] == API]
    stage = {"RestApiId": theirs, "DeploymentId": "d", "StageName": "taken_over"}
    body = json.dumps({"Resources": {"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage}}})

    account.api.create_stack(
        StackName="attack", TemplateBody=body, RoleARN=account.outputs(f"ci-{first.name}")["StackRoleArn"]
    )

    assert account.ended("attack") == "ROLLBACK_COMPLETE"
    assert "is not authorized to perform: apigateway:POST" in account.reasons("attack")


@pytest.mark.parametrize("name", ["risk-eu-2", "risk-canary"])
def test_a_stack_whose_name_another_s_rights_or_names_reach_is_not_made(account: Account, name: str) -> None:
    """Without the rule, risk-eu's roles own risk-eu-2, and risk-canary's alarm `errors` is risk's `canary-errors`."""
    assert account.deploy(name) == "ROLLBACK_COMPLETE"
    assert f"the stack name {name} has two hyphens or ends with -canary" in account.reasons(name)


def refused(client: Any, operation: str, parameters: dict[str, Any]) -> bool:
    """Return whether the caller lacks the right."""
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSED
    return False
