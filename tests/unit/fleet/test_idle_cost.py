"""The cost of an idle stack is counted from the resources that the template deploys."""

import re
from datetime import UTC, datetime
from pathlib import Path

from fairlead.aws.cloudwatch_alarms import AlarmState
from fairlead.fleet.idle_cost import SCHEDULES, idle_dollars
from fairlead_local.cloudformation import templates

TEMPLATE = templates.parse((Path(__file__).parents[3] / "template.yaml").read_text())


def alarm(**configuration: object) -> AlarmState:
    return AlarmState(
        name="a", arn="", state="OK", reason="", since=datetime.now(UTC), actions=(), enabled=True,
        configuration=configuration,
    )  # fmt: skip


def test_schedules_are_the_template_s() -> None:
    found = {}
    for name, one in TEMPLATE["Resources"].items():
        for event in one.get("Properties", {}).get("Events", {}).values() if "Serverless::F" in one["Type"] else ():
            if rate := re.fullmatch(r"rate\((\d+) minutes\)", str(event["Properties"].get("Schedule"))):
                found[name] = (int(rate[1]), one["Properties"]["MemorySize"])
    assert found == {name: (one.minutes, one.memory) for name, one in SCHEDULES.items()}


def test_metrics_of_expressions_count_one_each_and_a_composite_alarm_has_a_price_of_its_own() -> None:
    metric = {"id": "a", "metricStat": {}}
    ticks = idle_dollars([], dashboard=False)
    assert 0.25 < ticks < 0.4
    assert round(idle_dollars([alarm(metrics=[metric])], dashboard=False) - ticks, 6) == 0.10
    both = alarm(metrics=[metric, metric, {"id": "e", "expression": "a / b"}])
    assert round(idle_dollars([both], dashboard=False) - ticks, 6) == 0.20
    assert round(idle_dollars([alarm(alarmRule="ALARM(a)")], dashboard=False) - ticks, 6) == 0.50
    assert round(idle_dollars([], dashboard=True) - ticks, 6) == 3.00
