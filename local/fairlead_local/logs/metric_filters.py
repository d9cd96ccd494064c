"""Metric filters of log groups: what they match becomes data points.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html: the value is a number or a property's;
the default value counts for a minute in which events came and none matched; an event that lacks the value or a
dimension's property makes no data point.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead_local.clock import Clock
from fairlead_local.errors import ServiceError
from fairlead_local.logs import conditions
from fairlead_local.logs.patterns import Matches, invalid, read
from fairlead_local.logs.subscriptions import check_group
from fairlead_local.metrics.store import MINUTE, Metric, Store
from fairlead_local.protocol import Handler

FILTERS_LIMIT, DIMENSIONS_LIMIT = 100, 3
KNOWN = {"logGroupName", "filterName", "filterPattern", "metricTransformations"}


@dataclass
class MetricFilter:
    """A metric filter; `minutes` says of those with events whether any matched."""

    name: str
    group: str
    pattern: str
    matches: Matches
    becomes: dict[str, Any]
    created: int
    minutes: dict[int, bool] = field(default_factory=dict)


class MetricFilters:
    """The handlers, and the way from log events to data points."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._filters: dict[tuple[str, str], MetricFilter] = {}

    def handlers(self) -> dict[str, Handler]:
        """Operation names to handlers."""
        return {
            "PutMetricFilter": self.put,
            "DescribeMetricFilters": self.describe,
            "DeleteMetricFilter": self.delete,
        }

    def put(self, asked: dict[str, Any]) -> None:
        """PutMetricFilter: a filter of that name is replaced."""
        unknown = sorted(set(asked) - KNOWN)
        if unknown:
            raise ServiceError(
                "NotImplemented", f"the local cloud has no filters with {', '.join(unknown)}", status=501
            )
        check_group(asked["logGroupName"])
        (becomes,) = asked["metricTransformations"]
        _check(becomes)
        made = MetricFilter(
            asked["filterName"], asked["logGroupName"], asked["filterPattern"], read(asked["filterPattern"]), becomes,
            round(self._clock.now() * 1000),
        )  # fmt: skip
        with self._lock:
            others = [key for key in self._filters if key[0] == made.group and key[1] != made.name]
            if len(others) >= FILTERS_LIMIT:
                raise ServiceError("LimitExceededException", "Resource limit exceeded.")
            self._filters[made.group, made.name] = made

    def describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeMetricFilters, in one page."""
        with self._lock:
            filters = [self._filters[key] for key in sorted(self._filters)]
        chosen = [
            one
            for one in filters
            if asked.get("logGroupName") in (None, one.group)
            and one.name.startswith(asked.get("filterNamePrefix", ""))
            and all(asked.get(name) in (None, one.becomes[name]) for name in ("metricName", "metricNamespace"))
        ]
        return {"metricFilters": [_shown(one) for one in chosen]}

    def delete(self, asked: dict[str, Any]) -> None:
        """DeleteMetricFilter."""
        with self._lock:
            if self._filters.pop((asked["logGroupName"], asked["filterName"]), None) is None:
                raise ServiceError("ResourceNotFoundException", "The specified metric filter does not exist.")

    def forget(self, group: str) -> None:
        """The log group is gone."""
        with self._lock:
            self._filters = {key: one for key, one in self._filters.items() if key[0] != group}

    def take(self, group: str, events: Sequence[dict[str, Any]]) -> None:
        """Events that a group has accepted, with timestamp (ms) and message."""
        with self._lock:
            filters = [one for one in self._filters.values() if one.group == group]
        for one in filters:
            for event in events:
                at = event["timestamp"] / 1000
                matched = one.matches(event["message"])
                self._remember(one, int(at) // MINUTE * MINUTE, matched=matched)
                if matched:
                    self._count(one, event["message"], at)

    def _count(self, one: MetricFilter, message: str, at: float) -> None:
        try:
            event = json.loads(message)
        except ValueError:
            event = {}
        number = _number(one.becomes["metricValue"], event)
        dimensions = {name: conditions.value(event, where) for name, where in one.becomes.get("dimensions", {}).items()}
        if number is not None and None not in dimensions.values():
            pairs = tuple(sorted((name, _text(value)) for name, value in dimensions.items()))
            self._store.one(_metric(one, pairs), at, number, one.becomes.get("unit", "None"))

    def _remember(self, one: MetricFilter, minute: int, *, matched: bool) -> None:
        if "defaultValue" not in one.becomes:
            return
        with self._lock:
            if minute not in one.minutes:
                self._clock.at(minute + MINUTE, lambda: self._close(one, minute))
            one.minutes[minute] = one.minutes.get(minute, False) or matched

    def _close(self, one: MetricFilter, minute: int) -> None:
        with self._lock:
            matched = one.minutes.pop(minute)
        if not matched:
            value = float(one.becomes["defaultValue"])
            self._store.one(_metric(one, ()), minute, value, one.becomes.get("unit", "None"))


def _check(becomes: dict[str, Any]) -> None:
    value, dimensions = becomes["metricValue"], becomes.get("dimensions", {})
    try:
        for selector in [*dimensions.values(), *([value] if value.startswith("$") else [])]:
            conditions.value({}, selector)
        if not value.startswith("$"):
            float(value)
    except ValueError as error:
        raise invalid(f"Invalid metric transformation: {error}") from error
    if len(dimensions) > DIMENSIONS_LIMIT:
        raise invalid(f"a metric filter has at most {DIMENSIONS_LIMIT} dimensions")
    if dimensions and "defaultValue" in becomes:
        raise invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")


def _number(wanted: str, event: dict[str, Any]) -> float | None:
    if not wanted.startswith("$"):
        return float(wanted)
    found = conditions.value(event, wanted)
    try:
        return None if found is None or isinstance(found, bool) else float(found)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _metric(one: MetricFilter, dimensions: tuple[tuple[str, str], ...]) -> Metric:
    return Metric(one.becomes["metricNamespace"], one.becomes["metricName"], dimensions)


def _shown(one: MetricFilter) -> dict[str, Any]:
    return {
        "filterName": one.name, "filterPattern": one.pattern, "logGroupName": one.group, "creationTime": one.created,
        "metricTransformations": [one.becomes],
    }  # fmt: skip
