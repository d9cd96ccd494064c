"""Each release's errors and latency, read from CloudWatch's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.releases import metrics
from fairlead.releases.metrics import Own, Traffic

SINCE = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, 12, 2, 10, tzinfo=UTC)


class Metrics:
    """A client with one paginator, which has a value for each minute; remembers what it was asked for."""

    def __init__(self, *pages: dict[str, list[float]]) -> None:
        self.pages = pages
        self.sent: dict[str, Any] = {}

    def get_paginator(self, name: str) -> "Metrics":
        assert name == "get_metric_data"
        return self

    def paginate(self, **sent: Any) -> list[dict[str, Any]]:
        self.sent = sent
        return [
            {
                "MetricDataResults": [
                    {
                        "Id": name,
                        "Values": values,
                        "Timestamps": [SINCE + timedelta(minutes=minute) for minute in range(len(values))],
                    }
                    for name, values in page.items()
                ]
            }
            for page in self.pages
        ]


def test_counts_are_totals_and_latencies_the_last_minutes() -> None:
    client = Metrics(
        {"requests_0": [90.0], "errors_0": [], "p50_0": [12.5, 11.0], "p99_0": [80.0, 70.0]},
        {"requests_0": [10.0], "requests_1": [5.0], "errors_1": [2.0]},
    )

    found = metrics.read(client, ["13", "14"], stack="churn", function="churn-predict", since=SINCE, until=UNTIL)

    assert found == {"13": Traffic(requests=100, p50=12.5, p99=80.0), "14": Traffic(requests=5, errors=2)}


def test_each_release_is_asked_for_by_its_own_dimension_in_whole_minutes() -> None:
    client = Metrics()

    metrics.read(client, ["13", "14"], stack="churn", function="churn-predict", since=SINCE, until=UNTIL)

    dimensions = {
        query["Id"]: query["MetricStat"]["Metric"]["Dimensions"][1] for query in client.sent["MetricDataQueries"]
    }
    assert dimensions["requests_0"] == {"Name": "release", "Value": "13"}
    assert dimensions["p99_1"] == {"Name": "release", "Value": "14"}
    assert client.sent["StartTime"] == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert client.sent["EndTime"] > UNTIL


def test_a_clock_behind_awss_hides_nothing_and_asks_for_no_time_that_ends_before_it_begins() -> None:
    """An operator's clock may be minutes behind the one that says when the deployment began."""
    client = Metrics({"requests_0": [90.0]})

    found = metrics.read(
        client, ["13"], stack="churn", function="churn-predict", since=SINCE, until=SINCE - timedelta(minutes=10)
    )

    assert found["13"].requests == 90
    assert client.sent["StartTime"] < client.sent["EndTime"]


def test_calls_that_crashed_are_calls_and_errors() -> None:
    """A call that crashes or times out writes no metric itself; Lambda counts it."""
    client = Metrics({"requests_0": [90.0], "errors_0": [1.0], "crashes_0": [10.0]})

    found = metrics.read(client, ["14"], stack="churn", function="churn-predict", since=SINCE, until=UNTIL)

    assert found["14"] == Traffic(requests=100, errors=11)
    [crashes] = [query["MetricStat"] for query in client.sent["MetricDataQueries"] if query["Id"] == "crashes_0"]
    assert {one["Name"]: one["Value"] for one in crashes["Metric"]["Dimensions"]} == {
        "FunctionName": "churn-predict",
        "Resource": "churn-predict:live",
        "ExecutedVersion": "14",
    }


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, Own()),
        ({"answered": [100.0]}, Own(calls=100, error_share=0.0)),
        ({"answered": [90.0], "errors": [5.0], "crashes": [5.0]}, Own(calls=100, error_share=0.1)),
        ({"errors": [12.0]}, Own(calls=12, error_share=1.0)),
        # Ten good minutes do not dilute the five bad ones after them.
        ({"answered": [100.0] * 15, "errors": [100.0] * 5 + [0.0] * 10}, Own(calls=2_000, error_share=0.5)),
        # Five minutes with too few calls do not count, also if there are many hours of them.
        ({"answered": [1.0] * 15, "errors": [0.0] * 14 + [1.0]}, Own(calls=16)),
        (
            {"answered": [50.0], "enough": [50.0, 9.0], "p99": [40.0, 900.0]},
            Own(calls=50, error_share=0.0, latency_ms=40.0),
        ),
    ],
    ids=str,
)
def test_a_release_s_own_figures_are_those_of_the_worst_five_minutes(
    figures: dict[str, list[float]], expected: Own
) -> None:
    found = metrics.own(
        Metrics(figures), "14", stack="churn", function="churn-predict", since=SINCE, until=UNTIL, alone_since=SINCE
    )
    assert found == expected


@pytest.mark.parametrize(
    ("crashes", "alone_since", "expected"),
    [
        # Lambda counts by executed version only while the alias has weights, or always.
        ([], SINCE, 0.25),
        ([10.0], SINCE, 0.25),
        # While live has two releases, its crashes may be those of the other one.
        ([], SINCE + timedelta(minutes=1), 0.0),
        ([2.0], None, 0.0625),
    ],
)
def test_live_s_crashes_are_those_of_a_release_while_it_is_alone(
    crashes: list[float], alone_since: datetime | None, expected: float
) -> None:
    client = Metrics({"answered": [30.0], "crashes": crashes, "crashes_of_live": [10.0]})
    found = metrics.own(
        client, "14", stack="churn", function="churn-predict", since=SINCE, until=UNTIL, alone_since=alone_since
    )
    assert found.error_share == expected


def test_own_figures_are_asked_for_by_the_release_alone() -> None:
    client = Metrics()
    metrics.own(client, "14", stack="churn", function="churn-predict", since=SINCE, until=UNTIL, alone_since=None)
    sent = {
        query["Id"]: (query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"])
        for query in client.sent["MetricDataQueries"]
    }
    assert sent == {
        "answered": ("Latency", "SampleCount"),
        "errors": ("Errors5xx", "Sum"),
        "crashes": ("Errors", "Sum"),
        "crashes_of_live": ("Errors", "Sum"),
        "p99": ("Latency", "p99"),
        "enough": ("Latency", "SampleCount"),
    }
    own = [query["MetricStat"]["Metric"]["Dimensions"] for query in client.sent["MetricDataQueries"]]
    named = {frozenset(one["Value"] for one in dimensions) for dimensions in own}
    assert {names for names in named if "14" not in names} == {frozenset({"churn-predict", "churn-predict:live"})}
