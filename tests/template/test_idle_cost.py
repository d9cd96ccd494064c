"""A month without calls is nearly free: no instance, fast schedule or crowd of metrics is added unseen."""

from typing import Any

import pytest

from benchmarks.idle_cost import TEMPLATE, lines
from fairlead_local.cloudformation import templates


@pytest.fixture
def template() -> dict[str, Any]:
    found: dict[str, Any] = templates.parse(TEMPLATE.read_text())
    return found


def dollars(template: dict[str, Any], **parameters: str) -> float:
    return sum(line.dollars for line in lines(template, **parameters))


def test_a_month_costs_four_dollars_at_most_and_ten_cents_more_where_candidates_are_released(
    template: dict[str, Any],
) -> None:
    assert dollars(template) <= 4
    assert dollars(template, ReleaseCandidates="canary-10-5m") == pytest.approx(dollars(template) + 0.1)
    found = {line.what: line for line in lines(template)}
    assert found["ticks of schedules, a second each"].dollars < 0.5
    assert found["metrics that alarms watch"].number >= 14


def test_the_lean_watch_costs_a_dollar_and_a_half_at_most(template: dict[str, Any]) -> None:
    assert dollars(template, Watch="lean") <= 1.5


def test_a_dashboard_is_drawn_and_paid_for_only_where_it_is_asked_for(template: dict[str, Any]) -> None:
    assert dollars(template, Dashboard="on") == pytest.approx(dollars(template) + 3)


def test_added_resources_are_counted(template: dict[str, Any]) -> None:
    before = dollars(template)
    template["Resources"]["More"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Any"}}
    clock = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minutes)"}}
    template["Resources"]["Often"] = {
        "Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 1024, "Events": {"Tick": clock}},
    }  # fmt: skip

    assert dollars(template) > before + 0.1 + 43_200 * 1.6e-5
