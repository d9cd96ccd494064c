"""The alarms on live, on the model and on the loop: metric, threshold and actions of each."""

import json
import re
from typing import Any

import pytest

from tests.template.stack import Stack, translate

TOPIC = "arn:aws:sns:eu-west-1:123456789012:night-watch"
RESPOND = "<RespondFunction.Arn>"
LIVE = [{"Name": "FunctionName", "Value": "<PredictFunction>"}, {"Name": "Resource", "Value": "<PredictFunction>:live"}]
ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"


def service(name: str) -> list[dict[str, str]]:
    return [{"Name": "service", "Value": name}]


def function(name: str) -> list[dict[str, str]]:
    return [{"Name": "FunctionName", "Value": f"<{name}Function>"}]


SINGLE = {
    "Throttles": ("AWS/Lambda", "Throttles", LIVE, "Sum", 300, ABOVE, 0, 1, "notBreaching"),
    "Quality": ("Fairlead/fairlead", "QualityDrop", service("monitor"), "Maximum", 300, ABOVE, "0", 3, "ignore"),
    "Drift": (
        *("Fairlead/fairlead", "DriftedFeatures", service("monitor"), "Maximum", 300),
        *("GreaterThanOrEqualToThreshold", "1", "12", "ignore"),
    ),
    "BrokenInputs": (
        *("Fairlead/fairlead", "BrokenFeatures", service("monitor"), "Maximum", 300),
        *("GreaterThanOrEqualToThreshold", "1", 3, "ignore"),
    ),
    "LabelCoverage": (
        "Fairlead/fairlead",
        "LabelCoverage",
        service("monitor"),
        "Minimum",
        300,
        BELOW,
        "0",
        3,
        "ignore",
    ),
    "RespondFailed": ("AWS/Lambda", "Errors", function("Respond"), "Sum", 300, ABOVE, 0, 1, "notBreaching"),
    "MoveFailed": ("AWS/Lambda", "Errors", function("Move"), "Sum", 300, ABOVE, 0, 1, "notBreaching"),
}
CALCULATED = {
    "Errors": (
        "IF(judged >= 10, failed / judged, 0)",
        {
            "judged": "FILL(answered, 0) + failed",
            "failed": "FILL(handled, 0) + FILL(crashed, 0)",
            "handled": ("Fairlead/fairlead", "Errors5xx", service("predict"), 300, "Sum"),
            "crashed": ("AWS/Lambda", "Errors", LIVE, 300, "Sum"),
            "answered": ("Fairlead/fairlead", "Latency", service("predict"), 300, "SampleCount"),
        },
        ("0.05", 1),
    ),
    "Latency": (
        "IF(FILL(answered, 0) >= 10, latency, 0)",
        {
            "latency": ("Fairlead/fairlead", "Latency", service("predict"), 300, "p99"),
            "answered": ("Fairlead/fairlead", "Latency", service("predict"), 300, "SampleCount"),
        },
        ("1000", 3),
    ),
    "PoisonRecords": (
        "FILL(first, 0) + FILL(again, 0)",
        {
            "first": ("Fairlead/fairlead", "PoisonRecords", service("feedback"), 300, "Sum"),
            "again": ("Fairlead/fairlead", "PoisonRecords", service("redrive"), 300, "Sum"),
        },
        (0, 1),
    ),
    "FailedBatches": (
        "FILL(failed, 0) + FILL(crashed, 0)",
        {
            "failed": ("Fairlead/fairlead", "RedriveFailed", service("redrive"), 900, "Sum"),
            "crashed": ("AWS/Lambda", "Errors", function("Redrive"), 900, "Sum"),
        },
        (0, 2),
    ),
    "RefusedReports": (
        "FILL(answered, 0) + FILL(crashed, 0)",
        {
            "answered": ("Fairlead/fairlead", "Errors5xx", service("intake"), 300, "Sum"),
            "crashed": ("AWS/Lambda", "Errors", function("Intake"), 300, "Sum"),
        },
        (0, 3),
    ),
    "DroppedEvents": (
        "FILL(dropped, 0) + FILL(undelivered, 0)",
        {
            "dropped": ("AWS/Lambda", "AsyncEventsDropped", function("Feedback"), 300, "Sum"),
            "undelivered": ("AWS/Lambda", "DestinationDeliveryFailures", function("Feedback"), 300, "Sum"),
        },
        (0, 1),
    ),
}
WAITING = {
    "dropped": ("AWS/Lambda", "AsyncEventsDropped", function("Retrain"), 900, "Sum"),
    "undelivered": ("AWS/Lambda", "DestinationDeliveryFailures", function("Retrain"), 900, "Sum"),
    "waiting": ("Fairlead/fairlead", "FailedRetrainings", service("redrive"), 900, "Maximum"),
}
MONITORED = {
    "ran": ("AWS/Lambda", "Invocations", function("Monitor"), 900, "Sum"),
    "failed": ("AWS/Lambda", "Errors", function("Monitor"), 900, "Sum"),
}
OTHERS = {"FailedRetrainings", "MonitorSilent"}
LEAN = {"CanaryErrorsAlarm", "CanaryLatencyAlarm", "ErrorsAlarm", "QualityAlarm"}
RESPONDED = {"Errors", "Latency", "Quality", "Drift"}
OF_RELEASES = {"CanaryErrorsAlarm", "CanaryLatencyAlarm", "RecordLostAlarm"}


@pytest.fixture
def stack() -> Stack:
    return translate()


def test_these_are_all(stack: Stack) -> None:
    assert stack.of_type("AWS::CloudWatch::Alarm").keys() == OF_RELEASES | {
        f"{name}Alarm" for name in SINGLE.keys() | CALCULATED.keys() | OTHERS
    }


def test_a_failed_retraining_alarms_at_once_and_until_its_dead_letter_is_removed(stack: Stack) -> None:
    """Redrive counts what lies in the bucket every quarter of an hour; a run that starts late is no end of it."""
    alarm = stack.properties("FailedRetrainingsAlarm")

    assert [one["Expression"] for one in alarm["Metrics"] if one["ReturnData"]] == [
        "FILL(dropped, 0) + FILL(undelivered, 0) + FILL(waiting, 0)"
    ]
    assert {one["Id"]: _stat(one) for one in alarm["Metrics"] if not one["ReturnData"]} == WAITING
    assert (alarm["Threshold"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (0, 1, 2)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (ABOVE, "notBreaching")


def test_a_monitor_that_completes_no_run_is_in_alarm_whether_it_fails_or_does_not_start(stack: Stack) -> None:
    """Lambda writes both metrics for each run, so the difference exists as soon as one of them does."""
    alarm = stack.properties("MonitorSilentAlarm")

    assert [one["Expression"] for one in alarm["Metrics"] if one["ReturnData"]] == ["ran - failed"]
    assert {one["Id"]: _stat(one) for one in alarm["Metrics"] if not one["ReturnData"]} == MONITORED
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["TreatMissingData"]) == (BELOW, 1, "breaching")
    assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"] == 2


def test_the_lean_watch_has_the_alarms_of_deployments_errors_and_quality() -> None:
    lean = translate(Watch="lean", ReleaseCandidates="canary-10-5m", Dashboard="on")
    assert lean.of_type("AWS::CloudWatch::Alarm").keys() == LEAN
    assert not lean.of_type("AWS::CloudWatch::CompositeAlarm")
    called = {
        one["Properties"]["SourceArn"]
        for one in lean.of_type("AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com"
    }
    assert called == {"<ErrorsAlarm.Arn>", "<QualityAlarm.Arn>"}
    assert _shown(lean) == {"ErrorsAlarm", "QualityAlarm"}


@pytest.mark.parametrize("name", SINGLE)
def test_an_alarm_on_one_metric(stack: Stack, name: str) -> None:
    alarm = stack.properties(f"{name}Alarm")
    settings = (
        *("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "ComparisonOperator", "Threshold"),
        *("EvaluationPeriods", "TreatMissingData"),
    )

    assert tuple(alarm[key] for key in settings) == SINGLE[name]
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]


@pytest.mark.parametrize("name", CALCULATED)
def test_an_alarm_on_several_metrics(stack: Stack, name: str) -> None:
    alarm = stack.properties(f"{name}Alarm")
    expression, metrics, judged = CALCULATED[name]

    assert [one["Expression"] for one in alarm["Metrics"] if one["ReturnData"]] == [expression]
    assert {one["Id"]: _stat(one) for one in alarm["Metrics"] if not one["ReturnData"]} == metrics
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == judged
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (ABOVE, "notBreaching")
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]


def _stat(query: dict[str, Any]) -> tuple[str, str, list[dict[str, str]], int, str] | str:
    if "Expression" in query:
        return str(query["Expression"])
    stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    return metric["Namespace"], metric["MetricName"], metric["Dimensions"], stat["Period"], stat["Stat"]


def test_missing_data_keeps_the_models_alarms_and_raises_the_monitors(stack: Stack) -> None:
    """Too few outcomes give no datapoint. An alarm that then turned to OK would hide the last known state."""
    others = {
        name: alarm["Properties"]["TreatMissingData"]
        for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items()
        if alarm["Properties"]["TreatMissingData"] != "notBreaching"
    }

    silent = dict.fromkeys(("QualityAlarm", "DriftAlarm", "BrokenInputsAlarm", "LabelCoverageAlarm"), "ignore")
    assert others == silent | {"MonitorSilentAlarm": "breaching"}


@pytest.mark.parametrize("name", sorted(SINGLE.keys() | CALCULATED.keys() | OTHERS))
def test_alarms_with_a_rule_call_respond_and_all_notify_the_topic(name: str) -> None:
    silent, notifying = (
        translate().properties(f"{name}Alarm"),
        translate(AlarmTopicArn=TOPIC).properties(f"{name}Alarm"),
    )
    responding = [RESPOND] if name in RESPONDED else []

    assert silent.get("AlarmActions", []) == responding
    assert "OKActions" not in silent
    assert notifying["AlarmActions"] == [*responding, TOPIC]
    assert notifying["OKActions"] == [TOPIC]


@pytest.mark.parametrize(
    ("parameter", "value", "name"),
    [
        ("ErrorShare", "0.2", "Errors"),
        ("LatencyMs", "50", "Latency"),
        ("QualityDrop", "0.03", "Quality"),
        ("DriftedFeatures", "4", "Drift"),
        ("BrokenFeatures", "2", "BrokenInputs"),
        ("LabelCoverage", "0.5", "LabelCoverage"),
    ],
)
def test_thresholds_are_parameters(parameter: str, value: str, name: str) -> None:
    assert translate(**{parameter: value}).properties(f"{name}Alarm")["Threshold"] == value


def test_how_long_drift_must_last_is_a_parameter() -> None:
    alarm = translate(DriftLooks="3").properties("DriftAlarm")
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == ("3", "3")


def test_one_composite_alarm_covers_errors_latency_and_throttles() -> None:
    silent, notifying = (
        translate().properties("DegradedAlarm"),
        translate(AlarmTopicArn=TOPIC).properties("DegradedAlarm"),
    )

    assert silent["AlarmName"] == "fairlead-degraded"
    assert silent["AlarmRule"] == 'ALARM("<ErrorsAlarm>") OR ALARM("<LatencyAlarm>") OR ALARM("<ThrottlesAlarm>")'
    assert not {"AlarmActions", "OKActions"} & silent.keys()
    assert notifying["AlarmActions"] == notifying["OKActions"] == [TOPIC]


def _widgets(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stack.properties("StackDashboard")["DashboardBody"])["widgets"]
    return found


def _shown(stack: Stack) -> set[str]:
    [alarms] = [one["properties"]["alarms"] for one in _widgets(stack) if one["type"] == "alarm"]
    return {re.sub(r"[<>]|\.Arn", "", arn) for arn in alarms}


def test_there_is_no_dashboard_by_default(stack: Stack) -> None:
    assert not stack.of_type("AWS::CloudWatch::Dashboard")


def test_the_dashboard_is_json_that_shows_calls_quality_drift_outcomes_and_alarms() -> None:
    stack = translate(Dashboard="on")
    widgets, shown = _widgets(stack), _shown(stack)

    assert stack.properties("StackDashboard")["DashboardName"] == "fairlead"
    assert [one["properties"]["title"] for one in widgets] == [
        "Calls and failures",
        "Latency (ms)",
        "Quality with its interval, by version",
        "Inputs that drifted, by version",
        "Predictions with an outcome (share)",
        "Alarms",
    ]
    assert shown == {
        *("DegradedAlarm", "QualityAlarm", "DriftAlarm", "LabelCoverageAlarm", "PoisonRecordsAlarm"),
        *("FailedBatchesAlarm", "DroppedEventsAlarm", "RespondFailedAlarm", "MoveFailedAlarm", "MonitorSilentAlarm"),
        *("BrokenInputsAlarm", "FailedRetrainingsAlarm", "RefusedReportsAlarm"),
    }


def test_no_metric_is_shared_with_another_stack(stack: Stack) -> None:
    """dev and prod in one account and region: an alarm must not see the other's calls."""
    metrics = set(re.findall(r'"Namespace": "([^"]+)"', json.dumps(stack.resources)))
    functions = [one["Properties"] for one in stack.of_type("AWS::Lambda::Function").values()]
    written = {one["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] for one in functions}
    frozen = json.loads(stack.outputs["BaseEnvironment"])["POWERTOOLS_METRICS_NAMESPACE"]
    assert {name for name in metrics if not name.startswith("AWS/")} == written == {frozen} == {"Fairlead/fairlead"}
