"""Asking one release by its number, with the events API Gateway sends, and what the runtime reports of each call.

Callers reach the alias `live` and nothing else: a release can be asked like this long before, or without, being live.
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from fairlead.aws import clients
from fairlead.errors import CallError, ReleaseError

REASON = 500  # characters of what a runtime said when it crashed
HEALTH_CHECKS = 3

Answer = TypeVar("Answer")


class ReleaseReply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `duration_ms` is the runtime's own figure, without the network, where its report was there to read.

    `init_ms` is there only for the first call of a new environment: what it took to start, or to restore a snapshot.
    """

    status: int
    body: bytes
    round_trip_ms: float
    duration_ms: float | None = None
    init_ms: float | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return {}

    @property
    def problem(self) -> str:
        """Say what the release answered instead of an answer."""
        said = self.document
        code = f" {said['code']}" if said.get("code") else ""
        return f"HTTP {self.status}{code}: {said.get('detail') or self.body[:REASON].decode(errors='replace')}"


class SilentError(ReleaseError):
    """The release gave no answer at all: it crashed, or ran out of time."""


class ReleaseClient:
    """One release of one function. The client must not wait for ever: a call is as long as its read timeout."""

    def __init__(self, client: Any, function: str, release: str) -> None:
        self._client = client
        self._function = function
        self.release = release

    def get(self, path: str) -> ReleaseReply:
        """GET a path; raises SilentError, ReleaseError."""
        return self._ask(proxy_event("GET", path))

    def post(self, path: str, body: bytes) -> ReleaseReply:
        """POST JSON to a path; raises SilentError, ReleaseError."""
        return self._ask(proxy_event("POST", path, body.decode()))

    def _ask(self, event: Mapping[str, Any]) -> ReleaseReply:
        started = time.perf_counter()
        doing = f"invoke release {self.release} of {self._function} (lambda:InvokeFunction)"
        with clients.translated(doing, otherwise=SilentError):
            answer = self._client.invoke(
                FunctionName=self._function,
                Qualifier=self.release,
                Payload=msgspec.json.encode(event),
                LogType="Tail",
            )
            data: bytes = answer["Payload"].read()
        took = (time.perf_counter() - started) * 1000
        if "FunctionError" in answer:
            raise SilentError(f"release {self.release} gave no answer: {_crash(data)}", hint="its log says more")
        status, body = _answer(data)
        duration, init = report(base64.b64decode(answer.get("LogResult") or ""))
        return ReleaseReply(status=status, body=body, round_trip_ms=took, duration_ms=duration, init_ms=init)


def ask_until_loaded(
    ask: Callable[[], Answer], loaded: Callable[[Answer], bool], *, sleep: Callable[[float], None]
) -> Answer:
    """Return the first answer of a release that loaded its model, or the last of HEALTH_CHECKS answers.

    The release itself backs off after a failed load, so the pauses grow. `sleep` takes seconds.
    """
    answer = ask()
    for attempt in range(1, HEALTH_CHECKS):
        if loaded(answer):
            break
        sleep(2.0 * attempt)
        answer = ask()
    return answer


def proxy_event(method: str, path: str, body: str | None = None) -> dict[str, Any]:
    """Make the event that API Gateway sends for a request of ours; body is JSON."""
    headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
    now = time.time()
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "path": f"/verify{path}",
            "protocol": "HTTP/1.1",
            "stage": "verify",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "fairlead-verify"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def report(tail: bytes) -> tuple[float | None, float | None]:
    """Read the runtime's duration and, of a new environment, its start from a call's log tail, both in milliseconds.

    Functions that log JSON get `platform.report`, others a REPORT line:
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html.
    """
    for line in reversed(tail.decode(errors="replace").splitlines()):
        if line.startswith("REPORT "):
            said = dict(part.split(": ", 1) for part in line.split("\t") if ": " in part)
            return _milliseconds(said.get("Duration")), _milliseconds(
                said.get("Init Duration") or said.get("Restore Duration")
            )
        if '"platform.report"' in line:
            with suppress(msgspec.DecodeError, KeyError, TypeError):
                metrics = msgspec.json.decode(line)["record"]["metrics"]
                return metrics.get("durationMs"), metrics.get("initDurationMs") or metrics.get("restoreDurationMs")
    return None, None


def _milliseconds(text: str | None) -> float | None:
    return float(text.removesuffix(" ms")) if text else None


def _answer(data: bytes) -> tuple[int, bytes]:
    try:
        answer = msgspec.json.decode(data, type=dict[str, Any])
        body = answer.get("body") or ""
        return int(answer["statusCode"]), base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    except (msgspec.DecodeError, AttributeError, KeyError, ValueError) as error:
        raise CallError(f"the function did not answer as API Gateway expects: {data[:REASON]!r}") from error


def _crash(data: bytes) -> str:
    try:
        said = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return data[:REASON].decode(errors="replace")
    return f"{said.get('errorType', 'error')}: {str(said.get('errorMessage', ''))[:REASON]}"
