"""What callers met at each release, from CloudWatch's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead import traffic
from fairlead.traffic import Traffic


class Metrics:
    """A client with one paginator; remembers what it was asked for."""

    def __init__(self, *pages: dict[str, list[float]]) -> None:
        self.pages = pages
        self.asked: dict[str, Any] = {}

    def get_paginator(self, name: str) -> "Metrics":
        assert name == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked = asked
        return [
            {"MetricDataResults": [{"Id": name, "Values": values} for name, values in page.items()]}
            for page in self.pages
        ]


SINCE = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, 12, 2, 10, tzinfo=UTC)


def test_counts_are_totals_and_latencies_the_last_minutes() -> None:
    client = Metrics(
        {"requests_0": [90.0], "errors_0": [], "p50_0": [12.5, 11.0], "p99_0": [80.0, 70.0]},
        {"requests_0": [10.0], "requests_1": [5.0], "errors_1": [2.0]},
    )

    found = traffic.read(client, ["13", "14"], function="churn-predict", since=SINCE, until=UNTIL)

    assert found == {"13": Traffic(requests=100, p50=12.5, p99=80.0), "14": Traffic(requests=5, errors=2)}


def test_each_release_is_asked_for_by_its_own_dimension_in_whole_minutes() -> None:
    client = Metrics()

    traffic.read(client, ["13", "14"], function="churn-predict", since=SINCE, until=UNTIL)

    dimensions = {
        query["Id"]: query["MetricStat"]["Metric"]["Dimensions"][1] for query in client.asked["MetricDataQueries"]
    }
    assert dimensions["requests_0"] == {"Name": "release", "Value": "13"}
    assert dimensions["p99_1"] == {"Name": "release", "Value": "14"}
    assert client.asked["StartTime"] == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert client.asked["EndTime"] > UNTIL


def test_a_clock_behind_awss_hides_nothing_and_asks_for_no_time_that_ends_before_it_begins() -> None:
    """An operator's clock may be minutes behind the one that says when the deployment began."""
    client = Metrics({"requests_0": [90.0]})

    found = traffic.read(client, ["13"], function="churn-predict", since=SINCE, until=SINCE - timedelta(minutes=10))

    assert found["13"].requests == 90
    assert client.asked["StartTime"] < client.asked["EndTime"]


def test_calls_that_crashed_are_calls_and_errors() -> None:
    """A crash, or a call out of time, reports nothing itself; Lambda does."""
    client = Metrics({"requests_0": [90.0], "errors_0": [1.0], "crashes_0": [10.0]})

    found = traffic.read(client, ["14"], function="churn-predict", since=SINCE, until=UNTIL)

    assert found["14"] == Traffic(requests=100, errors=11)
    [crashes] = [query["MetricStat"] for query in client.asked["MetricDataQueries"] if query["Id"] == "crashes_0"]
    assert {one["Name"]: one["Value"] for one in crashes["Metric"]["Dimensions"]} == {
        "FunctionName": "churn-predict",
        "Resource": "churn-predict:live",
        "ExecutedVersion": "14",
    }
