"""The template's canary alarms, judged by CloudWatch's rules: what they see, and when they act."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.emulator.alarms import MINUTE, begin_minute, cloudwatch, namespace, state
from tests.template.stack import translate

Report = Callable[..., None]


@pytest.fixture(scope="module")
def watched(cloud: LocalCloud) -> Any:
    return cloudwatch(cloud)


@pytest.fixture(autouse=True)
def early(cloud: LocalCloud) -> None:
    begin_minute(cloud)


@pytest.fixture
def space() -> str:
    """A namespace in place of Fairlead's and Lambda's: clients may not write into AWS/Lambda."""
    return namespace()


@pytest.fixture
def report(cloud: LocalCloud, space: str) -> Report:
    """Reports what a minute of one release was like."""

    def minute(
        *,
        release: str = "1",
        calls: int = 0,
        handled: int = 0,
        crashed: int = 0,
        refused: int = 0,
        latency: float = 20.0,
    ) -> None:
        own = [{"Name": "service", "Value": "predict"}, {"Name": "release", "Value": release}]
        by_lambda = [
            {"Name": "FunctionName", "Value": "<PredictFunction>"},
            {"Name": "Resource", "Value": "<PredictFunction>:live"},
            {"Name": "ExecutedVersion", "Value": release},
        ]
        rows: list[tuple[str, list[dict[str, str]], float, int]] = [
            ("Requests", own, 1.0, calls - crashed),
            ("Latency", own, latency, calls - crashed - handled - refused),
            ("Errors5xx", own, 1.0, handled),
            ("Invocations", by_lambda, 1.0, calls),
            ("Errors", by_lambda, 1.0, crashed),
        ]
        data = [
            {
                "MetricName": name, "Dimensions": dimensions, "Timestamp": cloud.now(),
                "Values": [value], "Counts": [float(times)],
            }
            for name, dimensions, value, times in rows
            if times
        ]  # fmt: skip
        cloud.client("cloudwatch").put_metric_data(Namespace=space, MetricData=data)

    return minute


def put(watched: Any, space: str, name: str) -> str:
    """Create one of the template's alarms, watching release 1."""
    alarm = dict(translate().properties(name))
    for entry in alarm["Metrics"]:
        if "MetricStat" in entry:
            entry["MetricStat"]["Metric"]["Namespace"] = space
    alarm |= {"AlarmName": f"canary-{uuid.uuid4().hex[:12]}", "Threshold": float(alarm["Threshold"])}
    watched.put_metric_alarm(**alarm)
    return str(alarm["AlarmName"])


@pytest.fixture
def errors(watched: Any, space: str) -> str:
    return put(watched, space, "CanaryErrorsAlarm")


@pytest.fixture
def latency(watched: Any, space: str) -> str:
    return put(watched, space, "CanaryLatencyAlarm")


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        ({"calls": 100}, "OK"),
        ({"calls": 100, "handled": 5}, "OK"),
        ({"calls": 100, "handled": 6}, "ALARM"),
        ({"calls": 100, "crashed": 6}, "ALARM"),
        ({"calls": 100, "handled": 3, "crashed": 3}, "ALARM"),
        ({"calls": 9, "handled": 9}, "OK"),
        ({"calls": 10, "handled": 10}, "ALARM"),
        ({"calls": 1000, "refused": 990, "handled": 10}, "ALARM"),
        ({"calls": 1000, "refused": 991, "handled": 9}, "OK"),
        ({"calls": 1000, "refused": 1000}, "OK"),
        ({}, "OK"),
    ],
    ids=str,
)
def test_errors_are_a_share_of_enough_calls(
    cloud: LocalCloud, watched: Any, errors: str, report: Report, minute: dict[str, int], expected: str
) -> None:
    if minute:
        report(**minute)
    cloud.advance(MINUTE)

    assert state(watched, errors) == expected


def test_the_old_release_neither_dilutes_nor_blames_the_new_one(
    cloud: LocalCloud, watched: Any, errors: str, report: Report
) -> None:
    report(release="0", calls=1000, handled=900)
    report(release="1", calls=100)
    cloud.advance(MINUTE)
    assert state(watched, errors) == "OK"

    report(release="0", calls=1000)
    report(release="1", calls=100, handled=50)
    cloud.advance(MINUTE)
    assert state(watched, errors) == "ALARM"


def test_one_slow_minute_is_no_alarm_and_two_are(cloud: LocalCloud, watched: Any, latency: str, report: Report) -> None:
    report(calls=50, latency=3000.0)
    cloud.advance(MINUTE)
    assert state(watched, latency) == "OK"

    report(calls=50, latency=3000.0)
    cloud.advance(MINUTE)
    assert state(watched, latency) == "ALARM"


@pytest.mark.parametrize("refused", [0, 1000])
def test_a_few_slow_calls_are_no_alarm(
    cloud: LocalCloud, watched: Any, latency: str, report: Report, refused: int
) -> None:
    """Calls that were answered 4xx have no latency that judges, and do not make the few into many."""
    for _ in range(3):
        report(calls=9 + refused, refused=refused, latency=3000.0)
        cloud.advance(MINUTE)

    assert state(watched, latency) == "OK"
