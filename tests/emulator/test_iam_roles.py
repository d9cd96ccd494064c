"""IAM: roles, sessions and their tags; functions with the rights of their role."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud
from tests.emulator.iam_users import ACCOUNT, ARN, BUCKET, READ, clients, policy, read, refused
from tests.local.support import archive, create, update

pytestmark = pytest.mark.usefixtures("bucket")


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
