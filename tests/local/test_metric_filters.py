"""Metric filters: log events become data points."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.local.conforming import conforming
from tests.local.support import refusal


@dataclass(frozen=True)
class Counted:
    """A log group whose name is also the namespace of what is counted in it."""

    cloud: LocalCloud
    logs: Any
    name: str

    def put(self, pattern: str = '{ $.event = "failed" }', name: str = "mine", **becomes: Any) -> None:
        wanted = {"metricName": "Failures", "metricNamespace": self.name, "metricValue": "1"} | becomes
        self.logs.put_metric_filter(
            logGroupName=self.name, filterName=name, filterPattern=pattern, metricTransformations=[wanted]
        )

    def say(self, *messages: Any) -> None:
        events = [{"timestamp": round(self.cloud.now() * 1000), "message": json.dumps(one)} for one in messages]
        self.logs.put_log_events(logGroupName=self.name, logStreamName="one", logEvents=events)

    def points(self, **dimensions: str) -> list[dict[str, Any]]:
        """Of all minutes, the newest last."""
        found: list[dict[str, Any]] = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace=self.name, MetricName="Failures", StartTime=self.cloud.now() - 7200,
            EndTime=self.cloud.now() + 60, Period=60, Statistics=["Sum", "SampleCount"],
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return sorted(found, key=lambda point: point["Timestamp"])


@pytest.fixture
def counted(cloud: LocalCloud, new_name: str) -> Counted:
    logs = conforming(cloud.client("logs"))
    logs.create_log_group(logGroupName=new_name)
    logs.create_log_stream(logGroupName=new_name, logStreamName="one")
    return Counted(cloud, logs, new_name)


def test_what_matches_is_counted(counted: Counted) -> None:
    counted.put()
    counted.say({"event": "failed"}, {"event": "done"}, {"event": "failed"})

    assert sum(point["Sum"] for point in counted.points()) == 2


def test_a_property_can_be_the_value_and_others_the_dimensions(counted: Counted) -> None:
    counted.put("", metricValue="$.rows", dimensions={"model": "$.about.model", "version": "$.about.version"})
    counted.say(
        {"rows": 5, "about": {"model": "penguins", "version": 7}},
        {"rows": 6, "about": {"model": "penguins", "version": 7}},
        {"rows": 7, "about": {"model": "penguins"}},
        {"about": {"model": "penguins", "version": 7}},
        {"rows": "many", "about": {"model": "penguins", "version": 7}},
    )

    assert sum(point["Sum"] for point in counted.points(model="penguins", version="7")) == 11
    assert counted.points(model="penguins") == counted.points() == []


def test_the_default_counts_once_for_a_minute_with_events_and_no_match(counted: Counted) -> None:
    counted.put(defaultValue=0)
    counted.cloud.advance(60 - counted.cloud.now() % 60)
    counted.say({"event": "done"}, {"event": "done"})
    counted.cloud.advance(60)
    counted.say({"event": "done"}, {"event": "failed"})
    counted.cloud.advance(180)

    assert [(point["Sum"], point["SampleCount"]) for point in counted.points()] == [(0, 1), (1, 1)]


def test_filters_can_be_shown_replaced_and_deleted(counted: Counted) -> None:
    counted.put()
    counted.put("failed")

    (shown,) = counted.logs.describe_metric_filters(logGroupName=counted.name)["metricFilters"]
    assert (shown["filterName"], shown["filterPattern"]) == ("mine", "failed")
    counted.logs.delete_metric_filter(logGroupName=counted.name, filterName="mine")
    counted.say({"event": "failed"})
    assert counted.points() == []
    with pytest.raises(counted.logs.exceptions.ResourceNotFoundException):
        counted.logs.delete_metric_filter(logGroupName=counted.name, filterName="mine")


def test_filters_end_with_their_group(counted: Counted) -> None:
    counted.put()
    counted.logs.delete_log_group(logGroupName=counted.name)

    assert counted.logs.describe_metric_filters(logGroupName=counted.name)["metricFilters"] == []


@pytest.mark.parametrize(
    "becomes",
    [
        {"metricValue": "one"},
        {"metricValue": "$.rows[*]"},
        {"dimensions": {"model": "model"}},
        {"dimensions": {name: f"$.{name}" for name in "abcd"}},
        {"dimensions": {"model": "$.model"}, "defaultValue": 0.0},
    ],
)
def test_what_aws_refuses_is_refused(counted: Counted, becomes: dict[str, Any]) -> None:
    wanted = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"} | becomes
    logs = counted.cloud.client("logs")
    refused = refusal(
        logs.put_metric_filter, "PutMetricFilter", logs, logGroupName=counted.name, filterName="x", filterPattern="",
        metricTransformations=[wanted],
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterException"


def test_what_does_not_exist_here_is_refused_by_name(counted: Counted) -> None:
    with pytest.raises(ClientError, match="no filters with applyOnTransformedLogs"):
        counted.logs.put_metric_filter(
            logGroupName=counted.name, filterName="x", filterPattern="", applyOnTransformedLogs=True,
            metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
        )  # fmt: skip
