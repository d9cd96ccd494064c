"""Invokes one release by its number with API Gateway's events, and reads the runtime's report of each call.

Callers reach only the alias `live`. This client reaches a release that is not live yet, or never becomes live.
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec

from fairlead.aws import clients
from fairlead.errors import CallError, ReleaseError

REASON = 500  # characters of a runtime's error text
HEALTH_CHECKS = 3

Answer = TypeVar("Answer")


class ReleaseReply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `duration_ms` is the runtime's figure, without the network; None if the call has no report.

    `init_ms` is set for the first call of a new environment: the time of its init, or of restoring a snapshot.
    `memory_mb` is the most that the environment has used so far.
    """

    status: int
    body: bytes
    round_trip_ms: float
    duration_ms: float | None = None
    init_ms: float | None = None
    memory_mb: int | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty if the body is not one."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return {}

    @property
    def problem(self) -> str:
        """The error that the release answered, as one line of text."""
        said = self.document
        code = f" {said['code']}" if said.get("code") else ""
        return f"HTTP {self.status}{code}: {said.get('detail') or self.body[:REASON].decode(errors='replace')}"


class RunReport(NamedTuple):
    """Lambda's report of a call: times in milliseconds, memory in MB; None for what it lacks."""

    duration_ms: float | None = None
    init_ms: float | None = None
    memory_mb: int | None = None


class SilentError(ReleaseError):
    """The release gave no answer: it crashed or timed out."""


class ReleaseClient:
    """One release of one function. The boto3 client's read timeout limits each call."""

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
            raise SilentError(f"release {self.release} gave no answer: {_crash(data)}", hint="read its log")
        status, body = _answer(data)
        said = report(base64.b64decode(answer.get("LogResult") or ""))
        return ReleaseReply(status=status, body=body, round_trip_ms=took, **said._asdict())


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
    """Return the event that API Gateway sends for a request; `body` is JSON text."""
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


def report(tail: bytes) -> RunReport:
    """Return the report in the tail of a call's log.

    Functions that log JSON write `platform.report`, others a REPORT line:
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html.
    """
    for line in reversed(tail.decode(errors="replace").splitlines()):
        if line.startswith("REPORT "):
            said = dict(part.split(": ", 1) for part in line.split("\t") if ": " in part)
            init = _number(said.get("Init Duration") or said.get("Restore Duration"))
            memory = _number(said.get("Max Memory Used"))
            return RunReport(_number(said.get("Duration")), init, int(memory) if memory else None)
        if '"platform.report"' in line:
            with suppress(msgspec.DecodeError, KeyError, TypeError):
                metrics = msgspec.json.decode(line)["record"]["metrics"]
                init = metrics.get("initDurationMs") or metrics.get("restoreDurationMs")
                return RunReport(metrics.get("durationMs"), init, metrics.get("maxMemoryUsedMB"))
    return RunReport()


def _number(text: str | None) -> float | None:
    """Read `12.3 ms` or `64 MB`."""
    return float(text.split()[0]) if text else None


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
