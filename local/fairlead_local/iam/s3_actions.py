"""S3's operations by method, path and subresource, and the IAM actions they require."""

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.core.utils import get_service_model

from fairlead_local.http_message import HttpRequest

# IAM's actions that differ from the operation's name.
ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# With a version id, these have actions of their own.
OF_A_VERSION = {"GetObject", "GetObjectAcl", "GetObjectTagging", "DeleteObject", "DeleteObjectTagging"}
# Older operations with the paths of newer ones.
OLD = {"GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification"}
KEY_OF_CALLER = "x-amz-server-side-encryption-customer-algorithm"
CREATING = {"PutObject", "CopyObject", "CompleteMultipartUpload"}
# Operations on a key that only a query argument tells apart.
BY_ARGUMENT = {
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
}
PLAIN = {
    "bucket": {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "GET": "ListObjects", "HEAD": "HeadBucket"},
    "key": {"PUT": "PutObject", "DELETE": "DeleteObject", "GET": "GetObject", "HEAD": "HeadObject"},
}


def operation(request: HttpRequest, query: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the operation's name ("" if there is none), and Bucket and Key."""
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    if not bucket:
        return ("ListBuckets" if request.method == "GET" else ""), {}
    level, where = ("key", {"Bucket": bucket, "Key": key}) if key else ("bucket", {"Bucket": bucket})
    named = next(
        (_subresources()[found] for a in query if (found := (request.method, level, a)) in _subresources()), ""
    )
    if not named and level == "key":
        named = next((BY_ARGUMENT[request.method, a] for a in query if (request.method, a) in BY_ARGUMENT), "")
    named = named or PLAIN[level].get(request.method, "")
    if request.header("x-amz-copy-source"):
        named = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}.get(named, named)
    return named, where


def action(operation: str, query: Mapping[str, str]) -> str:
    """Return IAM's name of the operation's action."""
    name = ACTIONS.get(operation, operation)
    if "versionId" in query and name in OF_A_VERSION:
        name = name.replace("Object", "ObjectVersion", 1)
    return f"s3:{name}"


def context(operation: str, request: HttpRequest, query: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return S3's condition keys of a request."""
    found = {key: query.get(key) for key in ("prefix", "delimiter", "max-keys")}
    found["versionid"] = query.get("versionId")
    for header in (
        "if-none-match",
        "if-match",
        "x-amz-acl",
        "x-amz-server-side-encryption",
        "x-amz-storage-class",
        KEY_OF_CALLER,
    ):
        found[header] = request.header(header)
    if ACTIONS.get(operation, operation) == "PutObject":
        found["objectcreationoperation"] = "true" if operation in CREATING else "false"
    return {f"s3:{key}": (value,) for key, value in found.items() if value is not None}


@functools.cache
def _subresources() -> dict[tuple[str, str, str], str]:
    """Return operations by (method, level, first query argument), for paths with a query argument."""
    model = get_service_model("s3")
    found: dict[tuple[str, str, str], str] = {}
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, argument = http["requestUri"].partition("?")
        if argument and name not in OLD:
            level = "key" if "{Key" in path else "bucket"
            found.setdefault((http["method"], level, argument.split("&")[0].split("=")[0]), name)
    return found


def keys(body: bytes) -> list[str]:
    """Return the keys in a DeleteObjects request."""
    from xml.etree import ElementTree as ET

    root = ET.fromstring(body)  # noqa: S314 - the tests' own request
    return [element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == "Key"]
