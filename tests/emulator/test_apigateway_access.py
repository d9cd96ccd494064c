"""IAM authorisation of API Gateway: signatures, expiry, keys and policies."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
import requests
from botocore.awsrequest import AWSRequest

from fairlead.auth import SigV4
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import Toy, call, signer

MISSING = ("MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})


def at(moment: datetime) -> Callable[[pytest.MonkeyPatch], None]:
    """botocore signs as if it were `moment`."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)

    return patch


def test_a_signed_call_is_answered(echo: str, caller: Credentials) -> None:
    answer = call(echo, caller, body={"a": 1})

    assert answer.status == 200
    assert answer.json["version"] == "1"
    assert answer.json["arn"].endswith(":function:toy-echo:live")
    assert len(answer.headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize(
    "path", ["/echo?b=2&a=1", "/echo?a=with%20space&empty=", "/a%20b/%C3%BC/c", "/echo/", "//x", "/a/../b/./c"]
)
def test_signature_is_valid_for_every_kind_of_path_and_query(cloud: LocalCloud, caller: Credentials, path: str) -> None:
    assert call(cloud.stage_url("toy") + path, caller, body={"a": 1}).status == 200


def test_curl_signature_is_accepted(echo: str, caller: Credentials) -> None:
    done = subprocess.run(
        [
            "curl", "-sS", "-w", "%{http_code}", "-o", "/dev/null", "--aws-sigv4", "aws:amz:us-east-1:execute-api",
            "--user", f"{caller.access_key_id}:{caller.secret_access_key}", "-H", "content-type: application/json",
            "-H", "x-spaced:  a   b ", "-d", '{"a": 1}', echo,
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "200"


@pytest.mark.parametrize("library", [httpx, requests], ids=lambda library: library.__name__)
@pytest.mark.parametrize("query", ["", "?b=2&a=1"])
def test_fairleads_signature_by_httpx_and_requests_is_accepted(
    echo: str, caller: Credentials, library: Any, query: str
) -> None:
    session = boto3.Session(caller.access_key_id, caller.secret_access_key, region_name="us-east-1")
    with library.Session() if library is requests else library.Client() as client:
        answer = client.post(echo + query, json={"name": "Ü"}, auth=SigV4(session))

    assert (answer.status_code, answer.json()["version"]) == (200, "1")


def test_an_unsigned_call_is_refused(echo: str) -> None:
    answer = call(echo, None)

    assert (answer.status, (answer.headers["x-amzn-errortype"], answer.json)) == (403, MISSING)


def test_a_changed_body_is_refused(echo: str, caller: Credentials) -> None:
    def sign_something_else(request: AWSRequest) -> None:
        other = AWSRequest("POST", request.url, data=b"other", headers=dict(request.headers.items()))
        signer(caller)(other)
        request.headers = other.headers

    answer = call(echo, caller, body={"a": 1}, sign=sign_something_else)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert answer.json["message"].startswith("The request signature we calculated does not match")
    assert "The Canonical String for this request should have been\n'POST\n/toy/echo\n" in answer.json["message"]


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ("wrong secret", "InvalidSignatureException", "The request signature we calculated does not match"),
        ("unknown key", "UnrecognizedClientException", "The security token included in the request is invalid."),
    ],
)
def test_a_wrong_key_is_refused(echo: str, caller: Credentials, keys: str, error: str, message: str) -> None:
    wrong = {
        "wrong secret": Credentials(caller.access_key_id, "x" * 40),
        "unknown key": Credentials("AKIA0000000000000000", caller.secret_access_key),
    }[keys]

    answer = call(echo, wrong)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, error)
    assert answer.json["message"].startswith(message)


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"service": "lambda"}, "Credential should be scoped to correct service: 'execute-api'. "),
        ({"region": "eu-west-1"}, "Credential should be scoped to a valid region, not 'eu-west-1'. "),
    ],
)
def test_a_signature_for_something_else_is_refused(
    echo: str, caller: Credentials, scope: dict[str, str], message: str
) -> None:
    answer = call(echo, caller, sign=signer(caller, **scope))

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert answer.json == {"message": message}


@pytest.mark.parametrize(
    ("minutes", "status", "message"),
    [(-6, 403, "Signature expired: "), (6, 403, "Signature not yet current: "), (-4, 200, ""), (4, 200, "")],
)
def test_signature_expires_after_five_minutes(
    echo: str, caller: Credentials, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int, message: str
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    at(moment)(monkeypatch)

    answer = call(echo, caller)

    assert answer.status == status
    assert answer.json.get("message", "").startswith(message)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=x",
    ],
)
def test_malformed_authorization_header_is_refused(echo: str, header: str) -> None:
    answer = call(echo, None, headers={"Authorization": header})

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "IncompleteSignatureException")


def test_an_assumed_role_calls_with_its_session_token(cloud: LocalCloud, toy: Toy, echo: str) -> None:
    iam, sts = cloud.client("iam"), cloud.client("sts")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="assumed", PolicyArn=toy.outputs["CallerPolicyArn"])
    session = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    keys = Credentials(session["AccessKeyId"], session["SecretAccessKey"])

    good = call(echo, keys, sign=signer(keys, token=session["SessionToken"]))
    bad = call(echo, keys, sign=signer(keys, token="other"))

    assert good.status == 200
    arn = good.json["event"]["requestContext"]["identity"]["userArn"]
    assert arn == "arn:aws:sts::123456789012:assumed-role/assumed/me"
    assert (bad.status, bad.headers["x-amzn-errortype"]) == (403, "UnrecognizedClientException")


def test_caller_without_policy_gets_the_apis_gateway_response(cloud: LocalCloud, toy: Toy, echo: str) -> None:
    """The template's ACCESS_DENIED response: its content type, its text, its header."""
    answer = call(echo, cloud.add_user("stranger"))

    resource = f"arn:aws:execute-api:us-east-1:********9012:{toy.outputs['ApiId']}/toy/POST/echo"
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-stage"] == "toy"
    assert (answer.json["code"], answer.json["path"]) == ("denied", "/toy/echo")
    assert answer.json["detail"].startswith(
        "User: arn:aws:iam::123456789012:user/stranger is not authorized to perform: execute-api:Invoke "
        f"on resource: {resource} because no identity-based policy allows"
    )


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([{"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}], 200),
        ([{"Effect": "Allow", "Action": "EXECUTE-API:invoke", "Resource": "arn:aws:execute-api:*/POST/ech?"}], 200),
        ([{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/toy/GET/*"}], 403),
        ([{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}], 403),
        ([{"Effect": "Allow", "Action": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/POST/echo"}], 403),
        ([{"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::*"}], 200),
    ],
)  # fmt: skip
def test_identity_policies_decide(
    cloud: LocalCloud, echo: str, statements: list[dict[str, Any]], status: int, request: pytest.FixtureRequest
) -> None:
    name = f"user-{abs(hash(request.node.name))}"
    keys = cloud.add_user(name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    cloud.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)

    assert call(echo, keys).status == status


def test_the_admin_may_call(cloud: LocalCloud, echo: str) -> None:
    assert call(echo, cloud.admin).status == 200


def test_function_without_permission_for_the_gateway_is_500(
    cloud: LocalCloud, functions: Any, toy: Toy, echo: str, caller: Credentials
) -> None:
    """The template lets it call the alias `live`; `/latest` calls the bare function, which nothing allows."""
    refused = call(cloud.stage_url("toy") + "/latest", cloud.admin)

    assert (refused.status, refused.json) == (500, {"message": "Internal server error"})
    with without_permission(functions, f"{toy.function}:live"):
        assert call(echo, caller).status == 500
    assert call(echo, caller).status == 200


@contextmanager
def without_permission(functions: Any, name: str) -> Iterator[None]:
    (statement,) = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    try:
        yield
    finally:
        functions.add_permission(
            FunctionName=name, StatementId=statement["Sid"], Action=statement["Action"],
            Principal=statement["Principal"]["Service"], SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )  # fmt: skip
