"""The store of data points: by metric, by unit, and by minute (high resolution: by second)."""

import bisect
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from fairlead_local.cloudwatch.series import Grid, Series
from fairlead_local.cloudwatch.statistics import Values, statistic

MINUTE = 60


@dataclass(frozen=True)
class Metric:
    """A metric's identity: namespace, name and sorted dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] = ()) -> Self:
        """Return a metric from the API's dimensions."""
        return cls(namespace, name, tuple(sorted((item["Name"], item["Value"]) for item in dimensions)))

    def described(self) -> dict[str, Any]:
        """Return the metric as the API shows it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass
class _Points:
    """One metric's values by moment and unit."""

    moments: list[int] = field(default_factory=list)
    values: dict[int, dict[str, Values]] = field(default_factory=dict)

    def at(self, moment: int, unit: str) -> Values:
        if moment not in self.values:
            bisect.insort(self.moments, moment)
            self.values[moment] = {}
        return self.values[moment].setdefault(unit, Values())

    def between(self, start: int, end: int, unit: str | None) -> Values:
        found = Values()
        for place in range(bisect.bisect_left(self.moments, start), len(self.moments)):
            moment = self.moments[place]
            if moment >= end:
                break
            for name, values in self.values[moment].items():
                if unit in (None, name):
                    found.merge(values)
        return found


class MetricStore:
    """All data points; thread-safe.

    `changes` counts additions, `latest` is the latest moment of all.
    """

    STATE = ("_points", "changes", "latest")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: dict[Metric, _Points] = {}
        self.changes = 0
        self.latest = 0

    def put(self, metric: Metric, at: float, values: Values, *, unit: str = "None", resolution: int = MINUTE) -> None:
        """Add values at a moment; at standard resolution they are stored by minute."""
        moment = int(at) if resolution == 1 else int(at) // MINUTE * MINUTE
        with self._lock:
            self._points.setdefault(metric, _Points()).at(moment, unit).merge(values)
            self.changes += 1
            self.latest = max(self.latest, moment)

    def add_value(self, metric: Metric, at: float, value: float, unit: str) -> None:
        """Add one value."""
        values = Values()
        values.add(value)
        self.put(metric, at, values, unit=unit)

    def metrics(self, *, since: float) -> list[Metric]:
        """Return the metrics with data since then, sorted."""
        with self._lock:
            found = [metric for metric, kept in self._points.items() if kept.moments[-1] >= since]
        return sorted(found, key=lambda metric: (metric.namespace, metric.name, metric.dimensions))

    def units(self, metric: Metric) -> list[str]:
        """Return the units of a metric's values."""
        with self._lock:
            kept = self._points.get(metric)
            return sorted({unit for units in kept.values.values() for unit in units}) if kept else []

    def values(self, metric: Metric, start: int, end: int, unit: str | None = None) -> Values:
        """Return all values from `start` to before `end`, optionally of one unit."""
        with self._lock:
            kept = self._points.get(metric)
            return kept.between(start, end, unit) if kept else Values()

    def series(self, metric: Metric, grid: Grid, stat: str, unit: str | None = None) -> Series:
        """Return a statistic per period."""
        periods = ((at, self.values(metric, at, at + grid.period, unit)) for at in grid.times)
        return Series.of(grid, ((at, statistic(values, stat)) for at, values in periods))
