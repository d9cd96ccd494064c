"""Metrics in a function's log lines, in the embedded metric format.

A line may have several directives, each with several dimension sets and metrics; a value may be an array. A line that
does not follow the format has no metrics.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.metric_data import FUTURE, PAST
from fairlead_local.cloudwatch.metric_store import MINUTE, Metric, MetricStore
from fairlead_local.cloudwatch.statistics import Values

ARRAY_LIMIT, DIMENSIONS_LIMIT = 100, 30


class EmbeddedMetrics:
    """Stores the metrics of log lines."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, text: str, ahead: float) -> None:
        """Store the metrics of one line; `ahead` is the cloud clock's offset in seconds when it was printed."""
        if '"_aws"' not in text:
            return
        try:
            line = json.loads(text)
            at = line["_aws"]["Timestamp"] / 1000 + ahead
            directives = line["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            return
        now = self._clock.now()
        if not now - PAST <= at <= now + FUTURE:
            return
        for directive in directives if isinstance(directives, list) else []:
            self._put(directive, line, at)

    def _put(self, directive: Any, line: dict[str, Any], at: float) -> None:
        try:
            sets = list(_dimensions(directive["Dimensions"], line))
            for definition in directive["Metrics"]:
                values = _values(line.get(definition["Name"]))
                resolution = definition.get("StorageResolution") or MINUTE
                for dimensions in sets if values else []:
                    metric = Metric(directive["Namespace"], definition["Name"], dimensions)
                    unit = definition.get("Unit") or "None"
                    self._store.put(metric, at, values or Values(), unit=unit, resolution=resolution)
        except (KeyError, TypeError):
            return


def _dimensions(sets: list[list[str]], line: dict[str, Any]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield the dimension sets whose members the line has, as strings."""
    for names in sets:
        if len(names) <= DIMENSIONS_LIMIT and all(isinstance(line.get(name), str) for name in names):
            yield tuple(sorted((name, line[name]) for name in names))


def _values(given: Any) -> Values | None:
    numbers = given if isinstance(given, list) else [given]
    if not 0 < len(numbers) <= ARRAY_LIMIT or not all(_is_number(number) for number in numbers):
        return None
    found = Values()
    for number in numbers:
        found.add(float(number))
    return found


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
