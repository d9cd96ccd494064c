"""The queue of asynchronous invocations, which retries on the cloud's clock as Lambda does.

The first attempt starts at once. A function error is retried after one minute and after two more minutes. Throttling
and Lambda's own errors are retried with growing delays until the event is too old. An event that is given up goes to
the function's destination and dead-letter queue.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.async_events import Condition, Event
from fairlead_local.lambda_.destinations import Destinations
from fairlead_local.lambda_.outcome import Outcome
from fairlead_local.lambda_.store import Store

logger = logging.getLogger(__name__)

Attempt = Callable[[Event], tuple[str, Outcome]]  # the version that ran, and its answer; raises ServiceError
RETRIES, RETRY_SECONDS = 2, (60.0, 120.0)
AGE_SECONDS = 21_600.0
LONGEST_WAIT = 300.0
AGAIN = {409, 429}  # not active yet, or throttled


class AsyncQueue:
    """Runs events until they succeed or are given up; each attempt has a thread of its own."""

    def __init__(self, store: Store, clock: Clock, destinations: Destinations, metrics: ServiceMetrics) -> None:
        self._store = store
        self._clock = clock
        self._destinations = destinations
        self._metrics = metrics
        self._busy: set[object] = set()
        self._changed = threading.Condition()

    def take(self, event: Event, attempt: Attempt) -> None:
        """Accept an event and start the first attempt."""
        self._count("AsyncEventsReceived", event)
        self._start(lambda: self._try(event, attempt))

    def settle(self, seconds: float) -> bool:
        """Wait until the attempts that run now have ended; return whether any ran."""
        with self._changed:
            awaited = set(self._busy)
            self._changed.wait_for(lambda: not awaited & self._busy, seconds)
            return bool(awaited)

    def _start(self, work: Callable[[], None]) -> None:
        """Count the attempt before its thread starts, so that `settle` never misses it."""
        attempt = object()
        with self._changed:
            self._busy.add(attempt)
        threading.Thread(target=self._work, args=(attempt, work), name="asynchronous invocation", daemon=True).start()

    def _work(self, attempt: object, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            logger.exception("an asynchronous invocation was lost")
        finally:
            with self._changed:
                self._busy.remove(attempt)
                self._changed.notify_all()

    def _try(self, event: Event, attempt: Attempt) -> None:
        settings, reserved = self._settings(event)
        if reserved == 0:
            self._give_up(event, "ZeroReservedConcurrency")
            return
        self._count("AsyncEventAge", event, (self._clock.now() - event.accepted) * 1000, "Milliseconds")
        try:
            event.executed, event.outcome = attempt(event)
        except ServiceError as error:
            self._refused(event, attempt, settings, error)
            return
        event.invoked, event.refused = event.invoked + 1, 0
        if not event.outcome.error:
            self._destinations.deliver(event, settings, "Success")
        elif event.invoked > settings.get("MaximumRetryAttempts", RETRIES):
            self._give_up(event, "RetriesExhausted")
        else:
            self._later(event, attempt, settings, RETRY_SECONDS[event.invoked - 1])

    def _refused(self, event: Event, attempt: Attempt, settings: dict[str, Any], error: ServiceError) -> None:
        if error.status not in AGAIN and error.status < 500:
            logger.warning("an event for %s was dropped: %s", event.function, error.message)
            self._count("AsyncEventsDropped", event)
            return
        event.refused += 1
        self._later(event, attempt, settings, min(2.0 ** (event.refused - 1), LONGEST_WAIT))

    def _later(self, event: Event, attempt: Attempt, settings: dict[str, Any], seconds: float) -> None:
        due = self._clock.now() + seconds
        expires = event.accepted + settings.get("MaximumEventAgeInSeconds", AGE_SECONDS)
        if due <= expires:
            self._clock.at(due, lambda: self._start(lambda: self._try(event, attempt)))
        else:
            self._clock.at(expires, lambda: self._start(lambda: self._give_up(event, "EventAgeExceeded")))

    def _give_up(self, event: Event, condition: Condition) -> None:
        settings, _ = self._settings(event)
        self._destinations.deliver(event, settings, condition)
        self._destinations.send_dead_letter(event)
        self._count("AsyncEventsDropped", event)

    def _settings(self, event: Event) -> tuple[dict[str, Any], int | None]:
        """Return the present event-invoke settings and the reserved concurrency."""
        with self._store.lock:
            function = self._store.functions.get(event.function)
            if function is None:
                return {}, None
            return function.invoke_configs.get(event.key, {}), function.reserved_concurrency

    def _count(self, name: str, event: Event, value: float = 1.0, unit: str = "Count") -> None:
        self._metrics.asynchronous(name, event.function, event.qualifier, value, unit)
