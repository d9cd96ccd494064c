"""What is kept of an alarm."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead_local.account import arn
from fairlead_local.cloudwatch.alarm_state import StateValue
from fairlead_local.cloudwatch.composite_rules import Rule
from fairlead_local.cloudwatch.metric_queries import Query

Kind = Literal["MetricAlarm", "CompositeAlarm"]
UNCHECKED = "Unchecked: Initial alarm creation"


@dataclass(frozen=True)
class State:
    """A state with its reason; `data` is JSON, or nothing."""

    value: StateValue
    reason: str
    data: str
    at: float


@dataclass
class Alarm:
    """An alarm as it was put, with the state it is in. `settings` has the API's names."""

    name: str
    kind: Kind
    settings: dict[str, Any]
    configured: float
    state: State
    transitioned: float
    queries: list[Query] = field(default_factory=list)
    rule: Rule | None = None
    # Nothing was there to judge at this count of the store's changes, so nothing new can come of judging again.
    silent_at: int = -1
    # The single metric's id in events, which has no other.
    metric_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def arn(self) -> str:
        """The alarm's ARN."""
        return arn("cloudwatch", f"alarm:{self.name}")

    @property
    def watched(self) -> str:
        """The id of the query whose result is judged."""
        return next(query.id for query in self.queries if query.returned)

    @property
    def period(self) -> int:
        """Seconds a data point stands for."""
        return next(query.source.period for query in self.queries if query.source)

    @property
    def periods(self) -> int:
        """EvaluationPeriods."""
        return int(self.settings["EvaluationPeriods"])

    @property
    def needed(self) -> int:
        """DatapointsToAlarm."""
        return int(self.settings.get("DatapointsToAlarm") or self.periods)

    @property
    def statistic(self) -> str | None:
        """The statistic of a single-metric alarm."""
        found: str | None = self.settings.get("Statistic") or self.settings.get("ExtendedStatistic")
        return found


@dataclass(frozen=True)
class Transition:
    """An alarm went from one state into another."""

    alarm: Alarm
    before: State
    after: State


@dataclass(frozen=True)
class HistoryItem:
    """One line of an alarm's history."""

    alarm: str
    kind: Kind
    at: float
    type: Literal["ConfigurationUpdate", "StateUpdate", "Action"]
    summary: str
    data: str
