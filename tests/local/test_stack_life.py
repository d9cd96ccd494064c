"""The life of a stack, deployed by the roles of bootstrap-ci.yaml with GitHub's token: a failed creation, a second one,
an update, a deletion, and a creation under the same name, which takes the data over."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.packing import packed
from tests.local.support import ROOT, deploy_dev, github_job, until

pytestmark = pytest.mark.xdist_group("stack life")

STACK = "fairlead-dev"
ARTIFACTS = "aws-sam-cli-managed-default-samclisourcebucket-x"
# The form of tokens of repositories that were created, renamed or moved lately.
SUBJECT = "repo:owner@583231/name@1296269:environment:dev"
# Any log group of the stack: it makes the functions late, after buckets, tables and roles.
PLANTED = f"/aws/lambda/{STACK}-retrain"


class Account:
    """A blank account with SAM's bucket and the roles of bootstrap-ci.yaml, which come before the stack."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud = cloud
        self.api = cloud.client("cloudformation")
        self.s3, self.dynamodb = cloud.client("s3"), cloud.client("dynamodb")
        artifacts = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": ARTIFACTS}}},
                     "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}}}  # fmt: skip
        self.api.create_stack(
            StackName="aws-sam-cli-managed-default", TemplateBody=json.dumps(artifacts),
            Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
        )  # fmt: skip
        self.template = packed(cloud, folder, bucket=ARTIFACTS, prefix=f"{STACK}/")
        # The stack's own policy for operators comes with the stack.
        allow = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
        none = {"Version": "2012-10-17", "Statement": [allow]}
        policy = cloud.client("iam").create_policy(PolicyName="none-yet", PolicyDocument=json.dumps(none))["Policy"]
        given = {"Owner": "owner", "OwnerId": "583231", "Repository": "name", "RepositoryId": "1296269",
                 "Environment": "dev", "StackName": STACK, "OperatorPolicyArn": policy["Arn"]}  # fmt: skip
        self.api.create_stack(
            StackName="ci-fairlead-dev", TemplateBody=(ROOT / "bootstrap-ci.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )  # fmt: skip
        self.roles = self.outputs("ci-fairlead-dev")

    def outputs(self, stack: str = STACK) -> dict[str, str]:
        found = self.api.describe_stacks(StackName=stack)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}

    def deploy(self, *more: str) -> None:
        """`sam deploy` by the workflow's job; fails with SAM's output if the stack does not come to stand."""
        env = github_job(self.cloud, self.roles["DeployRoleArn"], subject=SUBJECT)
        boundary = f"PermissionsBoundary={self.roles['BoundaryArn']}"
        overrides = ["StageName=dev", "DeploymentStrategy=all-at-once", boundary]
        given = ("--role-arn", self.roles["StackRoleArn"], "--parameter-overrides", " ".join([*overrides, *more]))
        deploy_dev(env, self.template, *given)

    def delete(self) -> None:
        """Delete the stack; CloudFormation acts with the role of the deployment."""
        self.api.delete_stack(StackName=STACK)
        until(lambda: STACK not in {one["StackName"] for one in self.api.describe_stacks()["Stacks"]}, seconds=120)

    def data(self) -> set[str]:
        """Return the names of the stack's buckets and tables that are there."""
        buckets = {one["Name"] for one in self.s3.list_buckets()["Buckets"]}
        return {name for name in buckets | {*self.dynamodb.list_tables()["TableNames"]} if name.startswith(STACK)}

    def retention(self) -> set[Any]:
        groups = self.cloud.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK}-")["logGroups"]
        return {group.get("retentionInDays") for group in groups}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with LocalCloud() as cloud:
        yield Account(cloud, tmp_path_factory.mktemp("life"))


def test_stack_is_made_changed_deleted_and_made_again_by_the_workflow_s_roles(account: Account) -> None:
    logs = account.cloud.client("logs")
    logs.create_log_group(logGroupName=PLANTED)
    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        account.deploy()
    assert account.data() == set(), "a creation that failed leaves nothing in the way of the next"

    logs.delete_log_group(logGroupName=PLANTED)
    account.delete()
    account.deploy()
    first = account.outputs()
    assert {first["BucketName"], first["DeadLetterBucket"], first["LedgerTable"]} <= account.data()

    account.deploy("LogRetentionDays=7", "ThrottlingRateLimit=50")
    assert account.retention() == {7}
    assert account.outputs()["BucketName"] == first["BucketName"]

    account.delete()
    kept = account.data()
    assert kept == {first["BucketName"], first["DeadLetterBucket"], first["LedgerTable"]}
    with pytest.raises(account.s3.exceptions.ClientError):
        account.cloud.client("lambda").get_function(FunctionName=first["PredictFunctionName"])

    account.deploy(f"RegistryBucket={first['BucketName']}", f"LedgerTable={first['LedgerTable']}")
    second = account.outputs()
    assert {name: second[name] for name in ("BucketName", "LedgerTable")} == {
        name: first[name] for name in ("BucketName", "LedgerTable")
    }
    assert account.data() == kept | {second["DeadLetterBucket"]}
    assert account.s3.get_bucket_policy(Bucket=first["BucketName"])["Policy"], "its rules hold on"
