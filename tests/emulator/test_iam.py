"""IAM: keys, signatures, users, roles, bucket policies, and error responses."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import HTTP, archive, create, publish, update

BUCKET = "access-tests"
ARN = f"arn:aws:s3:::{BUCKET}"
ACCOUNT = "123456789012"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}


@pytest.fixture(scope="module", autouse=True)
def bucket(cloud: LocalCloud) -> Any:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"here")
    return s3


@pytest.fixture
def user(cloud: LocalCloud, new_name: str) -> Callable[..., Clients]:
    """Makes the test's user with these statements; a second call changes them."""
    keys: list[Credentials] = []

    def make(*statements: dict[str, Any]) -> Clients:
        keys[:] = keys or [cloud.add_user(new_name)]
        if statements:
            cloud.client("iam").put_user_policy(UserName=new_name, PolicyName="p", PolicyDocument=policy(*statements))
        return clients(cloud, keys[0])

    return make


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def clients(cloud: LocalCloud, keys: Credentials, token: str | None = None) -> Clients:
    return Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key, token=token)


def refused(work: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    """Code, status and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        work(**parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def read(of: Clients, key: str = "k") -> bytes:
    return bytes(of["s3"].get_object(Bucket=BUCKET, Key=key)["Body"].read())


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


def trust(**principal: str) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def role(cloud: LocalCloud, name: str, trusted: str, *statements: dict[str, Any], **more: str) -> str:
    iam = cloud.client("iam")
    made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return made


def assumed(by: Clients, cloud: LocalCloud, arn: str, **more: str) -> Clients:
    session = by["sts"].assume_role(RoleArn=arn, RoleSessionName="me", **more)["Credentials"]
    keys = Credentials(session["AccessKeyId"], session["SecretAccessKey"])
    return clients(cloud, keys, session["SessionToken"])


def test_a_session_has_its_roles_rights(cloud: LocalCloud, user: Callable[..., Clients], new_name: str) -> None:
    mine = user()
    arn = role(cloud, new_name, trust(AWS=f"arn:aws:iam::{ACCOUNT}:user/{new_name}"), READ)

    session = assumed(mine, cloud, arn)

    assert session["sts"].get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{new_name}/me"
    assert read(session) == b"here"
    assert (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{new_name}/me is not authorized"
        in (refused(session["s3"].put_object, Bucket=BUCKET, Key="k", Body=b"")[2])
    )


def test_role_that_trusts_the_account_requires_the_callers_policy(
    cloud: LocalCloud, user: Callable[..., Clients], new_name: str
) -> None:
    arn = role(cloud, new_name, trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"), READ)
    assert refused(user()["sts"].assume_role, RoleArn=arn, RoleSessionName="me")[0] == "AccessDenied"

    mine = user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})

    assert read(assumed(mine, cloud, arn)) == b"here"


def test_caller_not_in_the_trust_policy_is_refused(cloud: LocalCloud, new_name: str) -> None:
    arn = role(cloud, new_name, trust(Service="lambda.amazonaws.com"), READ)

    assert refused(cloud.client("sts").assume_role, RoleArn=arn, RoleSessionName="me")[0] == "AccessDenied"
    missing = f"arn:aws:iam::{ACCOUNT}:role/missing"
    assert refused(cloud.client("sts").assume_role, RoleArn=missing, RoleSessionName="me")[0] == "AccessDenied"


def test_boundary_and_session_policy_only_restrict(cloud: LocalCloud, new_name: str) -> None:
    iam, everything = cloud.client("iam"), {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundary = iam.create_policy(PolicyName=new_name, PolicyDocument=policy(READ))["Policy"]["Arn"]
    arn = role(cloud, new_name, trust(AWS=ACCOUNT), everything, PermissionsBoundary=boundary)
    admin = clients(cloud, cloud.admin)

    bound = assumed(admin, cloud, arn)
    nothing = assumed(admin, cloud, arn, Policy=policy({**READ, "Resource": f"{ARN}/other"}))

    assert read(bound) == b"here"
    assert "no permissions boundary allows" in refused(bound["s3"].list_buckets)[2]
    assert "no session policy allows" in refused(nothing["s3"].get_object, Bucket=BUCKET, Key="k")[2]


WHO = archive(
    app="""
import json, os, urllib.request
def handler(event, context):
    return {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
"""
)


def test_a_function_has_the_rights_of_its_own_role(cloud: LocalCloud, functions: Any, new_name: str) -> None:
    trusted = trust(Service="lambda.amazonaws.com")
    first = role(cloud, new_name, trusted, READ)
    create(functions, new_name, Code={"ZipFile": WHO}, Role=first)

    def process() -> Clients:
        keys = json.loads(functions.invoke(FunctionName=new_name)["Payload"].read())
        return clients(cloud, Credentials(*list(keys.values())[:2]), keys["AWS_SESSION_TOKEN"])

    mine = process()
    who = mine["sts"].get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/{new_name}/{new_name}"
    assert read(mine) == b"here"
    assert refused(mine["s3"].put_object, Bucket=BUCKET, Key="k", Body=b"")[0] == "AccessDenied"
    update(functions, new_name, Role=role(cloud, f"{new_name}-2", trusted))
    assert refused(process()["s3"].get_object, Bucket=BUCKET, Key="k")[0] == "AccessDenied"


def test_role_that_does_not_trust_lambda_is_refused(cloud: LocalCloud, functions: Any, name: str) -> None:
    arn = role(cloud, name, trust(AWS=ACCOUNT), READ)

    code, _, message = refused(functions.update_function_configuration, FunctionName=name, Role=arn)

    assert code == "InvalidParameterValueException"
    assert message == "The role defined for the function cannot be assumed by Lambda."


def test_update_of_a_function_requires_rights_on_layers_and_role(
    user: Callable[..., Clients], functions: Any, name: str
) -> None:
    where = f"arn:aws:lambda:us-east-1:{ACCOUNT}"
    ours = {"ForAllValues:StringLike": {"lambda:Layer": f"{where}:layer:ours:*"}}
    layers = {
        layer: functions.publish_layer_version(LayerName=layer, Content={"ZipFile": archive(x="")})["LayerVersionArn"]
        for layer in ("ours", "theirs")
    }
    mine = user(
        {"Effect": "Allow", "Action": "lambda:UpdateFunctionConfiguration", "Resource": "*", "Condition": ours},
        {"Effect": "Allow", "Action": "lambda:GetLayerVersion", "Resource": "*"},
    )["lambda"]

    foreign = refused(mine.update_function_configuration, FunctionName=name, Layers=list(layers.values()))
    passed = refused(mine.update_function_configuration, FunctionName=name, Role=f"arn:aws:iam::{ACCOUNT}:role/any")

    assert "lambda:UpdateFunctionConfiguration" in foreign[2]
    assert "iam:PassRole" in passed[2]
    mine.update_function_configuration(FunctionName=name, Layers=[layers["ours"]])


def test_principal_tag_in_a_resource_without_value_matches_nothing(
    cloud: LocalCloud, user: Callable[..., Clients], new_name: str
) -> None:
    own = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/models/${{aws:PrincipalTag/Model}}/*"}
    mine = user(own)
    assert refused(mine["s3"].put_object, Bucket=BUCKET, Key="models/churn/1")[0] == "AccessDenied"
    assert refused(mine["s3"].put_object, Bucket=BUCKET, Key="models//1")[0] == "AccessDenied"

    cloud.client("iam").tag_user(UserName=new_name, Tags=[{"Key": "model", "Value": "churn"}])

    mine["s3"].put_object(Bucket=BUCKET, Key="models/churn/1", Body=b"1")
    assert refused(mine["s3"].put_object, Bucket=BUCKET, Key="models/fraud/1")[0] == "AccessDenied"
    assert refused(mine["s3"].put_object, Bucket=BUCKET, Key="models/churn-2/1")[0] == "AccessDenied"


def test_session_has_its_roles_tags(cloud: LocalCloud, new_name: str) -> None:
    iam, principal = cloud.client("iam"), f"arn:aws:iam::{ACCOUNT}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName=new_name, AssumeRolePolicyDocument=policy(trust), Tags=[{"Key": "model", "Value": "churn"}]
    )
    own = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/models/${{aws:PrincipalTag/model}}/*"}
    iam.put_role_policy(RoleName=new_name, PolicyName="p", PolicyDocument=policy(own))
    keys = cloud.client("sts").assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="session")["Credentials"]
    session = Clients(
        cloud.endpoint_url,
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )

    session["s3"].put_object(Bucket=BUCKET, Key="models/churn/2", Body=b"2")
    assert refused(session["s3"].put_object, Bucket=BUCKET, Key="models/fraud/2")[0] == "AccessDenied"
