"""The default event bus: events from the cloud's services, from PutEvents, and from schedules."""

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import ACCOUNT, REGION, arn
from fairlead_local.clock import Clock, Timer
from fairlead_local.eventbridge import event_patterns
from fairlead_local.eventbridge.schedules import Cron, Rate

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Deliver = Callable[["Rule", dict[str, Any], Event], None]


@dataclass
class Rule:
    """A rule; `settings` has PutRule's parameters by the API's names."""

    name: str
    settings: dict[str, Any]
    pattern: dict[str, Any] | None
    schedule: Rate | Cron | None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    timer: Timer | None = None

    @property
    def arn(self) -> str:
        """The rule's ARN, which a target's resource policy names as the source."""
        return arn("events", f"rule/{self.name}")

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the timer, which belongs to one clock."""
        return {**vars(self), "timer": None}

    @property
    def enabled(self) -> bool:
        """Whether the rule matches events."""
        return bool(self.settings.get("State", "ENABLED") != "DISABLED")


class Bus:
    """Keeps the rules and delivers each event to the targets of the rules that match it."""

    STATE = ("rules",)

    def __init__(self, clock: Clock, deliver: Deliver) -> None:
        self.lock = threading.RLock()
        self.rules: dict[str, Rule] = {}
        self._clock = clock
        self._deliver = deliver

    def publish(
        self,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        *,
        resources: Sequence[str] = (),
        moment: float | None = None,
    ) -> str:
        """Publish an event and return its id; delivery is asynchronous."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": _text(self._clock.now() if moment is None else moment),
            "region": REGION,
            "resources": list(resources),
            "detail": detail,
        }
        with self.lock:
            wanting = [
                r for r in self.rules.values() if r.enabled and r.pattern and event_patterns.matches(r.pattern, event)
            ]
            pairs = [(rule, target) for rule in wanting for target in rule.targets.values()]
        for rule, target in pairs:
            self._deliver(rule, target, event)
        return str(event["id"])

    def put(self, rule: Rule) -> None:
        """Add or replace a rule; a rate starts then."""
        with self.lock:
            self.remove(rule.name)
            self.rules[rule.name] = rule
            if rule.schedule and rule.enabled:
                self._plan(rule, self._clock.now())

    def resume(self) -> None:
        """Start the timers of rules that an earlier cloud kept; a rate starts now."""
        for rule in list(self.rules.values()):
            self.put(rule)

    def remove(self, name: str) -> None:
        """Remove a rule and its timer."""
        with self.lock:
            gone = self.rules.pop(name, None)
            if gone and gone.timer:
                gone.timer.cancel()
                gone.timer = None

    def _plan(self, rule: Rule, moment: float) -> None:
        due = rule.schedule.after(moment) if rule.schedule else None
        if due is not None:
            rule.timer = self._clock.at(due, lambda: self._tick(rule, due))

    def _tick(self, rule: Rule, due: float) -> None:
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": _text(due),
            "region": REGION,
            "resources": [rule.arn],
            "detail": {},
        }
        with self.lock:
            if self.rules.get(rule.name) is not rule:
                return
            targets = list(rule.targets.values())
            self._plan(rule, due)
        for target in targets:
            self._deliver(rule, target, event)


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
