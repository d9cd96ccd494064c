"""Removes all that the suite made in an account, also after a failure half-way.

`python -m tests.aws.removal flt-1a2b3c4d` removes what a killed run left.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.clouds import Aws, Cloud, until
from tests.aws.deployed import FOREVER, POLICIES, Deployed

GONE = frozenset({"NoSuchEntity", "NoSuchBucket", "NoSuchBucketPolicy", "ResourceNotFoundException", "ValidationError"})


def remove(stack: Deployed) -> None:
    """Delete roles, the stack, all that has its name, and its archives; raises AssertionError naming what is left.

    What a stack keeps is found by the stack's name, which is unique: a run that was killed needs no more than that.
    """
    cloud = stack.cloud
    for who in POLICIES:
        _remove_role(cloud, stack.role(who))
    try:
        cloud.client("cloudformation").delete_stack(StackName=stack.name)
        until(cloud, lambda: _deleted(cloud, stack.name), within=2 * FOREVER)
    finally:
        for bucket in _buckets(cloud, stack.name):
            _remove_bucket(cloud, bucket)
        for table in _tables(cloud, stack.name):
            _quietly(cloud.client("dynamodb").delete_table, TableName=table)
        for layer, version in _layers(cloud, stack.name):
            cloud.client("lambda").delete_layer_version(LayerName=layer, VersionNumber=version)
        _remove_logs(cloud, stack.name)
        _remove_archives(cloud, stack.name)
    left = list(_left(cloud, stack.name))
    assert not left, f"left in the account, delete them by hand: {', '.join(left)}"


def _buckets(cloud: Cloud, stack: str) -> list[str]:
    found = [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]]
    return [name for name in found if name.startswith(f"{stack}-")]


def _tables(cloud: Cloud, stack: str) -> list[str]:
    pages = cloud.client("dynamodb").get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"] if name.startswith(f"{stack}-")]


def _layers(cloud: Cloud, stack: str) -> list[tuple[str, int]]:
    """Return name and version number: CloudFormation keeps every version."""
    functions = cloud.client("lambda")
    pages = functions.get_paginator("list_layers").paginate()
    names = [one["LayerName"] for page in pages for one in page["Layers"]]
    return [
        (name, one["Version"])
        for name in names
        if name.startswith(f"{stack}-")
        for page in functions.get_paginator("list_layer_versions").paginate(LayerName=name)
        for one in page["LayerVersions"]
    ]


def _remove_role(cloud: Cloud, role: str) -> None:
    iam = cloud.client("iam")
    with suppress(iam.exceptions.NoSuchEntityException):
        for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=one["PolicyArn"])
        iam.delete_role(RoleName=role)


def _deleted(cloud: Cloud, stack: str) -> bool:
    try:
        found = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError:
        return True
    assert found["StackStatus"] != "DELETE_FAILED", json.dumps(found, default=str)
    return bool(found["StackStatus"] == "DELETE_COMPLETE")


def _remove_bucket(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    _quietly(s3.delete_bucket_policy, Bucket=bucket)  # it denies deletes
    with suppress(s3.exceptions.NoSuchBucket):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=bucket)


def _remove_logs(cloud: Cloud, stack: str) -> None:
    logs = cloud.client("logs")
    for prefix in (f"/aws/lambda/{stack}-", f"/aws/apigateway/{stack}"):
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                _quietly(logs.delete_log_group, logGroupName=group["logGroupName"])


def _remove_archives(cloud: Cloud, stack: str) -> None:
    """Delete what `sam deploy` uploaded under the stack's name; SAM's bucket is the account's and stays."""
    with suppress(ClientError):
        described = cloud.client("cloudformation").describe_stacks(StackName="aws-sam-cli-managed-default")
        outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Stacks"][0]["Outputs"]}
        s3 = cloud.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=outputs["SourceBucket"], Prefix=f"{stack}/"):
            for one in page.get("Contents", []):
                s3.delete_object(Bucket=outputs["SourceBucket"], Key=one["Key"])


def _left(cloud: Cloud, stack: str) -> Iterator[str]:
    yield from _buckets(cloud, stack)
    yield from (name for name in _tables(cloud, stack) if _table_stands(cloud, name))
    yield from (f"layer {name}:{version}" for name, version in _layers(cloud, stack))
    for page in cloud.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/"):
        yield from (one["logGroupName"] for one in page["logGroups"] if f"/{stack}" in one["logGroupName"])


def _table_stands(cloud: Cloud, table: str) -> bool:
    with suppress(ClientError):
        status = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["TableStatus"]
        return bool(status != "DELETING")
    return False


def _quietly(call: Any, **parameters: str) -> None:
    """Call; what is gone already is no error."""
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise


if __name__ == "__main__":
    name = sys.argv[-1]
    if not re.fullmatch("flt-[0-9a-f]{8}", name):
        sys.exit(f"{name} is not the name of a stack of this suite: flt- and eight hexadecimal digits")
    remove(Deployed(Aws(), name, Path()))
