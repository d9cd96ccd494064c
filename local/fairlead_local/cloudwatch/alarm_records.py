"""Records of alarms, their states and their history."""

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
    """A state with its reason; `data` is JSON or empty."""

    value: StateValue
    reason: str
    data: str
    at: float


@dataclass
class Alarm:
    """An alarm with its state; `settings` has the API's names."""

    name: str
    kind: Kind
    settings: dict[str, Any]
    configured: float
    state: State
    transitioned: float
    queries: list[Query] = field(default_factory=list)
    rule: Rule | None = None
    # The store's count of changes at an evaluation without data: until it changes, another evaluation is useless.
    empty_at: int = -1
    # The id of a single metric in events.
    metric_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def arn(self) -> str:
        """The alarm's ARN."""
        return arn("cloudwatch", f"alarm:{self.name}")

    @property
    def watched(self) -> str:
        """The id of the query that the alarm watches."""
        return next(query.id for query in self.queries if query.returned)

    @property
    def period(self) -> int:
        """The period of a data point in seconds."""
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
    """A change of an alarm's state."""

    alarm: Alarm
    before: State
    after: State


@dataclass(frozen=True)
class HistoryItem:
    """One item of an alarm's history."""

    alarm: str
    kind: Kind
    at: float
    type: Literal["ConfigurationUpdate", "StateUpdate", "Action"]
    summary: str
    data: str
