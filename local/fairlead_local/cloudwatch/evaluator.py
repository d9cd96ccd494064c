"""The evaluation of alarms: each minute (high resolution: ten seconds), composite alarms when a part changes.

The evaluation range ends at the present minute for every period. Alarms with a range over a day are evaluated once an
hour.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Sequence

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch import state_reasons
from fairlead_local.cloudwatch.alarm_records import Alarm, Transition
from fairlead_local.cloudwatch.alarm_settings import DAY, HOUR, OPERATORS
from fairlead_local.cloudwatch.alarm_state import EXTRA, Point, StateValue, evaluate
from fairlead_local.cloudwatch.alarm_store import AlarmStore
from fairlead_local.cloudwatch.metric_queries import QueryResults
from fairlead_local.cloudwatch.metric_store import MINUTE, MetricStore
from fairlead_local.cloudwatch.series import Grid, Series
from fairlead_local.cloudwatch.statistics import share_of
from fairlead_local.times import cloudwatch_time, moment

logger = logging.getLogger(__name__)

FAST = 10  # seconds between two evaluations of a high-resolution alarm


class Evaluator:
    """Evaluates alarms and passes transitions to `act` after the store's lock is released."""

    def __init__(self, store: MetricStore, alarms: AlarmStore, clock: Clock, act: Callable[[Transition], None]) -> None:
        self._store = store
        self._alarms = alarms
        self._clock = clock
        self._act = act
        self._plan()

    def propagate(self, first: Transition | None) -> list[Transition]:
        """Return a transition and the composite alarms' transitions it causes; hold the store's lock."""
        found: list[Transition] = []
        waiting = deque([first] if first else [])
        while waiting:
            done = waiting.popleft()
            found.append(done)
            # Rules may be circular; AWS stops evaluating them, too.
            seen = {transition.alarm.name for transition in found}
            for parent in self._alarms.parents(done.alarm.name):
                if parent.name not in seen and (follows := self._evaluate_rule(parent, _transition_text(done), done)):
                    waiting.append(follows)
        return found

    def evaluate_composite(self, alarm: Alarm, verb: str) -> Transition | None:
        """Evaluate a composite alarm that was created or updated; hold the store's lock."""
        return self._evaluate_rule(alarm, f"{alarm.arn} was {verb} and its alarm rule evaluates to", None)

    def act(self, transitions: Sequence[Transition]) -> None:
        """Run the actions of transitions; do not hold the store's lock."""
        for transition in transitions:
            self._act(transition)

    def _plan(self) -> None:
        with self._alarms.lock:
            fast = any(alarm.queries and alarm.period < MINUTE for alarm in self._alarms.alarms.values())
        step = FAST if fast else MINUTE
        at = (int(self._clock.now()) // step + 1) * step
        self._clock.at(at, lambda: self._tick(at))

    def _tick(self, at: int) -> None:
        transitions: list[Transition] = []
        with self._alarms.lock:
            for alarm in [alarm for alarm in self._alarms.alarms.values() if _due(alarm, at)]:
                try:
                    transitions += self.propagate(self._evaluate(alarm, at))
                except Exception:
                    logger.exception("alarm %s could not be evaluated", alarm.name)
        self._plan()
        self.act(transitions)

    def _evaluate(self, alarm: Alarm, at: int) -> Transition | None:
        changes = self._store.changes
        if alarm.empty_at == changes:
            return None
        grid = Grid.until(at, alarm.period, alarm.periods + EXTRA)
        queried = QueryResults(self._store, alarm.queries, grid)
        points = _points(alarm, queried.series(alarm.watched))
        # Without data, evaluations are skipped until data is added, unless stored data becomes due later.
        alarm.empty_at = changes if queried.empty and self._store.latest < at else -1
        missing = alarm.settings.get("TreatMissingData", "missing")
        evaluation = evaluate(points, periods=alarm.periods, needed=alarm.needed, missing=missing)
        samples = self._samples(alarm, grid)
        if evaluation.state in (None, alarm.state.value) or _too_few(alarm, evaluation.points, samples):
            return None
        now = self._clock.now()
        data = state_reasons.data(alarm, evaluation, at=now, samples=samples)
        return self._alarms.set_state(
            alarm, evaluation.state, state_reasons.sentence(alarm, evaluation), data=data, at=now
        )

    def _samples(self, alarm: Alarm, grid: Grid) -> dict[int, float]:
        source = alarm.queries[0].source
        if alarm.statistic is None or source is None:
            return {}
        return self._store.series(source.metric, grid, "SampleCount", source.unit).points

    def _evaluate_rule(self, alarm: Alarm, because: str, cause: Transition | None) -> Transition | None:
        if alarm.rule is None:
            return None
        value: StateValue = "ALARM" if alarm.rule.holds(self._alarms.state_of) else "OK"
        if value == alarm.state.value:
            return None
        data = json.dumps({"triggeringAlarms": [_trigger(cause)] if cause else []}, separators=(",", ":"))
        reason = because if cause else f"{because} {value}"
        return self._alarms.set_state(alarm, value, reason, data=data, at=self._clock.now())


def _due(alarm: Alarm, at: int) -> bool:
    if not alarm.queries:
        return False
    if alarm.period * alarm.periods > DAY:
        return at % HOUR == 0
    return at % (FAST if alarm.period < MINUTE else MINUTE) == 0


def _points(alarm: Alarm, series: Series) -> list[Point]:
    _, breaches = OPERATORS[alarm.settings["ComparisonOperator"]]
    threshold = float(alarm.settings["Threshold"])
    latest_first = list(reversed(series.grid.times))
    return [
        Point(age, at, series.points[at], breaches(series.points[at], threshold))
        for age, at in enumerate(latest_first)
        if at in series.points
    ]


def _too_few(alarm: Alarm, points: Sequence[Point], samples: dict[int, float]) -> bool:
    """Return whether a percentile alarm ignores the data points, because they have too few samples."""
    share = share_of(alarm.statistic or "")
    if share is None or not points or alarm.settings.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    rest = 1 - share if share >= 0.5 else share
    return sum(samples.get(point.at, 0.0) for point in points) * rest < 10


def _transition_text(transition: Transition) -> str:
    at = f"{moment(transition.after.at):%A %d %B, %Y %H:%M:%S} UTC"
    return f"{transition.alarm.arn} transitioned to {transition.after.value} at {at}"


def _trigger(transition: Transition) -> dict[str, object]:
    state = {"value": transition.after.value, "timestamp": cloudwatch_time(transition.after.at)}
    return {"arn": transition.alarm.arn, "state": state}
