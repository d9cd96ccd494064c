"""`fairlead doctor` on the local cloud: each finding in an account and a stack that have it."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fairlead import __version__
from fairlead.aws import sts
from fairlead_cli.doctor.examine import CHECKS
from fairlead_cli.main import app
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.packing import UNPACKED
from tests.local.support import until

ARN = "arn:aws:iam::123456789012"
ROLE = f"{ARN}:role/logs"
RIGHTS = {
    "log-role": "apigateway:GET",
    "concurrency": "lambda:GetAccountSettings",
    "code-storage": "lambda:GetAccountSettings",
    "stack": "cloudformation:DescribeStacks",
    "policies": "cloudformation:DescribeStacks",
}


@pytest.fixture(scope="module")
def account() -> Iterator[LocalCloud]:
    """An account of its own: findings are of the whole account."""
    with LocalCloud(archives=UNPACKED) as running:
        yield running


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Doctor:
    """Runs the command as a user; `said` has the diagnoses by check."""

    def __init__(self, cloud: LocalCloud, stack: str, keys: Credentials | None = None, *more: str) -> None:
        arguments = ["doctor", "--stack", stack, *more]
        environment = cloud.environment(keys)
        self.done = CliRunner().invoke(app, [*arguments, "--json"], env=environment)
        self.text = CliRunner().invoke(app, arguments, env=environment).stdout
        self.said: dict[str, Any] = {one["check"]: one for one in json.loads(self.done.stdout)["checks"]}

    def verdict(self, check: str) -> str:
        return str(self.said[check]["verdict"])


def policy(name: str) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Description": name, "PolicyDocument": document}}


POLICIES = ("CallerPolicy", "FeedbackPolicy", "PublisherPolicy", "OperatorPolicy")


def template(version: str = __version__) -> str:
    """Return a template with the parts of Fairlead's stack that the doctor reads."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "AlarmTopicArn"}}}
    return json.dumps({
        "Parameters": {"AlarmTopicArn": {"Type": "String", "Default": ""}},
        "Resources": {"DecisionsTopic": topic} | {name: policy(name) for name in POLICIES},
        "Outputs": {
            "FairleadVersion": {"Value": version},
            "DecisionsTopicArn": {"Value": {"Ref": "DecisionsTopic"}},
            **{f"{name}Arn": {"Value": {"Ref": name}} for name in POLICIES},
        },
    })  # fmt: skip


def deploy(cloud: LocalCloud, name: str, body: str, **parameters: str) -> dict[str, str]:
    """Create the stack and wait for the end, whatever it is; its outputs."""
    cloudformation = cloud.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation.create_stack(
        StackName=name, TemplateBody=body, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )

    def ended() -> Any:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    return {one["OutputKey"]: one["OutputValue"] for one in until(ended).get("Outputs", ())}


def test_doctor_in_an_account_without_a_stack_names_the_first_step(account: LocalCloud) -> None:
    with account.variants(concurrency=10):
        doctor = Doctor(account, "nothing")

    assert doctor.done.exit_code == 7
    assert doctor.said["region"]["said"] == "us-east-1"
    assert doctor.said["credentials"]["said"] == f"{ARN}:user/fairlead-admin"
    assert doctor.verdict("clock") == "ok"
    assert doctor.said["log-role"]["mend"][0].startswith("aws cloudformation deploy --template-file bootstrap.yaml")
    assert "10 of 10" in doctor.said["concurrency"]["said"]
    assert "--quota-code L-B99A9384" in doctor.said["concurrency"]["mend"][0]
    assert doctor.said["code-storage"]["said"] == "0.0 KiB of 75.0 GiB used (0%)"
    assert doctor.verdict("stack") == "missing"
    assert doctor.said["stack"]["mend"][0] == "make build"
    assert {doctor.verdict(name) for name in ("sizes", "version", "policies", "alarm-topic")} == {"n/a"}
    assert "2 to mend" in doctor.text
    assert "the stack is not deployed yet" in doctor.text


def test_a_prepared_account_has_only_the_deploy_left(account: LocalCloud) -> None:
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}
    account.client("apigateway").update_account(patchOperations=[change])

    doctor = Doctor(account, "nothing")

    assert doctor.done.exit_code == 6
    assert (doctor.verdict("log-role"), doctor.said["log-role"]["said"]) == ("ok", ROLE)
    assert doctor.verdict("concurrency") == "ok"


def test_a_new_stack_without_holders_and_subscribers_is_a_finding_until_they_are_there(account: LocalCloud) -> None:
    """From the first deploy to a stack on which the doctor finds nothing; each command is typed as it is printed."""
    outputs = deploy(account, "fairlead-new", template())

    before = Doctor(account, "fairlead-new")

    assert before.done.exit_code == 7
    assert (before.verdict("stack"), before.verdict("version")) == ("ok", "ok")
    attach = before.said["policies"]["mend"][0]
    assert attach == (
        "aws iam attach-user-policy --user-name fairlead-admin --policy-arn " + outputs["OperatorPolicyArn"]
    )
    assert before.said["alarm-topic"]["mend"][0] == "aws sns create-topic --name fairlead-new-alarms"
    subscribe = f"aws sns subscribe --topic-arn {outputs['DecisionsTopicArn']} --protocol email"
    assert before.said["decisions-topic"]["mend"][0].startswith(subscribe)
    assert attach in before.text

    topic = account.client("sns").create_topic(Name="alarms")["TopicArn"]
    for one in (topic, outputs["DecisionsTopicArn"]):
        account.client("sns").subscribe(TopicArn=one, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q")
    account.client("iam").attach_user_policy(UserName="fairlead-admin", PolicyArn=outputs["OperatorPolicyArn"])
    account.client("cloudformation").update_stack(
        StackName="fairlead-new", TemplateBody=template(), Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "AlarmTopicArn", "ParameterValue": topic}],
    )  # fmt: skip
    until(lambda: Doctor(account, "fairlead-new").verdict("stack") == "ok")

    after = Doctor(account, "fairlead-new")

    assert after.done.exit_code == 0, after.text
    assert "yours: OperatorPolicy" in after.said["policies"]["said"]
    assert after.said["alarm-topic"]["said"] == "1 confirmed, 0 not confirmed at alarms"


def test_a_policy_that_the_caller_holds_through_a_group_is_the_caller_s(account: LocalCloud) -> None:
    outputs = deploy(account, "fairlead-groups", template())
    iam, keys = account.client("iam"), account.add_user("grouped")
    iam.create_group(GroupName="on-call")
    iam.attach_group_policy(GroupName="on-call", PolicyArn=outputs["OperatorPolicyArn"])
    iam.add_user_to_group(GroupName="on-call", UserName="grouped")
    all_rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="grouped", PolicyName="all", PolicyDocument=json.dumps(all_rights))

    said = Doctor(account, "fairlead-groups", keys).said["policies"]["said"]

    assert said == "yours: OperatorPolicy; attached: OperatorPolicy (on-call)"


def test_a_stack_of_another_version_is_a_finding(account: LocalCloud) -> None:
    deploy(account, "fairlead-old", template("0.0.9"))

    doctor = Doctor(account, "fairlead-old")

    assert doctor.said["version"]["said"] == f"the stack is of version 0.0.9, this command line of {__version__}"
    skipped = Doctor(account, "fairlead-old", None, *(word for name in CHECKS for word in ("--skip", name)))
    assert (skipped.done.exit_code, skipped.said) == (0, {})


def test_a_create_that_was_rolled_back_is_deleted_first_and_says_why(account: LocalCloud) -> None:
    broken = {"Bad": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": "no-such-function"}}}
    deploy(account, "fairlead-broken", json.dumps({"Resources": broken}))

    found = Doctor(account, "fairlead-broken").said

    assert found["stack"]["verdict"] == "mend"
    assert found["stack"]["said"].startswith("fairlead-broken, ROLLBACK_COMPLETE: Bad: ")
    assert "no-such-function" in found["stack"]["said"]
    assert found["stack"]["mend"][0] == "aws cloudformation delete-stack --stack-name fairlead-broken"
    assert {found[name]["verdict"] for name in ("version", "policies", "alarm-topic", "decisions-topic")} == {"n/a"}


def test_doctor_without_rights_passes_no_check_and_names_each_missing_right(account: LocalCloud) -> None:
    doctor = Doctor(account, "fairlead-new", account.add_user("stranger"))

    assert doctor.done.exit_code == 7
    for name, action in RIGHTS.items():
        assert (doctor.verdict(name), doctor.said[name]["said"]) == ("not checked", f"needs {action}")


def test_keys_that_aws_does_not_know_are_a_finding(account: LocalCloud) -> None:
    doctor = Doctor(account, "fairlead-new", Credentials("AKIAUNKNOWN000000000", "secret"))

    assert doctor.verdict("credentials") == "mend"
    assert "InvalidClientTokenId" in doctor.said["credentials"]["said"]
    assert doctor.verdict("clock") == "ok"  # a refusal also has the time
    assert doctor.verdict("log-role") == "not checked"


def test_a_wrong_clock_is_measured(account: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sts.clock_offset.__kwdefaults__ or {}, "now", lambda: time.time() - 600)

    found = Doctor(account, "fairlead-new").said["clock"]

    assert found["verdict"] == "mend"
    assert re.match(r"(599|600) s behind AWS's; AWS refuses signatures from 300 s on", found["said"])
    assert found["mend"] == ["sudo timedatectl set-ntp true"]
