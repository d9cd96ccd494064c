"""Redriving: deliveries that the feedback function failed on three times are taken again, by the same story.

Lambda left each as an object: what the function was called with, and how that ended. Oldest first; what succeeds is
removed, what fails stays for the next time. Nothing is counted twice, so two may redrive at once.

Retrainings that failed lie beside them. They are counted and left alone: a model fitted hours late, on what was known
then, is not what anybody asked for, so people decide.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fairlead.errors import NotFoundError
from fairlead.feedback.dead_letters import SetAside
from fairlead.feedback.log_delivery import Collected, Collector
from fairlead.telemetry import emit

RESERVE = 60.0
"""Seconds that must be left to begin with another delivery: the largest takes some of them, retries included."""


class Failed(msgspec.Struct, frozen=True):
    """The part of Lambda's record that counts."""

    event: dict[str, Any] = msgspec.field(name="requestPayload")


class Redriven(msgspec.Struct, kw_only=True):
    """What became of deliveries: done and removed, failed again, not begun for lack of time; and of what they held.

    `retrainings` are those that failed and wait for people.
    """

    redriven: int = 0
    failed: int = 0
    left: int = 0
    retrainings: int = 0
    collected: Collected

    def counts(self) -> dict[str, int]:
        """Return them by the names of their metrics."""
        return {
            "Redriven": self.redriven,
            "RedriveFailed": self.failed,
            "Left": self.left,
            "FailedRetrainings": self.retrainings,
            **self.collected.counts(),
        }


class Redriver:
    """Takes again what `function` failed on, and counts what `retrain` did, where there is one."""

    def __init__(self, collector: Collector, aside: SetAside, function: str, *, retrain: str = "") -> None:
        self._collector = collector
        self._aside = aside
        self._function = function
        self._retrain = retrain

    def run(self, remaining: Callable[[], float]) -> Redriven:
        """Redrive as much as `remaining` seconds allow; raises StorageError when it cannot be seen what there is."""
        found = Redriven(collected=Collected())
        if self._retrain:
            found.retrainings = len(self._aside.failed(self._retrain))
        keys = self._aside.failed(self._function)
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
            self._aside.done(key)
        except Exception as error:  # noqa: BLE001 - whatever one delivery fails on, the others have their turn
            emit.logger.exception("failed again", key=key, error=type(error).__name__)
            found.failed += 1
            return
        emit.logger.info("redriven", key=key, counts=collected.counts())
        found.redriven += 1
        found.collected += collected

    def _read(self, key: str) -> bytes | None:
        try:
            return self._aside.read(key)
        except NotFoundError:  # somebody else was at it and is done
            return None

    def _take(self, data: bytes, key: str) -> Collected:
        try:
            event: Mapping[str, Any] = msgspec.json.decode(data, type=Failed).event
        except (msgspec.MsgspecError, UnicodeError) as error:
            self._collector.refuse({"key": key, "data": data.decode(errors="replace")}, f"not Lambda's record: {error}")
            return Collected(poison=1)
        return self._collector.take(event)
