"""CodeDeploy's application, group and strategies, and the alarms that roll a deployment back."""

import re
from typing import Any

import pytest

from tests.template.stack import ROOT, Stack, translate

STRATEGIES = {
    "all-at-once": "CodeDeployDefault.LambdaAllAtOnce",
    "canary-10-5m": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    "canary-10-10m": "CodeDeployDefault.LambdaCanary10Percent10Minutes",
    "canary-10-15m": "CodeDeployDefault.LambdaCanary10Percent15Minutes",
    "canary-10-30m": "CodeDeployDefault.LambdaCanary10Percent30Minutes",
    "linear-10-1m": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    "linear-10-2m": "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes",
    "linear-10-3m": "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes",
    "linear-10-10m": "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
    "custom": "<CustomStrategy>",
}
OF_RELEASES = ("CanaryErrorsAlarm", "CanaryLatencyAlarm", "RecordLostAlarm")
RELEASE = [{"Name": "service", "Value": "predict"}, {"Name": "release", "Value": "1"}]
VERSION = [
    {"Name": "FunctionName", "Value": "<PredictFunction>"},
    {"Name": "Resource", "Value": "<PredictFunction>:live"},
    {"Name": "ExecutedVersion", "Value": "1"},
]


@pytest.fixture
def stack() -> Stack:
    return translate()


def metric(alarm: dict[str, Any], name: str) -> tuple[str, str, list[dict[str, str]], int, str]:
    """Return a metric of an alarm's expression: namespace, name, dimensions, period, statistic."""
    [found] = [entry for entry in alarm["Metrics"] if entry["Id"] == name]
    assert found["ReturnData"] is False
    stat, where = found["MetricStat"], found["MetricStat"]["Metric"]
    return where["Namespace"], where["MetricName"], where["Dimensions"], stat["Period"], stat["Stat"]


def test_the_application_and_group_are_for_lambda(stack: Stack) -> None:
    group = stack.properties("DeploymentGroup")

    assert stack.properties("DeploymentApplication") == {"ApplicationName": "fairlead", "ComputePlatform": "Lambda"}
    assert (group["ApplicationName"], group["DeploymentGroupName"]) == ("<DeploymentApplication>", "fairlead-live")
    assert group["DeploymentStyle"] == {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"}


def test_failures_and_alarms_roll_back_and_a_person_s_stop_does_not(stack: Stack) -> None:
    """`fairlead rollback` stops a deployment and moves live itself; a rollback of CodeDeploy's would race with it."""
    assert stack.properties("DeploymentGroup")["AutoRollbackConfiguration"] == {
        "Enabled": True,
        "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
    }


def test_both_canary_alarms_stop_a_deployment_and_so_does_not_knowing_them(stack: Stack) -> None:
    assert stack.properties("DeploymentGroup")["AlarmConfiguration"] == {
        "Enabled": True,
        "IgnorePollAlarmFailure": False,
        "Alarms": [{"Name": "<CanaryErrorsAlarm>"}, {"Name": "<CanaryLatencyAlarm>"}],
    }
    assert stack.outputs["CanaryAlarms"] == "<CanaryErrorsAlarm>,<CanaryLatencyAlarm>"


def test_the_group_has_no_triggers(stack: Stack) -> None:
    """They would need a right to publish to topics; state changes arrive by EventBridge."""
    assert "TriggerConfigurations" not in stack.properties("DeploymentGroup")


@pytest.mark.parametrize("word", STRATEGIES)
def test_a_strategy_is_codedeploy_s_or_the_stack_s_own(word: str) -> None:
    stack = translate(DeploymentStrategy=word)

    assert stack.properties("DeploymentGroup")["DeploymentConfigName"] == STRATEGIES[word]
    assert stack.outputs["DeploymentStrategy"] == STRATEGIES[word]


def test_every_allowed_strategy_has_its_name(stack: Stack) -> None:
    parameter = stack.raw["Parameters"]["DeploymentStrategy"]

    assert set(parameter["AllowedValues"]) == set(STRATEGIES) == set(stack.raw["Mappings"]["Strategies"])
    assert parameter["Default"] == "canary-10-5m"


def test_the_custom_strategy_is_a_canary_by_parameters() -> None:
    strategy = translate(CustomCanaryPercent="20", CustomCanaryMinutes="7").properties("CustomStrategy")

    assert strategy["ComputePlatform"] == "Lambda"
    assert strategy["TrafficRoutingConfig"] == {
        "Type": "TimeBasedCanary",
        "TimeBasedCanary": {"CanaryPercentage": "20", "CanaryInterval": "7"},
    }


def test_other_figures_make_a_custom_strategy_of_another_name() -> None:
    """A strategy cannot be changed, and CloudFormation refuses to replace what keeps its name."""
    figures: list[dict[str, str]] = [{}, {"CustomCanaryPercent": "20"}, {"CustomCanaryMinutes": "20"}]
    made = {translate(**given).properties("CustomStrategy")["DeploymentConfigName"] for given in figures}

    assert len(made) == len(figures)


def test_the_errors_alarm_is_the_share_of_the_release_s_own_failures(stack: Stack) -> None:
    alarm = stack.properties("CanaryErrorsAlarm")
    expressions = {entry["Id"]: entry["Expression"] for entry in alarm["Metrics"] if "Expression" in entry}

    assert alarm["AlarmName"] == "fairlead-canary-errors"
    assert expressions == {
        "share": "IF(judged >= 10, failed / judged, 0)",
        "judged": "FILL(answered, 0) + failed",
        "failed": "FILL(handled, 0) + FILL(crashed, 0)",
    }
    assert [entry["Id"] for entry in alarm["Metrics"] if entry["ReturnData"]] == ["share"]
    assert metric(alarm, "handled") == ("Fairlead/fairlead", "Errors5xx", RELEASE, 60, "Sum")
    assert metric(alarm, "crashed") == ("AWS/Lambda", "Errors", VERSION, 60, "Sum")
    assert metric(alarm, "answered") == ("Fairlead/fairlead", "Latency", RELEASE, 60, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", "0.05")


def test_the_latency_alarm_is_the_release_s_own_99th_percentile(stack: Stack) -> None:
    alarm = stack.properties("CanaryLatencyAlarm")
    [slowest] = [entry for entry in alarm["Metrics"] if "Expression" in entry]

    assert alarm["AlarmName"] == "fairlead-canary-latency"
    assert slowest["Expression"] == "IF(FILL(answered, 0) >= 10, latency, 0)"
    assert slowest["ReturnData"] is True
    assert metric(alarm, "latency") == ("Fairlead/fairlead", "Latency", RELEASE, 60, "p99")
    assert metric(alarm, "answered") == ("Fairlead/fairlead", "Latency", RELEASE, 60, "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", "1000")


def test_one_bad_minute_is_enough_for_errors_and_two_for_latency(stack: Stack) -> None:
    periods = {
        name: (stack.properties(name)["EvaluationPeriods"], stack.properties(name)["DatapointsToAlarm"])
        for name in ("CanaryErrorsAlarm", "CanaryLatencyAlarm")
    }

    assert periods == {"CanaryErrorsAlarm": (1, 1), "CanaryLatencyAlarm": (2, 2)}


def test_a_minute_without_calls_raises_no_alarm(stack: Stack) -> None:
    assert {stack.properties(name)["TreatMissingData"] for name in OF_RELEASES} == {"notBreaching"}


def test_canary_thresholds_are_parameters() -> None:
    stack = translate(CanaryErrorShare="0.2", CanaryMinimumRequests="3", CanaryLatencyMs="50")
    errors, latency = stack.properties("CanaryErrorsAlarm"), stack.properties("CanaryLatencyAlarm")

    assert (errors["Threshold"], latency["Threshold"]) == ("0.2", "50")
    assert all(">= 3," in alarm["Metrics"][0]["Expression"] for alarm in (errors, latency))


def test_a_lost_record_is_an_alarm_of_its_own(stack: Stack) -> None:
    alarm = stack.properties("RecordLostAlarm")

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "AsyncEventsDropped")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "<RecordFunction>"}]
    assert (alarm["Threshold"], alarm["Statistic"]) == (0, "Sum")


def test_alarms_notify_the_topic_if_one_is_named() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:night-watch"
    silent, notifying = translate(), translate(AlarmTopicArn=topic)

    for name in OF_RELEASES:
        assert "AlarmActions" not in silent.properties(name)
        assert notifying.properties(name)["AlarmActions"] == [topic]


def test_only_the_record_alarm_notifies_when_it_is_over() -> None:
    """Each release resets both canary alarms to INSUFFICIENT_DATA, from which they would become OK with a message."""
    notifying = translate(AlarmTopicArn="arn:aws:sns:eu-west-1:123456789012:night-watch")

    assert {name for name in OF_RELEASES if "OKActions" in notifying.properties(name)} == {"RecordLostAlarm"}


def test_every_alarm_links_its_runbook(stack: Stack) -> None:
    text = (ROOT / "docs/how-to/alarms.md").read_text()
    anchors = {re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-") for line in text.splitlines()
               if line.startswith("#")}  # fmt: skip
    alarms = stack.of_type("AWS::CloudWatch::Alarm") | stack.of_type("AWS::CloudWatch::CompositeAlarm")
    for alarm in alarms.values():
        [named] = re.findall(r"docs/how-to/alarms\.md#([a-z-]+)", alarm["Properties"]["AlarmDescription"])
        assert named in anchors
        assert alarm["Properties"]["AlarmName"] == f"fairlead-{named}"
