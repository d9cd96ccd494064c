"""Asking a release by its number: the event is API Gateway's, the figures are the runtime's."""

import base64
import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from fairlead.aws.release_client import ReleaseClient, SilentError, proxy_event, report
from fairlead.errors import CallError, ReleaseError
from testkit.lambda_context import event

TEXT = b"""START RequestId: 1 Version: 14
{"level":"INFO"}
END RequestId: 1
REPORT RequestId: 1\tDuration: 2.35 ms\tBilled Duration: 3 ms\tMemory Size: 1769 MB\tMax Memory Used: 210 MB"""
RECORD = {"requestId": "1", "status": "success", "metrics": {"durationMs": 2.353, "billedDurationMs": 3}}


def as_json(**metrics: float) -> bytes:
    record = {**RECORD, "metrics": {"durationMs": 2.353, "billedDurationMs": 3, **metrics}}
    line = json.dumps({"time": "2026-11-23T12:00:00.000Z", "type": "platform.report", "record": record})
    return b'vice":"predict"}\n{"message":"request answered"}\n' + line.encode() + b"\n"


@pytest.mark.parametrize(
    ("tail", "figures"),
    [
        (TEXT, (2.35, None, 210)),
        (TEXT + b"\tInit Duration: 431.02 ms\t", (2.35, 431.02, 210)),
        (TEXT + b"\tRestore Duration: 120.50 ms\tBilled Restore Duration: 9 ms", (2.35, 120.5, 210)),
        (as_json(), (2.353, None, None)),
        (as_json(maxMemoryUsedMB=171), (2.353, None, 171)),
        (as_json(initDurationMs=431.02), (2.353, 431.02, None)),
        (as_json(restoreDurationMs=120.5), (2.353, 120.5, None)),
        (b"", (None, None, None)),
        (b'{"type": "platform.report"}\n{"type": "platform.report', (None, None, None)),
        (b'{"message": "a caller said platform.report"}', (None, None, None)),
    ],
)
def test_the_runtimes_report_is_read_in_both_its_formats(tail: bytes, figures: tuple[Any, ...]) -> None:
    assert report(tail) == figures


def shape(document: Any) -> Any:
    return {name: shape(value) for name, value in document.items()} if isinstance(document, dict) else None


@pytest.mark.parametrize(("name", "method", "path"), [("predict", "POST", "/predict"), ("health", "GET", "/health")])
def test_an_event_has_no_member_that_api_gateway_does_not_send(name: str, method: str, path: str) -> None:
    real = event(name)
    made = proxy_event(method, path, real["body"])
    assert set(made) == set(real)
    assert set(made["requestContext"]) <= set(real["requestContext"])
    assert set(made["headers"]) <= set(real["headers"])
    for member in ("resource", "path", "httpMethod", "body", "isBase64Encoded", "pathParameters"):
        assert made[member] == real[member]


class Client:
    """A Lambda client that records its calls and gives a prepared answer."""

    def __init__(self, said: Any, **more: Any) -> None:
        self.said = said
        self.more = more
        self.sent: dict[str, Any] = {}

    def invoke(self, **sent: Any) -> dict[str, Any]:
        self.sent = sent
        if isinstance(self.said, Exception):
            raise self.said
        data = self.said if isinstance(self.said, bytes) else json.dumps(self.said).encode()
        return {"Payload": io.BytesIO(data), "StatusCode": 200, **self.more}


def ask(said: Any, **more: Any) -> Any:
    return ReleaseClient(Client(said, **more), "fairlead-predict", "14").get("/health")


def test_a_release_is_called_by_its_number_with_the_tail_of_its_log() -> None:
    client = Client({"statusCode": 200, "body": "{}"})
    ReleaseClient(client, "fairlead-predict", "14").post("/predict", b'{"instances": []}')
    payload = json.loads(client.sent.pop("Payload"))
    assert client.sent == {"FunctionName": "fairlead-predict", "Qualifier": "14", "LogType": "Tail"}
    assert (payload["httpMethod"], payload["body"]) == ("POST", '{"instances": []}')


def test_a_reply_has_status_body_and_the_runtimes_figures() -> None:
    tail = base64.b64encode(as_json(initDurationMs=431.02)).decode()
    reply = ask({"statusCode": 200, "body": '{"status": "ok"}'}, LogResult=tail)
    assert (reply.status, reply.document) == (200, {"status": "ok"})
    assert (reply.duration_ms, reply.init_ms, reply.memory_mb) == (2.353, 431.02, None)
    assert reply.round_trip_ms >= 0


def test_a_body_may_come_as_base64() -> None:
    body = base64.b64encode(b'{"status": "ok"}').decode()
    assert ask({"statusCode": 200, "body": body, "isBase64Encoded": True}).document == {"status": "ok"}


def test_a_problem_has_the_releases_own_text() -> None:
    body = json.dumps({"code": "model_unavailable", "detail": "no model"})
    assert ask({"statusCode": 503, "body": body}).problem == "HTTP 503 model_unavailable: no model"
    assert ask({"statusCode": 502, "body": "<html>"}).problem == "HTTP 502: <html>"


def test_a_crash_is_no_answer() -> None:
    with pytest.raises(SilentError, match=r"Runtime\.ExitError: signal: killed"):
        ask({"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}, FunctionError="Unhandled")


@pytest.mark.parametrize(
    "said", [b"", b"null", b"[]", {}, {"statusCode": "ok"}, {"body": "x"}, {"statusCode": 200, "body": 1}]
)
def test_response_that_api_gateway_would_refuse_is_an_error_of_the_release(said: Any) -> None:
    with pytest.raises(CallError, match="as API Gateway expects"):
        ask(said)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "Invoke")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("TooManyRequestsException"), SilentError),
        (refused("ServiceException"), SilentError),
        (ReadTimeoutError(endpoint_url="https://lambda"), SilentError),
    ],
)
def test_no_answer_is_distinguished_from_a_refusal(error: Exception, kind: type[ReleaseError]) -> None:
    with pytest.raises(kind) as raised:
        ask(error)
    assert type(raised.value) is kind
