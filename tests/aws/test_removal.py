"""Everything that the suite made in an account is removed by its name alone, also without a stack that lists it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead_local.cloud import LocalCloud
from tests.aws.clouds import Local
from tests.aws.deployed import Deployed
from tests.aws.removal import remove
from tests.local.packing import UNPACKED
from tests.local.release_stack import zipped

STACK = "flt-1a2b3c4d"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
KEEPS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject*", "Resource": "arn:aws:s3:::*/journal/*"}
    ],
}

RIGHTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


class Unpacked(Local):
    """The local cloud before any deploy."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud


@pytest.fixture
def account() -> Iterator[LocalCloud]:
    with LocalCloud(archives=UNPACKED) as cloud:
        yield cloud


def test_remains_of_an_interrupted_run_are_removed_and_nothing_of_others(account: LocalCloud, tmp_path: Path) -> None:
    for stack in (STACK, "other"):
        _leave(account, stack)

    remove(Deployed(Unpacked(account), STACK, tmp_path))

    assert _names(account) == {
        *("bucket other-registry-x", "table other-Ledger-X", "layer other-common", "log /aws/lambda/other-predict"),
        "role other-test-operator",
    }


def _leave(cloud: LocalCloud, stack: str) -> None:
    """Create the resources that a deleted stack and a killed run of the suite leave behind."""
    s3, bucket = cloud.client("s3"), f"{stack}-registry-x"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="journal/1.json", Body=b"{}")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(KEEPS))
    cloud.client("dynamodb").create_table(
        TableName=f"{stack}-Ledger-X",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for _ in range(2):
        cloud.client("lambda").publish_layer_version(LayerName=f"{stack}-common", Content={"ZipFile": zipped("")})
    cloud.client("logs").create_log_group(logGroupName=f"/aws/lambda/{stack}-predict")
    iam, role = cloud.client("iam"), f"{stack}-test-operator"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    policy = iam.create_policy(PolicyName=f"{stack}-x", PolicyDocument=json.dumps(RIGHTS))
    iam.attach_role_policy(RoleName=role, PolicyArn=policy["Policy"]["Arn"])


def _names(cloud: LocalCloud) -> set[str]:
    layers = cloud.client("lambda").list_layers()["Layers"]
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    return {
        *(f"bucket {one['Name']}" for one in cloud.client("s3").list_buckets()["Buckets"]),
        *(f"table {one}" for one in cloud.client("dynamodb").list_tables()["TableNames"]),
        *(f"layer {one['LayerName']}" for one in layers),
        *(f"log {one['logGroupName']}" for one in groups),
        *(f"role {one['RoleName']}" for one in cloud.client("iam").list_roles()["Roles"]),
    }
