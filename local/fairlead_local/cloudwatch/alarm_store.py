"""Alarms and their history, under one lock."""

import json
import threading
from collections import deque
from typing import Any

from fairlead_local.cloudwatch.alarm_records import Alarm, HistoryItem, State, Transition
from fairlead_local.cloudwatch.alarm_state import StateValue
from fairlead_local.errors import ServiceError

HISTORY_LIMIT = 10_000  # items; AWS keeps them for thirty days


class AlarmStore:
    """Hold `lock` while reading or changing what a look-up returned."""

    STATE = ("alarms", "history")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.alarms: dict[str, Alarm] = {}
        self.history: deque[HistoryItem] = deque(maxlen=HISTORY_LIMIT)

    def alarm(self, name: str) -> Alarm:
        """Return an alarm by name; raises ResourceNotFound."""
        if name not in self.alarms:
            raise ServiceError("ResourceNotFound", f"Alarm {name} does not exist", status=404)
        return self.alarms[name]

    def state_of(self, name: str) -> str:
        """Return the value of an alarm's state; "" for a deleted alarm."""
        return self.alarms[name].state.value if name in self.alarms else ""

    def parents(self, name: str) -> list[Alarm]:
        """Return the composite alarms whose rules name this alarm."""
        return [alarm for alarm in self.alarms.values() if alarm.rule and name in alarm.rule.names]

    def set_state(self, alarm: Alarm, value: StateValue, reason: str, *, data: str, at: float) -> Transition | None:
        """Set an alarm's state; return the transition if the value changed."""
        before, alarm.state = alarm.state, State(value, reason[:1023], data[:4000], at)
        if before.value == value:
            return None
        alarm.transitioned = at
        facts = {"version": "1.0", "oldState": _state_facts(before), "newState": _state_facts(alarm.state)}
        self.add_history(alarm, at, "StateUpdate", f"Alarm updated from {before.value} to {value}", facts)
        return Transition(alarm, before, alarm.state)

    def add_history(self, alarm: Alarm, at: float, kind: Any, summary: str, facts: dict[str, Any]) -> None:
        """Add an item to the history."""
        data = json.dumps(facts, separators=(",", ":"), default=str)
        with self.lock:
            self.history.append(HistoryItem(alarm.name, alarm.kind, at, kind, summary[:255], data[:4095]))


def _state_facts(state: State) -> dict[str, Any]:
    data = {"stateReasonData": json.loads(state.data)} if state.data else {}
    return {"stateValue": state.value, "stateReason": state.reason, **data}
