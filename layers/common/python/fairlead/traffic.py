"""What callers meet at each release, from CloudWatch: requests, errors and latency by the dimension `release`."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead import aws
from fairlead.errors import ReleaseError

NAMESPACE = "Fairlead"
SERVICE = "predict"
ALIAS = "live"
PERIOD = 60
SKEW = timedelta(hours=1)
"""By how much the clock that says `until` may be behind AWS's; a query into the future costs nothing."""

STATISTICS = {
    "requests": ("Requests", "Sum"),
    "errors": ("Errors5xx", "Sum"),
    "p50": ("Latency", "p50"),
    "p99": ("Latency", "p99"),
}


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """One release since a time: counts are totals, the latencies in ms are the last minute's; None without calls.

    Calls that crashed, or ran out of time, are requests and errors too; they have no latency.
    """

    requests: int = 0
    errors: int = 0
    p50: float | None = None
    p99: float | None = None


def read(
    client: Any, releases: Sequence[str], *, function: str, since: datetime, until: datetime
) -> dict[str, Traffic]:
    """Return what callers met at each release of a function, through a boto3 CloudWatch client; raises ReleaseError.

    Whole minutes: the one in which `since` falls counts from its beginning.
    """
    start = since.replace(second=0, microsecond=0)
    end = max(since, until) + SKEW
    with aws.translated("read metrics (cloudwatch:GetMetricData)", otherwise=ReleaseError):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=list(_queries(releases, function)),
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampDescending",
        )
        values: dict[str, list[float]] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                values.setdefault(result["Id"], []).extend(result["Values"])
    return {release: _traffic(values, place) for place, release in enumerate(releases)}


def _queries(releases: Sequence[str], function: str) -> Iterator[dict[str, Any]]:
    for place, release in enumerate(releases):
        own = {"service": SERVICE, "release": release}
        for figure, (metric, statistic) in STATISTICS.items():
            yield _query(f"{figure}_{place}", NAMESPACE, metric, own, statistic)
        # What crashes says nothing itself; Lambda counts it.
        by_lambda = {"FunctionName": function, "Resource": f"{function}:{ALIAS}", "ExecutedVersion": release}
        yield _query(f"crashes_{place}", "AWS/Lambda", "Errors", by_lambda, "Sum")


def _query(name: str, namespace: str, metric: str, dimensions: dict[str, str], statistic: str) -> dict[str, Any]:
    spelled = [{"Name": dimension, "Value": value} for dimension, value in dimensions.items()]
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": spelled}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": PERIOD, "Stat": statistic}}


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
