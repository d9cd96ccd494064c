"""What callers met at each release, from CloudWatch's answers."""

from datetime import UTC, datetime
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

    found = traffic.read(client, ["13", "14"], since=SINCE, until=UNTIL)

    assert found == {"13": Traffic(requests=100, p50=12.5, p99=80.0), "14": Traffic(requests=5, errors=2)}


def test_each_release_is_asked_for_by_its_own_dimension_in_whole_minutes() -> None:
    client = Metrics()

    traffic.read(client, ["13", "14"], since=SINCE, until=UNTIL)

    dimensions = {
        query["Id"]: query["MetricStat"]["Metric"]["Dimensions"][1] for query in client.asked["MetricDataQueries"]
    }
    assert dimensions["requests_0"] == {"Name": "release", "Value": "13"}
    assert dimensions["p99_1"] == {"Name": "release", "Value": "14"}
    assert client.asked["StartTime"] == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert client.asked["EndTime"] == datetime(2026, 11, 23, 12, 3, tzinfo=UTC)
