"""The operations that change alarms."""

from collections.abc import Sequence
from typing import Any

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch import alarm_descriptions
from fairlead_local.cloudwatch.alarm_records import UNCHECKED, Alarm, Kind, State, Transition
from fairlead_local.cloudwatch.alarm_settings import check_composite, check_metric
from fairlead_local.cloudwatch.alarm_store import AlarmStore
from fairlead_local.cloudwatch.composite_rules import parse
from fairlead_local.cloudwatch.evaluator import Evaluator
from fairlead_local.cloudwatch.metric_queries import QueryResults, invalid
from fairlead_local.cloudwatch.metric_store import MetricStore
from fairlead_local.cloudwatch.series import Grid
from fairlead_local.service import Handler


class AlarmOperations:
    """The handlers that put, set and delete alarms. An update keeps the state."""

    def __init__(self, store: MetricStore, alarms: AlarmStore, clock: Clock, evaluator: Evaluator) -> None:
        self._store = store
        self._alarms = alarms
        self._clock = clock
        self._evaluator = evaluator

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PutMetricAlarm": self.put_metric,
            "PutCompositeAlarm": self.put_composite,
            "SetAlarmState": self.set_state,
            "DeleteAlarms": self.delete,
        }

    def put_metric(self, params: dict[str, Any]) -> None:
        """PutMetricAlarm; an expression is computed once without data, so that an invalid one fails here."""
        settings, queries = check_metric(params)
        with self._alarms.lock:
            alarm, _ = self._keep(params, "MetricAlarm", settings)
            watched = next(query.id for query in queries if query.returned)
            period = next(query.source.period for query in queries if query.source)
            QueryResults(self._store, queries, Grid(0, period, 1)).series(watched)
            alarm.queries, alarm.empty_at = queries, -1
            self._alarms.alarms[alarm.name] = alarm

    def put_composite(self, params: dict[str, Any]) -> None:
        """PutCompositeAlarm; the rule is evaluated at once."""
        settings, rule = check_composite(params), parse(params["AlarmRule"])
        with self._alarms.lock:
            unknown = sorted(rule.names - set(self._alarms.alarms))
            if unknown:
                message = f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm rule do "
                raise invalid(message + "not exist")
            alarm, verb = self._keep(params, "CompositeAlarm", settings)
            alarm.rule = rule
            self._alarms.alarms[alarm.name] = alarm
            transitions = self._evaluator.propagate(self._evaluator.evaluate_composite(alarm, verb))
        self._evaluator.act(transitions)

    def set_state(self, params: dict[str, Any]) -> None:
        """SetAlarmState, with its actions; the next evaluation may set another state."""
        now = self._clock.now()
        with self._alarms.lock:
            alarm = self._alarms.alarm(params["AlarmName"])
            alarm.empty_at = -1
            data, value = alarm_descriptions.checked_json(params.get("StateReasonData", "")), params["StateValue"]
            changed = self._alarms.set_state(alarm, value, params["StateReason"], data=data, at=now)
            transitions: Sequence[Transition] = self._evaluator.propagate(changed)
        self._evaluator.act(transitions)

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteAlarms: all or none, and none that a composite alarm's rule names."""
        names = params["AlarmNames"]
        with self._alarms.lock:
            alarms = [self._alarms.alarm(name) for name in names]
            if sum(alarm.rule is not None for alarm in alarms) > 1:
                raise invalid("Only one composite alarm can be deleted in one operation")
            for alarm in alarms:
                if any(parent.name not in names for parent in self._alarms.parents(alarm.name)):
                    raise invalid(f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it.")
            for alarm in alarms:
                del self._alarms.alarms[alarm.name]
                self._configured(alarm, "deleted")

    def _keep(self, params: dict[str, Any], kind: Kind, settings: dict[str, Any]) -> tuple[Alarm, str]:
        """Return the alarm with its new settings; a new alarm is not yet in the store."""
        now, name = self._clock.now(), params["AlarmName"]
        alarm = self._alarms.alarms.get(name)
        if alarm is None:
            state = State("INSUFFICIENT_DATA", UNCHECKED, "", now)
            alarm = Alarm(name, kind, settings, now, state, now)
            self._configured(alarm, "created")
            return alarm, "created"
        if alarm.kind != kind:
            raise invalid(f"An alarm of another type has the name {name}")
        alarm.settings, alarm.configured = settings, now
        self._configured(alarm, "updated")
        return alarm, "updated"

    def _configured(self, alarm: Alarm, verb: str) -> None:
        facts = {"version": "1.0", "type": verb.title(), f"{verb}Alarm": alarm.settings}
        self._alarms.add_history(alarm, self._clock.now(), "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', facts)
