"""Payloads of subscription filters: log events as JSON, compressed, encoded, and limited in size.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
"""

import base64
import gzip
import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from fairlead_local.account import ACCOUNT
from fairlead_local.lambda_.invoke import EVENT_LIMIT

BATCH_BYTES, BATCH_EVENTS, OVERHEAD = 1_048_576, 10_000, 26  # the limits of PutLogEvents
LogEvent = dict[str, Any]


def messages(group: str, stream: str, name: str, events: Sequence[LogEvent]) -> Iterator[bytes]:
    """Yield the payloads with a stream's events for the filter of this name."""
    for batch in _batches(events):
        yield from _payloads(group, stream, name, batch)


def control(at: float) -> bytes:
    """Return the control message that a function gets when a filter is created for it."""
    message = "CWL CONTROL MESSAGE: Checking health of destination Lambda function."
    event = {"id": "", "timestamp": round(at * 1000), "message": message}
    return _packed("CONTROL_MESSAGE", "CloudwatchLogs", "", "", [], [event])


def new_id(event: LogEvent) -> str:
    """Return 56 digits that grow with time, as AWS's do."""
    return f"{(event['timestamp'] << 138) + secrets.randbits(138):056d}"


def _packed(
    kind: str, owner: str, group: str, stream: str, filters: Sequence[str], events: Sequence[LogEvent]
) -> bytes:
    content = {
        "messageType": kind, "owner": owner, "logGroup": group, "logStream": stream,
        "subscriptionFilters": list(filters), "logEvents": list(events),
    }  # fmt: skip
    data = gzip.compress(json.dumps(content).encode())
    return json.dumps({"awslogs": {"data": base64.b64encode(data).decode()}}).encode()


def _payloads(group: str, stream: str, name: str, batch: Sequence[LogEvent]) -> Iterator[bytes]:
    """Yield one message, or several if Lambda would refuse it for its size."""
    payload = _packed("DATA_MESSAGE", ACCOUNT, group, stream, [name], batch)
    if len(payload) <= EVENT_LIMIT or len(batch) == 1:
        yield payload
        return
    half = len(batch) // 2
    yield from _payloads(group, stream, name, batch[:half])
    yield from _payloads(group, stream, name, batch[half:])


def _batches(events: Sequence[LogEvent]) -> Iterator[list[LogEvent]]:
    """Yield the events in order, in batches within the limits; one event is always within them."""
    batch: list[LogEvent] = []
    size = 0
    for event in events:
        weight = len(event["message"].encode()) + OVERHEAD
        if batch and (size + weight > BATCH_BYTES or len(batch) == BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += weight
    if batch:
        yield batch
