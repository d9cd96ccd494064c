"""IAM: keys, signatures, users, bucket policies and error responses."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud
from tests.emulator.iam_users import ACCOUNT, ARN, BUCKET, READ, clients, policy, read, refused
from tests.local.support import HTTP, create, publish

pytestmark = pytest.mark.usefixtures("bucket")


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "wrong", "denied", "status"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", 403),
        ("iam", "list_users", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied", 403),
        ("cloudformation", "list_stacks", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied", 403),
        ("sns", "list_topics", "InvalidClientTokenId", "SignatureDoesNotMatch", "AuthorizationError", 403),
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException",
         "AccessDeniedException", 403),
        ("logs", "describe_log_groups", "UnrecognizedClientException", "InvalidSignatureException",
         "AccessDeniedException", 400),
        ("codedeploy", "list_applications", "UnrecognizedClientException", "InvalidSignatureException",
         "AccessDeniedException", 400),
        ("cloudwatch", "list_metrics", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied", 400),
        ("ecs", "list_clusters", "UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException",
         400),
    ],
)  # fmt: skip
def test_each_service_has_its_own_error_codes(
    cloud: LocalCloud, user: Callable[..., Clients], service: str, operation: str, unknown: str, wrong: str,
    denied: str, status: int,
) -> None:  # fmt: skip
    nobody = clients(cloud, Credentials("AKIA0000000000000000", "x"))[service]
    liar = clients(cloud, Credentials(cloud.admin.access_key_id, "x"))[service]

    assert refused(getattr(nobody, operation))[:2] == (unknown, status)
    assert refused(getattr(liar, operation))[:2] == (wrong, status)
    assert refused(getattr(user()[service], operation))[:2] == (denied, status)


def test_denied_error_names_caller_action_and_resource(user: Callable[..., Clients], new_name: str) -> None:
    _, _, message = refused(user()["lambda"].get_function, FunctionName="f", Qualifier="7")

    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{new_name} is not authorized to perform: lambda:GetFunction on resource: "
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:7 because no identity-based policy allows the "
        "lambda:GetFunction action"
    )


def test_a_right_on_one_alias_is_none_and_a_right_on_the_function_is_on_every_alias(
    cloud: LocalCloud, user: Callable[..., Clients], new_name: str
) -> None:
    """Lambda authorises UpdateAlias on the unqualified function: no policy can name the alias that may move."""
    functions = cloud.client("lambda")
    create(functions, new_name)
    version = publish(functions, new_name, "one")
    for name in ("live", "previous"):
        functions.create_alias(FunctionName=new_name, Name=name, FunctionVersion=version)
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{new_name}"

    def may(resource: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": ["lambda:GetAlias", "lambda:UpdateAlias"], "Resource": resource}

    only_live = user(may(f"{function}:live"))["lambda"]
    code, _, message = refused(only_live.update_alias, FunctionName=new_name, Name="live", FunctionVersion=version)
    assert (code, f"on resource: {function} because" in message) == ("AccessDeniedException", True)
    assert refused(only_live.get_alias, FunctionName=new_name, Name="live")[0] == "AccessDeniedException"

    both = user(may(function))["lambda"]
    for name in ("live", "previous"):
        both.update_alias(FunctionName=new_name, Name=name, FunctionVersion=version)


def test_action_with_unknown_resources_is_refused_by_name(user: Callable[..., Clients], cloud: LocalCloud) -> None:
    one = {"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:*:*:{ACCOUNT}:*"}

    _, _, message = refused(user(one)["ecs"].list_clusters)

    assert "ecs:ListClusters" in message
    assert "does not know this operation's resources" in message
    assert cloud.client("ecs").list_clusters()["clusterArns"] == []


@pytest.mark.parametrize("key", ["local", "internal", "testing"])
def test_guessed_internal_key_is_refused(cloud: LocalCloud, key: str) -> None:
    assert refused(clients(cloud, Credentials(key, key))["sts"].get_caller_identity)[0] == "InvalidClientTokenId"


def test_an_unsigned_request_is_refused(cloud: LocalCloud) -> None:
    for path in (f"/{BUCKET}/k", "/", "/moto-api/data.json"):
        assert HTTP.request("GET", cloud.endpoint_url + path).status == 403


def test_presigned_url_gives_access_to_its_object_only(cloud: LocalCloud, new_name: str) -> None:
    keys = cloud.add_user(new_name)
    cloud.client("iam").put_user_policy(UserName=new_name, PolicyName="p", PolicyDocument=policy(READ))
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    signing: Any = boto3.client(
        "s3", "us-east-1", endpoint_url=cloud.endpoint_url, config=config, aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )  # fmt: skip

    url = signing.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "k"})

    assert HTTP.request("GET", url).data == b"here"
    assert HTTP.request("GET", url.replace(f"/{BUCKET}/k", f"/{BUCKET}/other")).status == 403


def test_user_has_rights_of_inline_group_and_managed_policies(
    cloud: LocalCloud, user: Callable[..., Clients], new_name: str
) -> None:
    iam, mine = cloud.client("iam"), user()
    assert refused(mine["s3"].get_object, Bucket=BUCKET, Key="k")[0] == "AccessDenied"

    iam.create_group(GroupName=new_name)
    iam.put_group_policy(GroupName=new_name, PolicyName="p", PolicyDocument=policy(READ))
    iam.add_user_to_group(GroupName=new_name, UserName=new_name)
    assert read(mine) == b"here"

    iam.remove_user_from_group(GroupName=new_name, UserName=new_name)
    managed = iam.create_policy(PolicyName=new_name, PolicyDocument=policy(READ))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=new_name, PolicyArn=managed)
    assert read(mine) == b"here"

    user({**READ, "Effect": "Deny"})
    assert "explicit deny in an identity-based policy" in refused(mine["s3"].get_object, Bucket=BUCKET, Key="k")[2]


def test_inactive_key_is_refused(cloud: LocalCloud, user: Callable[..., Clients], new_name: str) -> None:
    mine, iam = user(READ), cloud.client("iam")
    assert read(mine) == b"here"
    (key,) = iam.list_access_keys(UserName=new_name)["AccessKeyMetadata"]

    iam.update_access_key(UserName=new_name, AccessKeyId=key["AccessKeyId"], Status="Inactive")

    assert refused(mine["s3"].get_object, Bucket=BUCKET, Key="k")[0] == "InvalidAccessKeyId"


def test_list_is_restricted_to_the_allowed_prefix(user: Callable[..., Clients]) -> None:
    only = {"StringLike": {"s3:prefix": "models/*/retired/"}}
    s3 = user({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN, "Condition": only})["s3"]

    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="models/a/retired/")["KeyCount"] == 0
    assert refused(s3.list_objects_v2, Bucket=BUCKET, Prefix="models/a/")[0] == "AccessDenied"
    assert refused(s3.list_objects_v2, Bucket=BUCKET)[0] == "AccessDenied"


def test_missing_object_without_list_permission_is_403(user: Callable[..., Clients]) -> None:
    s3 = user(READ)["s3"]
    assert refused(s3.get_object, Bucket=BUCKET, Key="none")[:2] == ("AccessDenied", 403)
    assert refused(s3.head_object, Bucket=BUCKET, Key="none")[1] == 403

    s3 = user(READ, {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN})["s3"]
    assert refused(s3.get_object, Bucket=BUCKET, Key="none")[:2] == ("NoSuchKey", 404)


def test_unsupported_condition_key_denies(user: Callable[..., Clients], cloud: LocalCloud, new_name: str) -> None:
    mine = user({**READ, "Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "x"}}})

    assert refused(mine["s3"].get_object, Bucket=BUCKET, Key="k")[0] == "AccessDenied"
    log = (cloud.directory / "cloud.log").read_text()
    assert "does not support the condition key s3:ExistingObjectTag/team" in log


def test_leading_key_condition_restricts_items(cloud: LocalCloud, user: Callable[..., Clients], new_name: str) -> None:
    cloud.client("dynamodb").create_table(
        TableName=new_name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:username}"}}
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{new_name}"
    rows = user({"Effect": "Allow", "Action": "dynamodb:*", "Resource": table, "Condition": own})["dynamodb"]

    rows.put_item(TableName=new_name, Item={"id": {"S": new_name}})
    assert refused(rows.put_item, TableName=new_name, Item={"id": {"S": "other"}})[0] == "AccessDeniedException"
    assert refused(rows.scan, TableName=new_name)[0] == "AccessDeniedException"


def test_bucket_policy_applies_to_all_until_it_is_deleted(cloud: LocalCloud, bucket: Any, new_name: str) -> None:
    once = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{new_name}/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
    }  # fmt: skip
    tls = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{new_name}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    bucket.create_bucket(Bucket=new_name)
    bucket.put_bucket_policy(Bucket=new_name, Policy=policy(once, tls))

    code, _, message = refused(bucket.put_object, Bucket=new_name, Key="k", Body=b"1")
    assert (code, "explicit deny in a resource-based policy" in message) == ("AccessDenied", True)
    bucket.put_object(Bucket=new_name, Key="k", Body=b"1", IfNoneMatch="*")
    assert refused(bucket.put_object, Bucket=new_name, Key="k", Body=b"2", IfNoneMatch="*")[1] == 412
    in_parts(bucket, new_name)

    assert json.loads(bucket.get_bucket_policy(Bucket=new_name)["Policy"])["Statement"] == [once, tls]
    bucket.delete_bucket_policy(Bucket=new_name)
    bucket.put_object(Bucket=new_name, Key="k", Body=b"2")
    assert refused(bucket.get_bucket_policy, Bucket=new_name)[0] == "NoSuchBucketPolicy"


def in_parts(s3: Any, bucket: str) -> None:
    """Parts need no condition; their completion does."""
    where = {"Bucket": bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"1")["ETag"]
    parts = {"Parts": [{"ETag": part, "PartNumber": 1}]}
    assert refused(s3.complete_multipart_upload, **where, UploadId=upload, MultipartUpload=parts)[0] == "AccessDenied"
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts, IfNoneMatch="*")
