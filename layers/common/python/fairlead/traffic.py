"""What callers meet at each release, from CloudWatch: requests, errors and latency by the dimension `release`."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead import aws
from fairlead.errors import ReleaseError

NAMESPACE = "Fairlead"
SERVICE = "predict"
PERIOD = 60
STATISTICS = {
    "requests": ("Requests", "Sum"),
    "errors": ("Errors5xx", "Sum"),
    "p50": ("Latency", "p50"),
    "p99": ("Latency", "p99"),
}


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """One release since a time: counts are totals, the latencies in ms are the last minute's; None without calls."""

    requests: int = 0
    errors: int = 0
    p50: float | None = None
    p99: float | None = None


def read(client: Any, releases: Sequence[str], *, since: datetime, until: datetime) -> dict[str, Traffic]:
    """Return what callers met at each release, through a boto3 CloudWatch client; raises ReleaseError.

    Whole minutes: the one in which `since` falls counts from its beginning, the one in which `until` falls is in it.
    """
    start = since.replace(second=0, microsecond=0)
    end = until.replace(second=0, microsecond=0) + timedelta(seconds=PERIOD)
    with aws.translated("read metrics (cloudwatch:GetMetricData)", otherwise=ReleaseError):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=list(_queries(releases)), StartTime=start, EndTime=end, ScanBy="TimestampDescending"
        )
        values: dict[str, list[float]] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                values.setdefault(result["Id"], []).extend(result["Values"])
    return {release: _traffic(values, place) for place, release in enumerate(releases)}


def _queries(releases: Sequence[str]) -> Iterator[dict[str, Any]]:
    for place, release in enumerate(releases):
        dimensions = [{"Name": "service", "Value": SERVICE}, {"Name": "release", "Value": release}]
        for figure, (metric, statistic) in STATISTICS.items():
            named = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions}
            stat = {"Metric": named, "Period": PERIOD, "Stat": statistic}
            yield {"Id": f"{figure}_{place}", "MetricStat": stat}


def _traffic(values: dict[str, list[float]], place: int) -> Traffic:
    def found(figure: str) -> list[float]:
        return values.get(f"{figure}_{place}", [])

    return Traffic(
        requests=int(sum(found("requests"))),
        errors=int(sum(found("errors"))),
        p50=next(iter(found("p50")), None),
        p99=next(iter(found("p99")), None),
    )
