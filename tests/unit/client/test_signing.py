"""`fairlead.auth.SigV4` against AWS's published examples, two other signers, and the sources of credentials."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import requests
from httpx_aws_auth import AwsCredentials, AwsSigV4Auth
from requests_aws4auth import AWS4Auth

from fairlead.auth import SigV4
from fairlead.errors import RequestError, SettingsError

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx"
    "7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d"
    "+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
API = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys and a region in the environment, and no file or metadata service to find others in."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_: moment)


def signature(authorization: str | bytes) -> dict[str, str]:
    return dict(part.strip().split("=", 1) for part in str(authorization).partition(" ")[2].split(","))


EXAMPLES: dict[str, tuple[str, str, str, dict[str, str], str, str]] = {
    "get-vanilla": (
        *("GET", "", "", {}, ""),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "post-vanilla": (
        *("POST", "", "", {}, ""),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-x-www-form-urlencoded": (
        *("POST", "", "Param1=value1", FORM, ""),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "get-vanilla-query-order-key-case": (
        *("GET", "?Param2=value2&Param1=value1", "", {}, ""),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "post-sts-header-before": (
        *("POST", "", "", {}, TOKEN),
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
}
"""Of AWS's aws-sig-v4-test-suite: method, query, body, headers, session token, signature."""


@pytest.mark.parametrize(("method", "query", "body", "headers", "token", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_signature_equals_awss_published_example(
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    query: str,
    body: str,
    headers: dict[str, str],
    token: str,
    expected: str,
) -> None:
    at(datetime(2015, 8, 30, 12, 36, tzinfo=UTC), monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)

    added = SigV4(service="service").headers(method, f"https://example.amazonaws.com/{query}", body, headers)

    assert signature(added["Authorization"])["Signature"] == expected
    assert added.get("X-Amz-Security-Token", "") == token


@pytest.mark.parametrize(
    "path", ["/predict", "/predict?version=3", "/versions/3/predict?b=2&a=1", "/v2/models/a%20b/infer"]
)
def test_signature_equals_that_of_requests_aws4auth(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    theirs = AWS4Auth(KEY, SECRET, "eu-west-1", "execute-api")
    request = requests.Request("POST", API + path, json={"instances": [{"name": "Ü"}]}, auth=theirs).prepare()
    expected = signature(request.headers["Authorization"])
    at(datetime.strptime(str(request.headers["x-amz-date"]), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), monkeypatch)

    assert signature(SigV4()(request).headers["Authorization"]) == expected


@pytest.mark.parametrize("path", ["/predict", "/predict?version=3", "/versions/3/predict?a=1&b=2"])
def test_signature_equals_that_of_httpx_aws_auth(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """httpx-aws-auth signs no Content-Type, so the request has none."""
    theirs = AwsSigV4Auth(AwsCredentials(KEY, SECRET, TOKEN), "eu-west-1", service="execute-api")
    request = next(theirs.sync_auth_flow(httpx.Request("POST", API + path, content=b'{"instances": []}')))
    expected = signature(request.headers["Authorization"])
    at(datetime.strptime(str(request.headers["x-amz-date"]), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    del request.headers["x-amz-content-sha256"]  # added by it, but not signed

    assert signature(SigV4()(request).headers["Authorization"]) == expected


@pytest.fixture
def seen() -> list[httpx.Request]:
    return []


@pytest.fixture
def transport(seen: list[httpx.Request]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    return httpx.MockTransport(answer)


def test_httpx_takes_it_as_auth_in_both_of_its_clients(transport: httpx.MockTransport, seen: list[Any]) -> None:
    async def asynchronous() -> None:
        async with httpx.AsyncClient(transport=transport, auth=SigV4()) as client:
            await client.post(f"{API}/predict", json={"instances": []})

    with httpx.Client(transport=transport, auth=SigV4()) as client:
        client.post(f"{API}/predict", json={"instances": []})
    asyncio.run(asynchronous())

    assert [request.headers["authorization"][:40] for request in seen] == [f"AWS4-HMAC-SHA256 Credential={KEY}/"] * 2


def test_a_synchronous_stream_is_read_before_it_is_signed(transport: httpx.MockTransport, seen: list[Any]) -> None:
    with httpx.Client(transport=transport, auth=SigV4()) as client:
        client.post(f"{API}/predict", content=iter([b"one", b"two"]))

    assert seen[0].content == b"onetwo"


def test_a_body_that_cannot_be_read_is_refused(transport: httpx.MockTransport, seen: list[Any]) -> None:
    async def parts() -> Any:
        yield b"one"

    async def streamed() -> None:
        async with httpx.AsyncClient(transport=transport, auth=SigV4()) as client:
            await client.post(f"{API}/predict", content=parts())

    with pytest.raises(RequestError, match="streams") as asynchronous:
        asyncio.run(streamed())
    with pytest.raises(RequestError, match="streams") as generator:
        requests.Request("POST", API, data=iter([b"one"]), auth=SigV4()).prepare()
    assert asynchronous.value.hint == generator.value.hint == "send it as bytes"
    assert seen == []


def test_a_request_sent_again_has_one_new_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    at(datetime(2026, 1, 1, tzinfo=UTC), monkeypatch)
    request = requests.Request("GET", f"{API}/model", auth=SigV4()).prepare()
    at(datetime(2026, 1, 2, tzinfo=UTC), monkeypatch)
    fresh = requests.Request("GET", f"{API}/model", auth=SigV4()).prepare()

    assert SigV4()(request).headers == fresh.headers


def test_region_is_read_from_the_host_then_given_then_the_sessions() -> None:
    def region(auth: SigV4, host: str) -> str:
        return signature(auth.headers("GET", f"https://{host}/model")["Authorization"])["Credential"].split("/")[2]

    assert region(SigV4(region="x"), "abc.execute-api.eusc-de-east-1.amazonaws.eu") == "eusc-de-east-1"
    assert region(SigV4(region="eu-north-1"), "api.example.org") == "eu-north-1"
    assert region(SigV4(), "api.example.org") == "us-east-1"
    assert region(SigV4(boto3.Session(region_name="ap-south-1")), "api.example.org") == "ap-south-1"


def test_missing_region_or_credentials_name_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(SettingsError, match="no region") as region:
        SigV4().headers("GET", "https://api.example.org/model")
    without_keys(monkeypatch)
    with pytest.raises(SettingsError, match="no AWS credentials") as keys:
        SigV4().headers("GET", f"{API}/model")
    monkeypatch.setenv("AWS_PROFILE", "absent")
    with pytest.raises(SettingsError, match="absent") as profile:
        SigV4().headers("GET", f"{API}/model")

    hints = [region.value.hint, keys.value.hint, profile.value.hint]
    assert ["AWS_DEFAULT_REGION" in hints[0], "aws sso login" in hints[1], "AWS_PROFILE" in hints[2]] == [True] * 3


def test_credentials_that_expire_are_refreshed_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile whose process gives credentials for five more minutes, which botocore renews before each use."""
    without_keys(monkeypatch)
    script = tmp_path / "credentials.py"
    script.write_text(
        "import datetime, json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        "until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)\n"
        "keys = {'AccessKeyId': f'AKID{number}', 'SecretAccessKey': 's', 'SessionToken': 't'}\n"
        "print(json.dumps({'Version': 1, **keys, 'Expiration': until.isoformat()}))\n"
    )
    (tmp_path / "config").write_text(f"[profile team]\ncredential_process = {sys.executable} {script}\n")
    monkeypatch.setenv("AWS_PROFILE", "team")
    auth = SigV4()

    used = [signature(auth.headers("GET", API)["Authorization"])["Credential"].split("/")[0] for _ in range(2)]

    assert used[0] != used[1]
    assert all(key.startswith("AKID") for key in used)


def test_it_works_where_neither_httpx_nor_requests_is_installed() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['httpx', 'requests']));"
        "from fairlead.auth import SigV4; import json;"
        f"print(json.dumps(SigV4().headers('GET', '{API}/model')));"
        "print([name for name in ('boto3', 'numpy', 'pandas', 'sklearn', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    headers, heavy = done.stdout.splitlines()

    assert json.loads(headers)["Authorization"].startswith("AWS4-HMAC-SHA256")
    assert heavy == "[]"


def test_the_signer_is_the_auth_class_of_both_libraries() -> None:
    auth = SigV4()

    assert isinstance(auth, SigV4)
    assert isinstance(auth, httpx.Auth)
    assert isinstance(auth, requests.auth.AuthBase)
    assert type(auth) is type(SigV4(region="eu-west-1"))


def test_a_class_derived_from_the_signer_keeps_its_own_methods() -> None:
    class Marked(SigV4):
        def headers(self, *arguments: Any, **named: Any) -> dict[str, str]:
            return super().headers(*arguments, **named) | {"X-Marked": "yes"}

    request = next(Marked().auth_flow(httpx.Request("GET", API)))

    assert request.headers["X-Marked"] == "yes"
    assert isinstance(Marked(), httpx.Auth)


def test_both_libraries_send_what_the_signer_signed() -> None:
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200))  # type: ignore[func-returns-value]
    with httpx.Client(transport=transport, auth=SigV4()) as client:
        client.post(API, json={"instances": []})
    sent = requests.Request(
        "POST", API, data=seen[0].content, headers={"Content-Type": "application/json"}, auth=SigV4()
    )
    prepared = sent.prepare()

    assert seen[0].headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert str(prepared.headers["Authorization"]).startswith("AWS4-HMAC-SHA256 Credential=")


def test_the_signer_imports_neither_library() -> None:
    program = (
        "import sys; from fairlead.auth import SigV4; auth = SigV4(); "
        "assert type(auth) is SigV4; assert not {'httpx', 'requests'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
