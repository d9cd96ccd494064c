"""The operations of metrics: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics."""

import math
from typing import Any

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.alarm_descriptions import paged
from fairlead_local.cloudwatch.metric_queries import Query, QueryResults, check_period, invalid, read
from fairlead_local.cloudwatch.metric_store import MINUTE, Metric, MetricStore
from fairlead_local.cloudwatch.series import Grid, Series
from fairlead_local.cloudwatch.statistics import Values, check_statistic, statistic
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler
from fairlead_local.times import epoch, moment

LISTED_SECONDS = {None: 14 * 86_400, "PT3H": 3 * 3_600}
PAST, FUTURE = 14 * 86_400, 2 * 3_600  # seconds before and after now; other data is refused
VALUES_LIMIT, DIMENSIONS_LIMIT, DATA_LIMIT, POINTS_LIMIT = 150, 30, 1_000, 1_440


class MetricOperations:
    """The handlers for metrics."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PutMetricData": self.put,
            "GetMetricData": self.get,
            "GetMetricStatistics": self.get_statistics,
            "ListMetrics": self.list_all,
        }

    def put(self, params: dict[str, Any]) -> None:
        """PutMetricData; everything is checked before anything is stored."""
        namespace, data = params["Namespace"], params.get("MetricData") or []
        if params.get("EntityMetricData"):
            raise ServiceError("NotImplemented", "the local cloud does not support EntityMetricData", status=501)
        if namespace.startswith("AWS/"):
            raise refused(f"The value {namespace} for parameter Namespace is invalid.")
        if len(data) > DATA_LIMIT:
            raise refused(f"The collection MetricData must not have a size greater than {DATA_LIMIT}.")
        for datum, values, at in [(datum, _values(datum), self._moment(datum)) for datum in data]:
            metric = Metric.of(namespace, datum["MetricName"], datum.get("Dimensions") or [])
            resolution = datum.get("StorageResolution") or MINUTE
            self._store.put(metric, at, values, unit=datum.get("Unit") or "None", resolution=resolution)

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetMetricData, in one page."""
        queries = read(params["MetricDataQueries"])
        start, end = _span(params)
        results = []
        for query in queries:
            if not query.returned:
                continue
            period = _period(query, queries)
            first = _aligned(start, period)
            queried = QueryResults(self._store, queries, Grid(first, period, -(-(end - first) // period)))
            results.append(_result(query, queried.series(query.id), params, end))
        return {"MetricDataResults": results, "Messages": []}

    def get_statistics(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetMetricStatistics: a data point per period and unit, in order of time."""
        metric = Metric.of(params["Namespace"], params["MetricName"], params.get("Dimensions") or [])
        simple, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
        if bool(simple) == bool(extended):
            message = "Exactly one of the parameters Statistics and ExtendedStatistics must be given."
            raise ServiceError("InvalidParameterCombination", message)
        for name in (*simple, *extended):
            check_statistic(name)
        check_period(params["Period"])
        start, end = _span(params)
        first = _aligned(start, params["Period"])
        grid = Grid(first, params["Period"], -(-(end - first) // params["Period"]))
        if grid.count > POINTS_LIMIT:
            raise ServiceError("InvalidParameterCombination", f"You have requested up to {grid.count} datapoints, "
                               f"which exceeds the limit of {POINTS_LIMIT}.")  # fmt: skip
        units = [params["Unit"]] if params.get("Unit") else self._store.units(metric)
        points = []
        for at in grid.times:
            for unit in units:
                values = self._store.values(metric, at, min(at + grid.period, end), unit)
                if values.count:
                    points.append({"Timestamp": moment(at), "Unit": unit, **_numbers(values, simple, extended)})
        return {"Label": metric.name, "Datapoints": points}

    def list_all(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListMetrics with data in the last two weeks, or three hours on request."""
        since = self._clock.now() - LISTED_SECONDS[params.get("RecentlyActive")]
        found = [metric.described() for metric in self._store.metrics(since=since) if _listed(metric, params)]
        page, token = paged(found, params, default=500)
        return {"Metrics": page, **token}

    def _moment(self, datum: dict[str, Any]) -> float:
        now = self._clock.now()
        at = epoch(datum.get("Timestamp"), now)
        if not now - PAST <= at <= now + FUTURE:
            raise refused(f"The parameter MetricData.member.Timestamp must specify a time within the past two weeks "
                          f"and the next two hours; it is {moment(at)}.")  # fmt: skip
        return at


def refused(message: str) -> ServiceError:
    """Return CloudWatch's error for an invalid value."""
    return ServiceError("InvalidParameterValue", message)


def _values(datum: dict[str, Any]) -> Values:
    if len(datum.get("Dimensions") or []) > DIMENSIONS_LIMIT:
        raise refused(f"The collection Dimensions must not have a size greater than {DIMENSIONS_LIMIT}.")
    found = Values()
    numbers = datum.get("Values") or []
    counts = datum.get("Counts") or [1.0] * len(numbers)
    if len(numbers) != len(counts) or len(numbers) > VALUES_LIMIT:
        raise refused(f"Values and Counts must have the same size, at most {VALUES_LIMIT}.")
    if datum.get("Value") is not None:
        numbers, counts = [*numbers, datum["Value"]], [*counts, 1.0]
    given = datum.get("StatisticValues")
    if not numbers and not given:
        message = "At least one of the parameters Value, Values and StatisticValues must be given."
        raise ServiceError("MissingParameter", message)
    if not all(math.isfinite(number) for number in (*numbers, *counts, *(given or {}).values())):
        raise refused("A value must be a number that is neither NaN nor infinite.")
    for number, count in zip(numbers, counts, strict=True):
        found.add(float(number), float(count))
    if given:
        found.add_set(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"])
    return found


def _span(params: dict[str, Any]) -> tuple[int, int]:
    start, end = epoch(params["StartTime"], 0.0), epoch(params["EndTime"], 0.0)
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    return int(start), math.ceil(end)


def _aligned(start: int, period: int) -> int:
    """Round down to the minute, or to the period if it is shorter."""
    step = min(period, MINUTE)
    return start // step * step


def _period(query: Query, queries: list[Query]) -> int:
    periods = [query.period] if query.period else [other.source.period for other in queries if other.source]
    return min((period for period in periods if period), default=MINUTE)


def _result(query: Query, series: Series, params: dict[str, Any], end: int) -> dict[str, Any]:
    times = sorted((at for at in series.points if at < end), reverse=params.get("ScanBy") != "TimestampAscending")
    return {
        "Id": query.id,
        "Label": query.label,
        "Timestamps": [moment(at) for at in times],
        "Values": [series.points[at] for at in times],
        "StatusCode": "Complete",
    }


def _numbers(values: Values, simple: list[str], extended: list[str]) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: statistic(values, name) for name in simple}
    percentiles = {name: number for name in extended if (number := statistic(values, name)) is not None}
    return numbers | ({"ExtendedStatistics": percentiles} if percentiles else {})


def _listed(metric: Metric, params: dict[str, Any]) -> bool:
    dimensions = dict(metric.dimensions)
    return (
        params.get("Namespace") in (None, metric.namespace)
        and params.get("MetricName") in (None, metric.name)
        and all(
            wanted["Name"] in dimensions and wanted.get("Value") in (None, dimensions[wanted["Name"]])
            for wanted in params.get("Dimensions") or []
        )
    )
