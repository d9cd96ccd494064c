"""The life of a stack, deployed by the roles of bootstrap-ci.yaml with GitHub's token: a failed creation, a second one,
a release, a change of every parameter, a deletion, and a creation under the same name, which takes the data over."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead_local.cloud import LocalCloud
from fairlead_local.cloudformation import templates
from tests.local.packing import UNPACKED, packed
from tests.local.support import ROOT, clock_ahead, deploy_dev, github_job, until

pytestmark = pytest.mark.xdist_group("stack life")

STACK = "fairlead-dev"
ARTIFACTS = "aws-sam-cli-managed-default-samclisourcebucket-x"
# The form of tokens of repositories that were created, renamed or moved lately.
SUBJECT = "repo:owner@583231/name@1296269:environment:dev"
# Any log group of the stack: with it the functions are created late, after buckets, tables and roles.
PLANTED = f"/aws/lambda/{STACK}-retrain"
PATIENT = ("VerifyColdStartMs=60000", "VerifyLatencyMs=20000")
"""Limits that a busy machine keeps too."""

CHANGED = {
    "MemorySize": "2048",
    "ReservedConcurrency": "20",
    "SnapStart": "PublishedVersions",
    "StageName": "test",
    "ThrottlingRateLimit": "50",
    "ThrottlingBurstLimit": "60",
    "LogRetentionDays": "7",
    "DeploymentStrategy": "custom",
    "CustomCanaryPercent": "20",
    "CustomCanaryMinutes": "2",
    "CanaryErrorShare": "0.1",
    "CanaryMinimumRequests": "5",
    "CanaryLatencyMs": "2000",
    "VerifyLatencyMs": "20000",
    "VerifyColdStartMs": "60000",
    "CaptureRate": "0.5",
    "CaptureDrop": "name,address",
    "LedgerDays": "30",
    "ResponseMode": "dry-run",
    "ReleaseCandidates": "canary-10-5m",
    "RetrainSchedule": "'rate(7 days)'",
    "TrustedReporters": "arn:aws:sts::123456789012:assumed-role/nightly",
    "ErrorShare": "0.1",
    "LatencyMs": "2000",
    "QualityDrop": "0.1",
    "DriftedFeatures": "2",
    "DriftLooks": "6",
    "BrokenFeatures": "2",
    "LabelCoverage": "0.2",
    "Watch": "lean",
    "Dashboard": "on",
    "Tracing": "Active",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:night-watch",
    "AllowModelCode": "yes",
    "ExplainSeconds": "5",
    "BatchConcurrency": "10",
    "BatchInput": "rows/in/",
    "BatchOutput": "rows/out/",
}
FIXED = {
    *("Architecture", "PermissionsBoundary", "RegistryBucket", "LedgerTable"),
    *("DomainName", "BasePath"),
}
"""Parameters that this machine, the workflow's roles and the take-over decide; and what needs a domain."""


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
                 "Environment": "dev", "StackName": STACK, "OperatorPolicyArn": policy["Arn"],
                 "BatchInput": "rows/in/", "BatchOutput": "rows/out/"}  # fmt: skip
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
        """`sam deploy` by the workflow's job; fails with SAM's output if the stack is not created."""
        env = github_job(self.cloud, self.roles["DeployRoleArn"], subject=SUBJECT)
        boundary = f"PermissionsBoundary={self.roles['BoundaryArn']}"
        overrides = ["StageName=dev", "DeploymentStrategy=all-at-once", *PATIENT, boundary]
        given = ("--role-arn", self.roles["StackRoleArn"], "--parameter-overrides", " ".join([*overrides, *more]))
        deploy_dev(env, self.template, *given)

    def delete(self) -> None:
        """Delete the stack; CloudFormation acts with the role of the deployment."""
        self.api.delete_stack(StackName=STACK)
        until(lambda: STACK not in {one["StackName"] for one in self.api.describe_stacks()["Stacks"]}, seconds=120)

    def fairlead(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """Run a command with all rights."""
        env = os.environ | self.cloud.environment() | {"FAIRLEAD_STACK": STACK} | clock_ahead(self.cloud)
        command = [str(Path(sys.executable).with_name("fairlead")), *map(str, arguments)]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def did(self, *arguments: object) -> str:
        """Run a command that must succeed; returns its stdout."""
        done = self.fairlead(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def data(self) -> set[str]:
        """Return the names of the stack's buckets and tables that are there."""
        buckets = {one["Name"] for one in self.s3.list_buckets()["Buckets"]}
        return {name for name in buckets | {*self.dynamodb.list_tables()["TableNames"]} if name.startswith(STACK)}

    def retention(self) -> set[Any]:
        groups = self.cloud.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK}-")["logGroups"]
        return {group.get("retentionInDays") for group in groups}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with LocalCloud(archives=UNPACKED) as cloud:
        yield Account(cloud, tmp_path_factory.mktemp("life"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """The arguments that publish a version of iris."""
    folder = tmp_path_factory.mktemp("iris")
    features, target = load_iris(return_X_y=True, as_frame=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(features, target), folder / "iris.joblib")
    features.assign(species=target).to_csv(folder / "iris.csv", index=False)
    (folder / "policy.toml").write_text("[budget]\ncold_load_ms = 60000\none_row_ms = 5000\nhundred_rows_ms = 10000\n")
    data = ("--data", folder / "iris.csv", "--target", "species", "--policy", folder / "policy.toml")
    return ("publish", folder / "iris.joblib", "--name", "iris", *data)


def test_every_parameter_is_changed_or_said_to_be_fixed() -> None:
    assert set(templates.parse((ROOT / "template.yaml").read_text())["Parameters"]) == {*CHANGED, *FIXED}


def test_stack_is_made_changed_deleted_and_made_again_by_the_workflow_s_roles(
    account: Account, files: tuple[object, ...]
) -> None:
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

    account.did(*files)
    account.did("release", "iris", 1, "--wait")

    account.deploy(*(f"{name}={value}" for name, value in CHANGED.items()))
    assert account.retention() == {7}
    assert account.outputs()["BucketName"] == first["BucketName"]
    account.did("release", "--code", "--strategy", "all-at-once", "--wait")
    account.s3.create_bucket(Bucket="rows")
    account.s3.put_object(Bucket="rows", Key="in/rows.csv", Body=Path(str(files[5])).read_bytes())
    account.did("batch", "iris", "--input", "s3://rows/in/*.csv", "--output", "s3://rows/out/")

    account.delete()
    kept = account.data()
    assert kept == {first["BucketName"], first["DeadLetterBucket"], first["LedgerTable"]}
    with pytest.raises(account.s3.exceptions.ClientError):
        account.cloud.client("lambda").get_function(FunctionName=first["PredictFunctionName"])

    # tests/functional/releases/test_second_life.py covers the other interpretation: numbers from 1.
    with account.cloud.variants(version_numbers="go on"):
        account.deploy(f"RegistryBucket={first['BucketName']}", f"LedgerTable={first['LedgerTable']}")
    second = account.outputs()
    assert {name: second[name] for name in ("BucketName", "LedgerTable")} == {
        name: first[name] for name in ("BucketName", "LedgerTable")
    }
    assert account.data() == kept | {second["DeadLetterBucket"]}
    assert account.s3.get_bucket_policy(Bucket=first["BucketName"])["Policy"], "its rules hold on"

    account.did("release", "iris", 1, "--wait")
    account.did("history", "iris", "--verify")
    lives = [one["now"]["life"] for one in history(account) if one["kind"] == "moved" and one["alias"] == "live"]
    assert len(set(lives)) == 2
    refused = account.fairlead("rollback", "iris", "--to", "r3")
    assert refused.returncode != 0
    assert "is of an earlier stack of this name" in refused.stderr


def history(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(account.did("history", "iris", "--limit", 50, "--json"))
    return found
