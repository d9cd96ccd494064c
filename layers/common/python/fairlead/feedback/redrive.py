"""Redrive: deliveries on which the feedback function failed three times are processed again.

Lambda wrote each to the dead-letter bucket, with the function's input and its error. The oldest come first. A success
deletes the object, a failure keeps it for the next run. Processing is idempotent, so two redrives may run at once.

Failed retrainings are in the same bucket. They are counted, but not started again: a model fitted hours late on old
data is not what was ordered, so the operator decides.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fairlead.errors import NotFoundError
from fairlead.feedback.dead_letters import DeadLetters
from fairlead.feedback.log_delivery import Collected, Collector
from fairlead.telemetry import emit

RESERVE = 60.0
"""Seconds that must be left to start another delivery; the largest takes part of them, retries included."""


class Failed(msgspec.Struct, frozen=True):
    """The field used of Lambda's record of a failed event."""

    event: dict[str, Any] = msgspec.field(name="requestPayload")


class Redriven(msgspec.Struct, kw_only=True):
    """Result of a redrive: deliveries done and deleted, failed again, not started for lack of time, and their content.

    `retrainings` is the number of failed retrainings, which wait for the operator.
    """

    redriven: int = 0
    failed: int = 0
    left: int = 0
    retrainings: int = 0
    collected: Collected

    def counts(self) -> dict[str, int]:
        """Return the counts by metric name."""
        return {
            "Redriven": self.redriven,
            "RedriveFailed": self.failed,
            "Left": self.left,
            "FailedRetrainings": self.retrainings,
            **self.collected.counts(),
        }


class Redriver:
    """Processes the events on which `function` failed again, and counts those of `retrain`, if the stack has it."""

    def __init__(self, collector: Collector, dead_letters: DeadLetters, function: str, *, retrain: str = "") -> None:
        self._collector = collector
        self._dead_letters = dead_letters
        self._function = function
        self._retrain = retrain

    def run(self, remaining: Callable[[], float]) -> Redriven:
        """Redrive deliveries while `remaining` (seconds) allows; raises StorageError if they cannot be listed."""
        found = Redriven(collected=Collected())
        if self._retrain:
            found.retrainings = len(self._dead_letters.failed(self._retrain))
        keys = self._dead_letters.failed(self._function)
        for place, key in enumerate(keys):
            if remaining() < RESERVE:
                found.left = len(keys) - place
                break
            self._redrive(key, found)
        return found

    def _redrive(self, key: str, found: Redriven) -> None:
        try:
            data = self._read(key)
            if data is None:
                return
            collected = self._take(data, key)
            self._dead_letters.done(key)
        except Exception as error:  # noqa: BLE001 - one delivery's failure must not block the others
            emit.logger.exception("redrive failed", key=key, error=type(error).__name__)
            found.failed += 1
            return
        emit.logger.info("redriven", key=key, counts=collected.counts())
        found.redriven += 1
        found.collected += collected

    def _read(self, key: str) -> bytes | None:
        try:
            return self._dead_letters.read(key)
        except NotFoundError:  # another redrive has processed and deleted it
            return None

    def _take(self, data: bytes, key: str) -> Collected:
        try:
            event: Mapping[str, Any] = msgspec.json.decode(data, type=Failed).event
        except (msgspec.MsgspecError, UnicodeError) as error:
            self._collector.refuse({"key": key, "data": data.decode(errors="replace")}, f"not Lambda's record: {error}")
            return Collected(poison=1)
        return self._collector.take(event)
