"""The project's own template, deployed as built, before its first release."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import call


@pytest.fixture(scope="module")
def application(cloud: LocalCloud, dev: dict[str, str]) -> Credentials:
    """A caller of the deployed stack."""
    return cloud.add_user("real", [dev["CallerPolicyArn"]])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 503),
        ("GET", "/model", 503),
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/predict", 404),
    ],
)
def test_before_the_first_release_it_answers_problems(
    cloud: LocalCloud, application: Credentials, method: str, path: str, status: int
) -> None:
    answer = call(cloud.stage_url("dev") + path, application, method=method)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status


def test_refusal_by_the_gateway_is_a_problem_document(cloud: LocalCloud, dev: dict[str, str]) -> None:
    predict = f"{cloud.stage_url('dev')}/predict"
    unsigned = call(predict, None)
    denied = call(predict, cloud.add_user("nobody"))

    assert (unsigned.status, unsigned.json["code"]) == (403, "unsigned")
    assert (denied.status, denied.json["code"]) == (403, "access_denied")
    assert unsigned.headers["content-type"] == denied.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
def hold(cloud: LocalCloud, dev: dict[str, str]) -> dict[str, str]:
    """The stack's outputs, with a manifest, a record and a blob in its registry."""
    for key in ("models/m/versions/1.json", "journal/fairlead-dev/moves/00000001.json", "blobs/sha256/00"):
        cloud.client("s3").put_object(Bucket=dev["BucketName"], Key=key, Body=b"{}", IfNoneMatch="*")
    return dev


def allowed(service: Any, operation: str, **parameters: Any) -> bool:
    """Return whether a call was authorised, with any result."""
    try:
        getattr(service, operation)(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException")
    return True


@pytest.fixture(scope="module")
def people(cloud: LocalCloud, hold: dict[str, str]) -> dict[str, Clients]:
    """Create one user for each of the stack's policies, with no other rights; tags name the models m and fourth."""
    tags = {"fairlead-model": "m", "fairlead-model-4": "fourth"}
    keys = {name: cloud.add_user(f"real-{name}", [hold[f"{name}PolicyArn"]], tags=tags) for name in HOLDERS}
    return {
        name: Clients(cloud.endpoint_url, access_key=key.access_key_id, secret_key=key.secret_access_key)
        for name, key in keys.items()
    }


HOLDERS = ("Caller", "Publisher", "Operator")
# Actions that each of the three policies allows on the stack, and actions that it does not.
RIGHTS: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("s3", "put_object", {"Key": "blobs/sha256/01", "IfNoneMatch": "*"}, {"Publisher"}),
    ("s3", "put_object", {"Key": "models/m/versions/2.json", "IfNoneMatch": "*"}, {"Publisher"}),
    ("s3", "put_object", {"Key": "models/fourth/versions/1.json", "IfNoneMatch": "*"}, {"Publisher"}),
    ("s3", "put_object", {"Key": "models/other/versions/1.json", "IfNoneMatch": "*"}, set()),
    ("s3", "put_object", {"Key": "models/m-2/versions/1.json", "IfNoneMatch": "*"}, set()),
    ("s3", "put_object", {"Key": "models//versions/1.json", "IfNoneMatch": "*"}, set()),
    ("s3", "put_object", {"Key": "models/m/versions/1.json"}, set()),
    ("s3", "put_object", {"Key": "models/m/retired/1.json", "IfNoneMatch": "*"}, {"Operator"}),
    ("s3", "put_object", {"Key": "journal/fairlead-dev/moves/00000002.json", "IfNoneMatch": "*"}, {"Operator"}),
    ("s3", "put_object", {"Key": "journal/fairlead-dev/moves/00000001.json"}, set()),
    ("s3", "put_object", {"Key": "models/m/versions/3.json", "IfNoneMatch": "*", "StorageClass": "GLACIER"}, set()),
    (
        "s3",
        "put_object",
        {"Key": "models/m/versions/3.json", "IfNoneMatch": "*", "ServerSideEncryption": "aws:kms"},
        set(),
    ),
    ("s3", "put_object", {"Key": "journal/fairlead/moves/00000001.json", "IfNoneMatch": "*"}, set()),
    ("s3", "delete_object", {"Key": "models/m/versions/1.json"}, set()),
    ("s3", "delete_object", {"Key": "journal/fairlead-dev/moves/00000001.json"}, set()),
    ("s3", "delete_bucket_policy", {}, set()),
    ("s3", "get_object", {"Key": "models/m/versions/1.json"}, {"Publisher", "Operator"}),
    ("lambda", "get_alias", {"Name": "live"}, {"Publisher", "Operator"}),
    ("lambda", "update_alias", {"Name": "live", "Description": "moved"}, {"Operator"}),
    ("lambda", "update_function_configuration", {"Environment": {"Variables": {}}}, {"Operator"}),
    ("lambda", "update_function_configuration", {"Role": "arn:aws:iam::123456789012:role/any"}, set()),
    ("lambda", "update_function_code", {"ZipFile": b"x"}, set()),
    ("lambda", "invoke", {"Qualifier": "1"}, {"Operator"}),
    ("lambda", "delete_function", {}, set()),
    ("lambda", "delete_function", {"Qualifier": "1"}, set()),
    ("codedeploy", "create_deployment", {}, {"Operator"}),
    ("cloudformation", "describe_stacks", {}, {"Publisher", "Operator"}),
    ("cloudformation", "delete_stack", {}, set()),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "holders"), RIGHTS)
def test_each_policy_grants_its_rights_only(
    people: dict[str, Clients],
    hold: dict[str, str],
    service: str,
    operation: str,
    parameters: dict[str, Any],
    holders: set[str],
) -> None:
    where = {
        "s3": {"Bucket": hold["BucketName"]},
        "lambda": {"FunctionName": hold["PredictFunctionName"]},
        "codedeploy": {
            "applicationName": hold["DeploymentApplication"], "deploymentGroupName": hold["DeploymentGroup"]
        },
        "cloudformation": {"StackName": "fairlead-dev"},
    }[service]  # fmt: skip

    found = {name for name in HOLDERS if allowed(people[name][service], operation, **where, **parameters)}

    assert found == holders


def test_not_even_the_admin_deletes_or_replaces_a_manifest(cloud: LocalCloud, hold: dict[str, str]) -> None:
    s3, where = cloud.client("s3"), {"Bucket": hold["BucketName"], "Key": "models/m/versions/1.json"}

    assert not allowed(s3, "delete_object", **where)
    assert not allowed(s3, "put_object", **where, Body=b"other")
    assert s3.get_object(**where)["Body"].read() == b"{}"


@pytest.mark.parametrize("output", ["PredictFunctionName", "VerifyFunctionName"])
def test_a_functions_role_reads_its_registry_and_no_other_bucket(
    cloud: LocalCloud, hold: dict[str, str], output: str
) -> None:
    role = cloud.client("lambda").get_function_configuration(FunctionName=hold[output])["Role"]
    mine = as_role(cloud, role)
    cloud.client("s3").create_bucket(Bucket=f"foreign-{output.lower()}")
    cloud.client("s3").put_object(Bucket=f"foreign-{output.lower()}", Key="models/m/versions/1.json", Body=b"")

    assert allowed(mine["s3"], "get_object", Bucket=hold["BucketName"], Key="models/m/versions/1.json")
    foreign = {"Bucket": f"foreign-{output.lower()}", "Key": "models/m/versions/1.json"}
    assert not allowed(mine["s3"], "get_object", **foreign)
    assert not allowed(mine["s3"], "list_objects_v2", Bucket=hold["BucketName"])
    assert not allowed(mine["s3"], "put_object", Bucket=hold["BucketName"], Key="blobs/sha256/02", IfNoneMatch="*")
    assert not allowed(mine["lambda"], "update_alias", FunctionName=hold["PredictFunctionName"], Name="live")


def as_role(cloud: LocalCloud, role: str) -> Clients:
    """Return clients with the role's rights. For a moment the role's trust policy is the account's."""
    iam, name = cloud.client("iam"), role.rsplit("/", 1)[-1]
    before = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    mine = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(
        RoleName=name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [mine]})
    )
    session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=before)
    return Clients(
        cloud.endpoint_url, access_key=session["AccessKeyId"], secret_key=session["SecretAccessKey"],
        token=session["SessionToken"],
    )  # fmt: skip
