"""Running one of the stack's own functions now, as its schedule would, and waiting for what it says."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import CallError

LONGEST = 900
"""Seconds that Lambda lets a function run."""


def client() -> Any:
    """Open a client that waits as long as a function may take, and asks once: a second call would be a second run."""
    return clients.client("lambda", read_timeout=LONGEST + 10, attempts=1)


def run(client: Any, function: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Return a function's answer to a tick of the clock; raises CallError, NotFoundError."""
    tick = {"source": "fairlead", "time": (now or datetime.now(UTC)).isoformat(timespec="seconds"), "detail": {}}
    with clients.translated(f"run {function} (lambda:InvokeFunction)", otherwise=CallError):
        answer = client.invoke(FunctionName=function, Payload=msgspec.json.encode(tick))
        data: bytes = answer["Payload"].read()
    if "FunctionError" in answer:
        raise CallError(
            f"{function} failed: {_said(data)}", hint=f"its log says more: aws logs tail /aws/lambda/{function}"
        )
    return msgspec.json.decode(data, type=dict[str, Any])


def _said(data: bytes) -> str:
    try:
        said = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return data[:500].decode(errors="replace")
    return f"{said.get('errorType', 'error')}: {said.get('errorMessage', '')}"
