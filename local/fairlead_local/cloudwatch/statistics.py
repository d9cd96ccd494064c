"""Statistics of the values in one period.

Percentiles are nearest-rank over the exact values. CloudWatch's percentiles come from a histogram and may differ a
little.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead_local.errors import ServiceError

PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass
class Values:
    """Values with their counts; `exact` is False after a statistic set, whose values are unknown."""

    count: float = 0.0
    total: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")
    counts: dict[float, float] = field(default_factory=dict)
    exact: bool = True

    def add(self, value: float, count: float = 1.0) -> None:
        """Add a value `count` times."""
        self.counts[value] = self.counts.get(value, 0.0) + count
        self._widen(count, value * count, value, value)

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """Add a statistic set."""
        if low == high:
            self.add(low, count)
            return
        self.exact = False
        self._widen(count, total, low, high)

    def merge(self, other: "Values") -> None:
        """Add everything from another."""
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0.0) + count
        self.exact = self.exact and other.exact
        self._widen(other.count, other.total, other.low, other.high)

    def _widen(self, count: float, total: float, low: float, high: float) -> None:
        self.count += count
        self.total += total
        self.low, self.high = min(self.low, low), max(self.high, high)


OF: dict[str, Callable[[Values], float]] = {
    "SampleCount": lambda values: values.count,
    "Average": lambda values: values.total / values.count,
    "Sum": lambda values: values.total,
    "Minimum": lambda values: values.low,
    "Maximum": lambda values: values.high,
}


def check_statistic(name: str) -> None:
    """Raise for an unsupported statistic."""
    if name not in OF and not PERCENTILE.fullmatch(name):
        raise ServiceError("InvalidParameterValue", f"the local cloud does not support the statistic {name}")


def statistic(values: Values, name: str) -> float | None:
    """Return one statistic; None without values, and for a percentile of a statistic set."""
    if not values.count:
        return None
    return OF[name](values) if name in OF else _percentile(values, float(name[1:]))


def share_of(name: str) -> float | None:
    """Return a percentile's share (0 to 1); None for any other statistic."""
    found = PERCENTILE.fullmatch(name)
    return float(found[1]) / 100 if found else None


def _percentile(values: Values, percent: float) -> float | None:
    # CloudWatch has no percentiles of negative values.
    if not values.exact or values.low < 0:
        return None
    rank, seen = values.count * percent / 100, 0.0
    for value in sorted(values.counts):
        seen += values.counts[value]
        if seen >= rank:
            return value
    return values.high
