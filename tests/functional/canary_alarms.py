"""The two canary alarms in the shape of the template's, for tests on moto."""

from typing import Any

ERRORS, LATENCY = "fairlead-canary-errors", "fairlead-canary-latency"
FUNCTION = "fairlead-predict"


def make(client: Any) -> None:
    """Create both, watching release 1."""
    predict = [{"Name": "service", "Value": "predict"}, {"Name": "release", "Value": "1"}]
    lambda_ = [
        {"Name": "FunctionName", "Value": FUNCTION},
        {"Name": "Resource", "Value": f"{FUNCTION}:live"},
        {"Name": "ExecutedVersion", "Value": "1"},
    ]
    metrics = [
        _stat("handled", "Fairlead", "Errors5xx", predict),
        _stat("crashed", "AWS/Lambda", "Errors", lambda_),
        _stat("calls", "AWS/Lambda", "Invocations", lambda_),
        {"Id": "share", "Expression": "IF(calls >= 10, (handled + crashed) / calls, 0)", "ReturnData": True},
    ]
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    client.put_metric_alarm(AlarmName=ERRORS, Metrics=metrics, Threshold=0.05, EvaluationPeriods=1, **alarm)
    client.put_metric_alarm(
        AlarmName=LATENCY,
        Namespace="Fairlead",
        MetricName="Latency",
        Dimensions=predict,
        ExtendedStatistic="p99",
        Period=60,
        Threshold=1000,
        EvaluationPeriods=2,
        **alarm,
    )


def _stat(name: str, namespace: str, metric: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
