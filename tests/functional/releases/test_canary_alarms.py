"""The canary alarms, pointed at one release after the other, on moto's CloudWatch."""

from typing import Any

import pytest

from fairlead.errors import ReleaseError
from fairlead.releases.canary_alarms import CanaryAlarms
from tests.functional.canary_alarms import ERRORS, LATENCY, make
from tests.functional.session import connect


@pytest.fixture
def client() -> Any:
    made = connect("cloudwatch")
    make(made)
    return made


def described(client: Any) -> dict[str, Any]:
    return {facts["AlarmName"]: facts for facts in client.describe_alarms()["MetricAlarms"]}


def test_pointing_replaces_the_release_and_nothing_else(client: Any) -> None:
    before = described(client)

    CanaryAlarms(client, [ERRORS, LATENCY]).point("14")

    after = described(client)
    for name, facts in after.items():
        for field in ("Threshold", "ComparisonOperator", "EvaluationPeriods", "TreatMissingData"):
            assert facts[field] == before[name][field]
    handled, crashed = (query["MetricStat"]["Metric"] for query in after[ERRORS]["Metrics"][:2])
    assert handled["Dimensions"] == [{"Name": "service", "Value": "predict"}, {"Name": "release", "Value": "14"}]
    assert {"Name": "ExecutedVersion", "Value": "14"} in crashed["Dimensions"]
    assert {"Name": "Resource", "Value": "fairlead-predict:live"} in crashed["Dimensions"]
    assert after[ERRORS]["Metrics"][-1]["Expression"] == before[ERRORS]["Metrics"][-1]["Expression"]
    assert after[LATENCY]["Dimensions"] == [
        {"Name": "service", "Value": "predict"},
        {"Name": "release", "Value": "14"},
    ]
    assert after[LATENCY]["ExtendedStatistic"] == "p99"


def test_the_new_release_begins_with_alarms_that_are_reset(client: Any) -> None:
    client.set_alarm_state(AlarmName=ERRORS, StateValue="ALARM", StateReason="release 13 fails")
    alarms = CanaryAlarms(client, [ERRORS, LATENCY])
    assert (alarms.read()[0].state, alarms.read()[0].release) == ("ALARM", "1")

    alarms.point("14")

    errors, latency = alarms.read()
    assert (errors.name, errors.state, errors.release) == (ERRORS, "INSUFFICIENT_DATA", "14")
    assert errors.reason == "now watches release 14"
    assert (latency.state, latency.release) == ("INSUFFICIENT_DATA", "14")


def test_a_deleted_canary_alarm_is_named(client: Any) -> None:
    client.delete_alarms(AlarmNames=[LATENCY])

    with pytest.raises(ReleaseError, match=f"alarm {LATENCY} does not exist"):
        CanaryAlarms(client, [ERRORS, LATENCY]).point("14")
