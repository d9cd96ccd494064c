"""The template's alarm `monitor-silent`, by CloudWatch's rules: OK only if a run of the monitor was completed."""

import uuid
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.emulator.alarms import cloudwatch, report, state
from tests.template.stack import translate

TICK = 300
WINDOW = 2 * 900
"""Seconds that the alarm looks back."""


@pytest.mark.parametrize(
    ("runs", "failures", "expected"),
    [(1, 0, "OK"), (1, 1, "ALARM"), (0, 0, "ALARM")],
    ids=["completes", "always fails", "does not run"],
)
def test_without_a_completed_run_it_is_in_alarm(cloud: LocalCloud, runs: int, failures: int, expected: str) -> None:
    watched, space = cloudwatch(cloud), f"Test/{uuid.uuid4().hex[:12]}"  # clients may not write into AWS/Lambda
    name = _put(watched, space)
    for _ in range(WINDOW // TICK + 6):
        cloud.advance(TICK)
        if runs:
            report(cloud, space, float(runs), "Invocations")
            report(cloud, space, float(failures), "Errors")
    cloud.advance(60)
    assert state(watched, name) == expected


def _put(watched: Any, space: str) -> str:
    alarm = dict(translate().properties("MonitorSilentAlarm"))
    for entry in alarm["Metrics"]:
        if "MetricStat" in entry:
            entry["MetricStat"]["Metric"] |= {"Namespace": space, "Dimensions": []}
    alarm |= {"AlarmName": f"silent-{uuid.uuid4().hex[:12]}", "Threshold": float(alarm["Threshold"])}
    watched.put_metric_alarm(**alarm)
    return str(alarm["AlarmName"])
