"""The documented rule from data points to an alarm's state.

The two tables of the page are this module's test.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

StateValue = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
EXTRA = 2  # periods evaluated beyond EvaluationPeriods; AWS says "a higher number" and shows 5 for 3


@dataclass(frozen=True)
class Point:
    """A data point: its age in periods (0 = the latest), time, value, and whether it breaches."""

    age: int
    at: int
    value: float
    breaching: bool


@dataclass(frozen=True)
class Evaluation:
    """The new state (None = unchanged), the points it is based on (latest first), and the number of missing points."""

    state: StateValue | None
    points: tuple[Point, ...]
    filled: int = 0


def evaluate(points: Sequence[Point], *, periods: int, needed: int, missing: str) -> Evaluation:
    """Return the evaluation of `points` (latest first); `needed` of `periods` must breach."""
    if len(points) >= periods:
        latest = tuple(points[:periods])
        return Evaluation("ALARM" if _breaching(latest) >= needed else "OK", latest)
    used, filled = tuple(points), periods - len(points)
    if not points:
        return Evaluation(_without_data(missing), used, filled)
    breaching = _breaching(used) + (filled if missing == "breaching" else 0)
    if breaching >= needed:
        return Evaluation("ALARM", used, filled)
    if missing in ("missing", "ignore") and all(point.breaching for point in used):
        return Evaluation(_premature(used[-1], needed, missing), used, filled)
    return Evaluation("OK", used, filled)


def _without_data(missing: str) -> StateValue | None:
    states: dict[str, StateValue | None] = {"breaching": "ALARM", "notBreaching": "OK", "ignore": None}
    return states.get(missing, "INSUFFICIENT_DATA")


def _premature(oldest: Point, needed: int, missing: str) -> StateValue | None:
    """All points breach, but there are too few: ALARM if the oldest is old enough, else INSUFFICIENT_DATA."""
    if missing == "ignore":
        return None
    return "ALARM" if oldest.age + 1 >= needed else "INSUFFICIENT_DATA"


def _breaching(points: Sequence[Point]) -> int:
    return sum(point.breaching for point in points)
