"""Alarms: from data points to a state, on the cloud's clock."""

import json
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.emulator.alarms import MINUTE, history, metric, put, report, shown, state
from tests.local.support import archive, settled, update

pytestmark = pytest.mark.usefixtures("minute")
FAILS = archive(app="def handler(event, context):\n    if event['fail']:\n        raise ValueError('asked')\n")


@pytest.fixture
def alarm(watched: Any, space: str) -> str:
    """An alarm on the sum of Errors over 5 in one minute."""
    return put(watched, space)


def test_alarm_starts_with_insufficient_data_and_follows_its_metric(
    cloud: LocalCloud, watched: Any, space: str, alarm: str
) -> None:
    assert shown(watched, alarm)["StateReason"] == "Unchecked: Initial alarm creation"

    report(cloud, space, 3)
    cloud.advance(MINUTE)
    assert state(watched, alarm) == "OK"
    report(cloud, space, 4)
    report(cloud, space, 4)
    cloud.advance(MINUTE)

    found = shown(watched, alarm)
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [8.0 (")
    assert found["StateReason"].endswith(
        "was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = json.loads(found["StateReasonData"])
    assert (data["statistic"], data["period"], data["recentDatapoints"]) == ("Sum", 60, [8.0])
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 2
    assert history(watched, alarm, "StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "empty", "late"),
    [
        ("missing", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"),
        ("ignore", "INSUFFICIENT_DATA", "ALARM"),
        ("breaching", "ALARM", "ALARM"),
        ("notBreaching", "OK", "OK"),
    ],
)
def test_missing_data_is_treated_by_the_alarms_setting(
    cloud: LocalCloud, watched: Any, space: str, missing: str, empty: str, late: str
) -> None:
    """Without any data, after a breach, while the breach is in the evaluation range, and when it has left it."""
    name = put(watched, space, TreatMissingData=missing)
    cloud.advance(MINUTE)
    assert state(watched, name) == empty

    report(cloud, space, 9)
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"
    cloud.advance(2 * MINUTE)
    assert state(watched, name) == "ALARM", "one point of one is there, two periods back"
    cloud.advance(MINUTE)
    assert state(watched, name) == late


def test_alarm_on_metric_math_watches_the_share_of_failures(cloud: LocalCloud, watched: Any, space: str) -> None:
    share = {"Id": "share", "Expression": "IF(FILL(calls, 0) >= 10, FILL(failed, 0) / calls, 0)"}
    metrics = [share, metric(space, "Calls", "calls"), metric(space, "Failed", "failed")]
    name = put(watched, space, Metrics=metrics, Threshold=0.05)

    cloud.advance(MINUTE)
    assert state(watched, name) == "OK", "no calls at all: 0 by FILL, not missing"
    report(cloud, space, 9, "Calls")
    report(cloud, space, 9, "Failed")
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK", "too few to tell"
    report(cloud, space, 100, "Calls")
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK"
    report(cloud, space, 100, "Calls")
    report(cloud, space, 6, "Failed")
    cloud.advance(MINUTE)

    found = shown(watched, name)
    assert found["StateValue"] == "ALARM"
    assert "[0.06 (" in found["StateReason"]


def test_canary_alarm_counts_errors_of_its_release_only(
    cloud: LocalCloud, functions: Any, watched: Any, space: str, name: str
) -> None:
    """The template's expression over what Lambda itself reports; the alias is shared, the release is not."""
    update(functions, name, Description="a release")
    functions.update_function_code(FunctionName=name, ZipFile=FAILS)
    settled(functions, name)
    functions.publish_version(FunctionName=name)
    settled(functions, name, qualifier="1")
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def canary(release: str) -> str:
        dimensions = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": release}
        listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        queries = [metric("AWS/Lambda", "Errors", "crashed"), metric("AWS/Lambda", "Invocations", "calls")]
        for query in queries:
            query["MetricStat"]["Metric"]["Dimensions"] = listed
        share = "IF(FILL(calls, 0) >= 10, (FILL(handled, 0) + FILL(crashed, 0)) / calls, 0)"
        entries = [{"Id": "share", "Expression": share}, metric(space, "Errors5xx", "handled"), *queries]
        return put(watched, space, Metrics=entries, Threshold=0.05, TreatMissingData="notBreaching")

    one, two = canary("1"), canary("2")
    for number in range(12):
        payload = json.dumps({"fail": number % 4 == 0}).encode()
        functions.invoke(FunctionName=name, Qualifier="live", Payload=payload)
    cloud.advance(MINUTE)

    assert (state(watched, one), state(watched, two)) == ("ALARM", "OK")
    assert "[0.25 (" in shown(watched, one)["StateReason"]


def test_an_alarm_on_a_percentile(cloud: LocalCloud, watched: Any, space: str) -> None:
    name = put(watched, space, MetricName="Latency", ExtendedStatistic="p99", Threshold=1000.0)
    numbers = {"MetricName": "Latency", "Values": [10.0, 5000.0], "Counts": [990.0, 10.0], "Timestamp": cloud.now()}
    watched.put_metric_data(Namespace=space, MetricData=[numbers])
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK"

    watched.put_metric_data(
        Namespace=space, MetricData=[{**numbers, "Counts": [989.0, 11.0], "Timestamp": cloud.now()}]
    )
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"


def test_update_of_an_alarm_keeps_its_state(cloud: LocalCloud, watched: Any, space: str, alarm: str) -> None:
    report(cloud, space, 9)
    cloud.advance(MINUTE)
    before = shown(watched, alarm)

    watched.put_metric_alarm(
        AlarmName=alarm, Namespace=space, MetricName="Other", Statistic="Average", Period=300, EvaluationPeriods=2,
        Threshold=1.0, ComparisonOperator="LessThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    after = shown(watched, alarm)

    assert before["StateValue"] == after["StateValue"] == "ALARM"
    assert before["StateUpdatedTimestamp"] == after["StateUpdatedTimestamp"]
    assert (after["MetricName"], after["TreatMissingData"]) == ("Other", "ignore")
    assert history(watched, alarm, "ConfigurationUpdate") == [f'Alarm "{alarm}" created', f'Alarm "{alarm}" updated']


def test_alarm_moved_to_another_release_ignores_the_old_releases_errors(
    cloud: LocalCloud, watched: Any, space: str
) -> None:
    """A release redefines the canary's alarms, which then have no state until there is data."""
    one = {"Dimensions": [{"Name": "release", "Value": "1"}], "TreatMissingData": "notBreaching"}
    name = put(watched, space, **one)
    data = {"MetricName": "Errors", "Value": 9.0, "Timestamp": cloud.now(), "Dimensions": one["Dimensions"]}
    watched.put_metric_data(Namespace=space, MetricData=[data])
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"

    settings = {
        key: value
        for key, value in shown(watched, name).items()
        if key in watched.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    }
    watched.put_metric_alarm(**{**settings, "Dimensions": [{"Name": "release", "Value": "2"}]})
    watched.set_alarm_state(AlarmName=name, StateValue="INSUFFICIENT_DATA", StateReason="now watches release 2")
    assert shown(watched, name)["StateReason"] == "now watches release 2"
    cloud.advance(MINUTE)

    assert state(watched, name) == "OK"


def test_alarm_over_days_is_evaluated_hourly_and_others_each_minute(
    cloud: LocalCloud, watched: Any, space: str
) -> None:
    """Five minutes' alarm sees the last five at any minute; two days' only on the hour."""
    five = put(watched, space, Period=300)
    days = put(watched, space, Period=3600, EvaluationPeriods=48, DatapointsToAlarm=1, TreatMissingData="notBreaching")
    cloud.advance(3600 - cloud.now() % 3600 + 60 * 7)
    report(cloud, space, 9)
    cloud.advance(MINUTE)
    assert (state(watched, five), state(watched, days)) == ("ALARM", "OK")
    cloud.advance(3600)
    assert state(watched, days) == "ALARM"


def test_high_resolution_alarm_is_evaluated_every_ten_seconds(cloud: LocalCloud, watched: Any, space: str) -> None:
    name = put(watched, space, Period=10)
    cloud.advance(60 - cloud.now() % 60 + 2)
    data = {"MetricName": "Errors", "Value": 9.0, "Timestamp": cloud.now(), "StorageResolution": 1}
    watched.put_metric_data(Namespace=space, MetricData=[data])
    cloud.advance(10)
    assert state(watched, name) == "ALARM"


def test_percentile_alarm_with_few_samples_keeps_its_state_on_ignore(
    cloud: LocalCloud, watched: Any, space: str
) -> None:
    settings = {"MetricName": "Latency", "ExtendedStatistic": "p99", "Threshold": 1000.0}
    heeding = put(watched, space, **settings, EvaluateLowSampleCountPercentile="ignore")
    rash = put(watched, space, **settings)
    for _ in range(2):
        report(cloud, space, 5000.0, "Latency")
    cloud.advance(MINUTE)

    assert (state(watched, heeding), state(watched, rash)) == ("INSUFFICIENT_DATA", "ALARM")
