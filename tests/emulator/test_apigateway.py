"""API Gateway: the function's event, and the caller's response."""

import base64
import gzip
import json
import subprocess
from typing import Any

import pytest

from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import Toy, call

MISSING = ("MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})


def test_an_unknown_stage_is_forbidden(cloud: LocalCloud, caller: Credentials) -> None:
    answer = call(cloud.stage_url("nowhere") + "/echo", caller)

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_best_path_matches_before_the_greedy_one(cloud: LocalCloud, caller: Credentials) -> None:
    base = cloud.stage_url("toy")
    thing = call(f"{base}/things/7%2F8", caller, method="GET").json["event"]
    greedy = call(f"{base}/a/b/c", caller, method="DELETE").json["event"]

    assert (thing["resource"], thing["pathParameters"]) == ("/things/{id}", {"id": "7/8"})
    assert (greedy["resource"], greedy["pathParameters"]) == ("/{proxy+}", {"proxy": "a/b/c"})
    assert call(f"{base}/echo", caller, method="GET").headers["x-amzn-errortype"] == MISSING[0], "no such method"
    assert call(base, caller, method="GET").headers["x-amzn-errortype"] == MISSING[0], "the root is no path of the API"


def test_the_function_gets_the_whole_proxy_event(echo: str, caller: Credentials, toy: Toy) -> None:
    body = '{"a": "ü"}'
    event = call(f"{echo}?x=1&x=2&y=%C3%A9", caller, body=body, headers={"X-Mine": "kept"}).json["event"]
    context = event["requestContext"]

    assert (event["resource"], event["path"], event["httpMethod"]) == ("/echo", "/echo", "POST")
    assert (event["body"], event["isBase64Encoded"]) == (body, False)
    assert event["queryStringParameters"] == {"x": "2", "y": "é"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["é"]}
    assert (event["headers"]["X-Mine"], event["multiValueHeaders"]["X-Mine"]) == ("kept", ["kept"])
    assert event["pathParameters"] is None
    assert (context["stage"], context["path"], context["apiId"]) == ("toy", "/toy/echo", toy.outputs["ApiId"])
    assert context["identity"]["userArn"] == "arn:aws:iam::123456789012:user/caller"
    assert context["identity"]["accessKey"] == caller.access_key_id
    assert context["identity"]["sourceIp"] == "127.0.0.1"


def test_binary_body_is_base64_and_invalid_text_is_replaced(echo: str, caller: Credentials) -> None:
    picture = call(echo, caller, body=b"\x89PNG", headers={"content-type": "image/png"}).json["event"]
    text = call(echo, caller, body=b"\x89PNG").json["event"]

    assert (base64.b64decode(picture["body"]), picture["isBase64Encoded"]) == (b"\x89PNG", True)
    assert (text["body"], text["isBase64Encoded"]) == ("�PNG", False)


def test_compressed_body_without_binary_type_is_corrupted(echo: str, caller: Credentials) -> None:
    packed = gzip.compress(b'{"instances": []}', mtime=0)
    event = call(echo, caller, body=packed, headers={"content-encoding": "gzip"}).json["event"]

    assert (event["body"], event["isBase64Encoded"]) == (packed.decode("utf-8", "replace"), False)
    assert event["headers"]["content-encoding"] == "gzip"


def test_the_functions_answer_is_the_response(echo: str, caller: Credentials) -> None:
    wanted = {
        "statusCode": 418, "body": "short and stout", "headers": {"Content-Type": "text/plain", "Server": "mine"},
        "multiValueHeaders": {"X-Many": ["a", "b"]},
    }  # fmt: skip

    answer = call(echo, caller, body={"answer": wanted})

    assert (answer.status, answer.body) == (418, b"short and stout")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-many"] == "a, b"
    assert answer.headers["x-amzn-remapped-server"] == "mine"


@pytest.mark.parametrize(("accept", "body"), [("image/png", b"\x89PNG"), ("*/*", b"iVBORw==")])
def test_base64_answer_is_decoded_for_an_accepted_binary_type(
    echo: str, caller: Credentials, accept: str, body: bytes
) -> None:
    wanted = {"statusCode": 200, "body": "iVBORw==", "isBase64Encoded": True}

    assert call(echo, caller, body={"answer": wanted}, headers={"Accept": accept}).body == body


@pytest.mark.parametrize(
    "body",
    [
        {"answer": "text"}, {"answer": None}, {"answer": {"status": 200}}, {"answer": {"statusCode": "many"}},
        {"answer": {"statusCode": 200, "body": {"not": "text"}}}, {"answer": {"statusCode": 200, "more": 1}},
        {"raise": "as asked"}, {"exit": 1}, {"sleep": 30}, {"size": 6_291_557},
    ],
    ids=str,
)  # fmt: skip
def test_failed_function_or_invalid_answer_is_502(echo: str, caller: Credentials, body: dict[str, Any]) -> None:
    answer = call(echo, caller, body=body)

    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    assert answer.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_a_body_over_ten_megabytes_is_refused(echo: str, caller: Credentials) -> None:
    answer = call(echo, caller, body=b"x" * (10 * 1024 * 1024 + 1))

    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})


def test_a_body_in_chunks_is_read(echo: str, caller: Credentials) -> None:
    done = subprocess.run(
        [
            "curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api",
            "--user", f"{caller.access_key_id}:{caller.secret_access_key}", "-H", "transfer-encoding: chunked",
            "-H", "content-type: application/json", "-d", '{"a": 1}', echo,
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(done.stdout)["event"]["body"] == '{"a": 1}'
