"""Removes all that the suite made in an account, also after a failure half-way."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.clouds import Cloud, until
from tests.aws.deployed import FOREVER, POLICIES, Deployed

KEPT = ("AWS::S3::Bucket", "AWS::DynamoDB::Table")
"""Types of resources that a deleted stack leaves behind."""
GONE = frozenset({"NoSuchEntity", "NoSuchBucket", "NoSuchBucketPolicy", "ResourceNotFoundException", "ValidationError"})


def remove(stack: Deployed) -> None:
    """Delete roles, the stack, what it keeps, its logs and its archives; raises AssertionError naming what is left."""
    cloud = stack.cloud
    kept = list(_kept(cloud, stack.name))
    for who, policy in POLICIES.items():
        _remove_role(stack, who, policy)
    for kind, name in kept:  # policies of the retained buckets deny deletes
        if kind == "AWS::S3::Bucket":
            _quietly(cloud.client("s3").delete_bucket_policy, Bucket=name)
    cloud.client("cloudformation").delete_stack(StackName=stack.name)
    until(cloud, lambda: _deleted(cloud, stack.name), within=2 * FOREVER)
    for kind, name in kept:
        if kind == "AWS::S3::Bucket":
            _remove_bucket(cloud, name)
        else:
            _quietly(cloud.client("dynamodb").delete_table, TableName=name)
    _remove_logs(cloud, stack.name)
    _remove_archives(cloud, stack.name)
    left = list(_left(cloud, stack.name, kept))
    assert not left, f"left in the account, delete them by hand: {', '.join(left)}"


def _kept(cloud: Cloud, stack: str) -> Iterator[tuple[str, str]]:
    with suppress(ClientError):
        pages = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for page in pages:
            for one in page["StackResourceSummaries"]:
                if one["ResourceType"] in KEPT and one.get("PhysicalResourceId"):
                    yield one["ResourceType"], one["PhysicalResourceId"]


def _remove_role(stack: Deployed, who: str, policy: str) -> None:
    iam, role = stack.cloud.client("iam"), stack.role(who)
    if policy and stack.outputs:
        _quietly(iam.detach_role_policy, RoleName=role, PolicyArn=stack.outputs[f"{policy}PolicyArn"])
    _quietly(iam.delete_role, RoleName=role)


def _deleted(cloud: Cloud, stack: str) -> bool:
    try:
        found = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError:
        return True
    assert found["StackStatus"] != "DELETE_FAILED", json.dumps(found, default=str)
    return bool(found["StackStatus"] == "DELETE_COMPLETE")


def _remove_bucket(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
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


def _left(cloud: Cloud, stack: str, kept: list[tuple[str, str]]) -> Iterator[str]:
    buckets = {one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]}
    for kind, name in kept:
        if name in buckets or (kind == "AWS::DynamoDB::Table" and _table_stands(cloud, name)):
            yield name
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
