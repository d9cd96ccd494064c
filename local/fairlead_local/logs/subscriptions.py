"""Subscription filters of log groups, and the asynchronous delivery of matching events to functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moto.logs.models import logs_backends

from fairlead_local.account import ACCOUNT, REGION, arn, function_and_qualifier
from fairlead_local.clock import Clock
from fairlead_local.drain_queue import DrainQueue
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.resource_policies import Permissions
from fairlead_local.logs import filter_patterns, payloads
from fairlead_local.logs.payloads import LogEvent

logger = logging.getLogger(__name__)

PRINCIPALS = ("logs.amazonaws.com", "logs.us-east-1.amazonaws.com")
GATHER_SECONDS = 0.2
MOST_AT_ONCE = 10_000  # batches of events


@dataclass(frozen=True)
class Filter:
    """A subscription filter: pattern, the target's ARN, and its creation time (ms)."""

    group: str
    name: str
    pattern: str
    destination: str
    distribution: str
    created: int


@dataclass(frozen=True)
class EventBatch:
    """Events of one stream that one filter matched."""

    filter: Filter
    stream: str
    events: Sequence[LogEvent]


class Subscriptions:
    """Keeps the filters by log group and name; one thread collects matching events and invokes the functions."""

    STATE = ("filters",)

    def __init__(self, clock: Clock, permissions: Permissions, invoke: Callable[[dict[str, Any]], Any]) -> None:
        self.lock = threading.Lock()
        self.filters: dict[str, dict[str, Filter]] = {}
        self._clock = clock
        self._permissions = permissions
        self._invoke = invoke
        self._queue: DrainQueue[EventBatch] = DrainQueue()
        threading.Thread(target=self._work, name="log subscriptions", daemon=True).start()

    def may_invoke(self, group: str, destination: str) -> bool:
        """Return whether the function's resource policy allows CloudWatch Logs; raises ServiceError if missing."""
        name, qualifier = function_and_qualifier(destination)
        source = arn("logs", f"log-group:{group}:*")
        return any(self._permissions.allows(name, qualifier, service=s, source_arn=source) for s in PRINCIPALS)

    def send_control_message(self, made: Filter) -> None:
        """Send the control message of a new filter."""
        self._call(made, payloads.control(self._clock.now()))

    def take(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        """Queue a stream's accepted events, with timestamp (ms) and message, for the filters they match."""
        with self.lock:
            filters = list(self.filters.get(group, {}).values())
        for one in filters:
            matches = filter_patterns.read(one.pattern)
            matched = [event for event in events if matches(event["message"])]
            if matched:
                self._queue.put(EventBatch(one, stream, [{"id": payloads.new_id(event), **event} for event in matched]))

    def settle(self, seconds: float) -> bool:
        """Wait until the events queued so far are delivered; return whether any were not."""
        return self._queue.settle(seconds)

    def _work(self) -> None:
        while True:
            batches = self._queue.gather(GATHER_SECONDS, MOST_AT_ONCE)
            try:
                self._deliver(batches)
            except Exception:
                logger.exception("log events were not delivered")
            for _ in batches:
                self._queue.task_done()

    def _deliver(self, batches: Sequence[EventBatch]) -> None:
        gathered: dict[tuple[str, str, str], list[EventBatch]] = {}
        for batch in batches:
            gathered.setdefault((batch.filter.group, batch.filter.name, batch.stream), []).append(batch)
        for (group, name, stream), mine in gathered.items():
            events = [event for batch in mine for event in batch.events]
            for payload in payloads.messages(group, stream, name, events):
                self._call(mine[0].filter, payload)

    def _call(self, one: Filter, payload: bytes) -> None:
        name, qualifier = function_and_qualifier(one.destination)
        params = {"FunctionName": name, "InvocationType": "Event", "Payload": payload}
        why: object = "its resource policy does not allow CloudWatch Logs"
        try:
            if self.may_invoke(one.group, one.destination):
                self._invoke(params | ({"Qualifier": qualifier} if qualifier else {}))
                return
        except ServiceError as error:
            why = error
        logger.warning("filter %s of %s could not invoke %s: %s", one.name, one.group, one.destination, why)


def check_group(name: str) -> None:
    """Raise ResourceNotFoundException for a log group that does not exist."""
    if name not in logs_backends[ACCOUNT][REGION].groups:
        raise ServiceError("ResourceNotFoundException", "The specified log group does not exist.")
