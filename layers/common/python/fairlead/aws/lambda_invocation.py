"""Invokes a function of the stack: waits for its answer, or starts it and does not wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import CallError

LONGEST = 900
"""Lambda's longest timeout, in seconds."""


def client() -> Any:
    """Open a client that waits for the longest timeout and never retries: a retry would run the function twice."""
    return clients.client("lambda", read_timeout=LONGEST + 10, attempts=1)


def run(client: Any, function: str, *, now: datetime) -> dict[str, Any]:
    """Invoke a function with a schedule's event at `now` and return its answer; raises CallError, NotFoundError."""
    tick = {"source": "fairlead", "time": now.isoformat(timespec="seconds"), "detail": {}}
    return call(client, function, msgspec.json.encode(tick))


def call(client: Any, function: str, event: bytes) -> dict[str, Any]:
    """Return a function's answer to an event in JSON; raises CallError, NotFoundError."""
    with clients.translated(f"run {function} (lambda:InvokeFunction)", otherwise=CallError):
        answer = client.invoke(FunctionName=function, Payload=event)
        data: bytes = answer["Payload"].read()
    if "FunctionError" in answer:
        raise CallError(
            f"{function} failed: {_said(data)}", hint=f"read its log: sam logs --cw-log-group /aws/lambda/{function}"
        )
    return msgspec.json.decode(data, type=dict[str, Any])


def start(client: Any, function: str, event: Mapping[str, Any]) -> str:
    """Invoke a function without waiting; returns the request's id, which its log lines carry."""
    with clients.translated(f"start {function} (lambda:InvokeFunction)"):
        called = client.invoke(FunctionName=function, InvocationType="Event", Payload=msgspec.json.encode(event))
    return str(called["ResponseMetadata"]["RequestId"])


def _said(data: bytes) -> str:
    try:
        said = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return data[:500].decode(errors="replace")
    return f"{said.get('errorType', 'error')}: {said.get('errorMessage', '')}"
