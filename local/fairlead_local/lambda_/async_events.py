"""The events of asynchronous invocations, and the invocation records that Lambda sends to destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead_local.account import function_arn
from fairlead_local.lambda_.outcome import Outcome
from fairlead_local.lambda_.records import LATEST
from fairlead_local.times import moment

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@dataclass
class Event:
    """An asynchronous invocation: function, qualifier, payload, attempts so far, and the last outcome."""

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
        """The qualifier under which policies and settings are kept; "" for the unqualified function and `$LATEST`."""
        return "" if self.qualifier in (None, LATEST) else str(self.qualifier)


def record(event: Event, condition: Condition, at: float) -> dict[str, Any]:
    """Return the invocation record; without a response if the function never ran."""
    written: dict[str, Any] = {
        "version": "1.0",
        "timestamp": moment(at).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
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
    """Return the S3 key of the record."""
    return f"aws/lambda/async/{event.function}/{moment(at):%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _value(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
