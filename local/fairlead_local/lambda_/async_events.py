"""An asynchronous invocation's event, and the JSON record Lambda makes of what became of it.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fairlead_local.account import function_arn
from fairlead_local.lambda_.outcome import Outcome
from fairlead_local.lambda_.records import LATEST

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@dataclass
class Event:
    """What waits for its function: asked for by which qualifier, since when, tried how often, with what result."""

    function: str
    qualifier: str | None
    payload: bytes
    accepted: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    invoked: int = 0
    refused: int = 0  # in a row, by throttling or by Lambda itself
    executed: str | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        """The qualifier, under which policies and settings are kept; `$LATEST` is the bare function."""
        return "" if self.qualifier in (None, LATEST) else str(self.qualifier)


def record(event: Event, condition: Condition, at: float) -> dict[str, Any]:
    """The invocation record; where the function never ran there is no response in it."""
    written: dict[str, Any] = {
        "version": "1.0",
        "timestamp": _moment(at).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": function_arn(event.function, event.key or LATEST),
            "condition": condition,
            "approximateInvokeCount": event.invoked,
        },
        "requestPayload": _value(event.payload),
    }
    if event.outcome:
        error = {"functionError": event.outcome.error} if event.outcome.error else {}
        written["responseContext"] = {"statusCode": 200, "executedVersion": event.executed, **error}
        written["responsePayload"] = _value(event.outcome.payload)
    return written


def object_key(event: Event, at: float) -> str:
    """Where in a bucket the record goes."""
    return f"aws/lambda/async/{event.function}/{_moment(at):%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _value(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
