"""Callers' experience of each release, from CloudWatch: requests, errors and latency by the dimension `release`.

Those metrics count only calls through the alias `live`; latency covers only 2xx answers (`telemetry.emit`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import ReleaseError

SERVICE = "predict"
ALIAS = "live"
PERIOD, HOUR = 60, 3600
WINDOW = 300
"""Seconds of the evaluation window of the alarms on live."""
MIN_CALLS = 10
"""A window with fewer calls is ignored."""
SKEW = timedelta(hours=1)
"""By how much the clock behind `until` may be slower than AWS's; a query into the future costs nothing."""

STATISTICS = {
    "requests": ("Requests", "Sum"),
    "errors": ("Errors5xx", "Sum"),
    "p50": ("Latency", "p50"),
    "p99": ("Latency", "p99"),
}


ALARM_FIGURES = {"answered": ("Latency", "SampleCount"), "errors": ("Errors5xx", "Sum")}


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """One release since a time: counts are totals; latencies are the last minute's in ms, None without calls.

    Calls that crashed or timed out count as requests and errors; they have no latency.
    """

    requests: int = 0
    errors: int = 0
    p50: float | None = None
    p99: float | None = None


class LiveTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """Calls to live, whatever release answered: counts are totals, crashes and timeouts among them.

    `latency_ms` is the 99th percentile of 2xx answers in the slowest hour, None without any.
    """

    requests: int
    errors: int
    latency_ms: float | None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """One release's own figures. `calls` leaves out those answered 4xx.

    `error_share` (0–1) and `latency_ms` (99th percentile of 2xx answers) are those of the worst five minutes; None if
    no five minutes had enough calls.
    """

    calls: int = 0
    error_share: float | None = None
    latency_ms: float | None = None


def namespace(stack: str) -> str:
    """Return the CloudWatch namespace of a stack's metrics, as the template sets it (`telemetry.emit`)."""
    return f"Fairlead/{stack}"


def read(
    client: Any, releases: Sequence[str], *, stack: str, function: str, since: datetime, until: datetime
) -> dict[str, Traffic]:
    """Return the traffic of each release of a function; `client` is a boto3 CloudWatch client. Raises ReleaseError.

    Figures are of whole minutes: the minute of `since` counts from its beginning.
    """
    found = _read(client, list(_queries(releases, stack, function)), since, until)
    values = {name: [value for _, value in points] for name, points in found.items()}
    return {release: _traffic(values, place) for place, release in enumerate(releases)}


def own(
    client: Any,
    release: str,
    *,
    stack: str,
    function: str,
    since: datetime,
    until: datetime,
    alone_since: datetime | None,
) -> Own:
    """Return a release's own figures over a time, to check an alarm against; raises ReleaseError.

    `alone_since` is when the release began to get all of live's calls, None if it does not. From then on, live's
    crashes are the release's: Lambda need not count by executed version while an alias names one version alone.
    """
    labels, own_metrics = _labels(release), namespace(stack)
    queries = [
        _query(name, own_metrics, metric, labels, statistic) for name, (metric, statistic) in ALARM_FIGURES.items()
    ]
    slowest = _query("p99", own_metrics, "Latency", labels, "p99", period=WINDOW)
    answers = _query("enough", own_metrics, "Latency", labels, "SampleCount", period=WINDOW)
    crashes = [_crashes("crashes", release, function), _crashes("crashes_of_live", None, function)]
    found = _read(client, [*queries, *crashes, slowest, answers], since, until)
    alone = [(at, count) for at, count in found.get("crashes_of_live", []) if alone_since and at >= alone_since]
    failed = _added(found.get("errors", []), list((dict(found.get("crashes", [])) | dict(alone)).items()))
    calls = _added(found.get("answered", []), list(failed.items()))
    enough = dict(found.get("enough", []))
    return Own(
        calls=int(sum(calls.values())),
        error_share=_worst_share(failed, calls),
        latency_ms=max((value for at, value in found.get("p99", []) if enough.get(at, 0) >= MIN_CALLS), default=None),
    )


def live(client: Any, *, stack: str, function: str, since: datetime, until: datetime) -> LiveTraffic:
    """Return the traffic of a stack's live alias, in whole hours from that of `since`; raises ReleaseError."""
    metrics = {name: STATISTICS[name] for name in ("requests", "errors", "p99")}
    labels, own_metrics = {"service": SERVICE}, namespace(stack)
    queries = [
        _query(name, own_metrics, metric, labels, statistic, period=HOUR)
        for name, (metric, statistic) in metrics.items()
    ]
    hours = _read(client, [*queries, _crashes("crashes", None, function, period=HOUR)], since.replace(minute=0), until)
    values = {name: [value for _, value in points] for name, points in hours.items()}
    crashes = int(sum(values.get("crashes", [])))
    return LiveTraffic(
        requests=int(sum(values.get("requests", []))) + crashes,
        errors=int(sum(values.get("errors", []))) + crashes,
        latency_ms=max(values.get("p99", []), default=None),
    )


def _worst_share(failed: dict[datetime, float], calls: dict[datetime, float]) -> float | None:
    """Return the largest failed share of any five minutes that begin with a call; None if all have too few calls."""
    shares = []
    for start in calls:
        inside = [at for at in calls if start <= at < start + timedelta(seconds=WINDOW)]
        calls_inside = sum(calls[at] for at in inside)
        if calls_inside >= MIN_CALLS:
            shares.append(sum(failed.get(at, 0.0) for at in inside) / calls_inside)
    return max(shares, default=None)


Points = list[tuple[datetime, float]]


def _added(*series: Points) -> dict[datetime, float]:
    total: dict[datetime, float] = {}
    for points in series:
        for at, value in points:
            total[at] = total.get(at, 0.0) + value
    return total


def _read(client: Any, queries: list[dict[str, Any]], since: datetime, until: datetime) -> dict[str, Points]:
    """Return each query's points, newest first; whole minutes, from the minute of `since`."""
    start = since.replace(second=0, microsecond=0)
    end = max(since, until) + SKEW
    values: dict[str, Points] = {}
    with clients.translated("read metrics (cloudwatch:GetMetricData)", otherwise=ReleaseError):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampDescending"
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                points = zip(result["Timestamps"], result["Values"], strict=True)
                values.setdefault(result["Id"], []).extend(points)
    return values


def _queries(releases: Sequence[str], stack: str, function: str) -> Iterator[dict[str, Any]]:
    for place, release in enumerate(releases):
        for figure, (metric, statistic) in STATISTICS.items():
            yield _query(f"{figure}_{place}", namespace(stack), metric, _labels(release), statistic)
        yield _crashes(f"crashes_{place}", release, function)


def _labels(release: str) -> dict[str, str]:
    return {"service": SERVICE, "release": release}


def _crashes(name: str, release: str | None, function: str, *, period: int = PERIOD) -> dict[str, Any]:
    """Return the query for crashes of a release, or of live: a crashed call emits no metric, but Lambda counts it."""
    by_lambda = {"FunctionName": function, "Resource": f"{function}:{ALIAS}"}
    by_lambda |= {"ExecutedVersion": release} if release else {}
    return _query(name, "AWS/Lambda", "Errors", by_lambda, "Sum", period=period)


def _query(
    name: str, namespace: str, metric: str, dimensions: dict[str, str], statistic: str, *, period: int = PERIOD
) -> dict[str, Any]:
    api_dimensions = [{"Name": dimension, "Value": value} for dimension, value in dimensions.items()]
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": api_dimensions}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": period, "Stat": statistic}}


def _traffic(values: dict[str, list[float]], place: int) -> Traffic:
    def found(figure: str) -> list[float]:
        return values.get(f"{figure}_{place}", [])

    crashes = int(sum(found("crashes")))
    return Traffic(
        requests=int(sum(found("requests"))) + crashes,
        errors=int(sum(found("errors"))) + crashes,
        p50=next(iter(found("p50")), None),
        p99=next(iter(found("p99")), None),
    )
