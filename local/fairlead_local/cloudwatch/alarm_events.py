"""The payloads of an alarm's transition: for functions, EventBridge and SNS topics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from typing import Any

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.cloudwatch.alarm_records import Alarm, State, Transition
from fairlead_local.cloudwatch.metric_queries import Query
from fairlead_local.times import cloudwatch_time


def lambda_event(transition: Transition) -> dict[str, Any]:
    """Return the event for a function that is an alarm's action."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": transition.alarm.arn,
        "accountId": ACCOUNT,
        "time": cloudwatch_time(transition.after.at),
        "region": REGION,
        "alarmData": {
            "alarmName": transition.alarm.name,
            "state": _state(transition.after),
            "previousState": _state(transition.before),
            "configuration": _configuration(transition.alarm),
        },
    }


def bus_detail(transition: Transition) -> dict[str, Any]:
    """Return the detail of the EventBridge event."""
    return {
        "alarmName": transition.alarm.name,
        "configuration": _configuration(transition.alarm),
        "previousState": _state(transition.before),
        "state": _state(transition.after),
    }


def topic_message(transition: Transition) -> dict[str, Any]:
    """Return the message for an SNS topic."""
    alarm = transition.alarm
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.settings.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": cloudwatch_time(alarm.configured),
        "NewStateValue": transition.after.value,
        "NewStateReason": transition.after.reason,
        "StateChangeTime": cloudwatch_time(transition.after.at),
        "Region": "US East (N. Virginia)",
        "AlarmArn": alarm.arn,
        "OldStateValue": transition.before.value,
        **{kind: alarm.settings[kind] for kind in ("OKActions", "AlarmActions", "InsufficientDataActions")},
        **({"AlarmRule": alarm.settings["AlarmRule"]} if alarm.rule else {"Trigger": _trigger(alarm)}),
    }


def _state(state: State) -> dict[str, Any]:
    facts = {"value": state.value, "reason": state.reason, "timestamp": cloudwatch_time(state.at)}
    return facts | ({"reasonData": state.data} if state.data else {})


def _configuration(alarm: Alarm) -> dict[str, Any]:
    description = alarm.settings.get("AlarmDescription")
    facts: dict[str, Any] = {"description": description} if description else {}
    if alarm.rule:
        return facts | {"alarmRule": alarm.settings["AlarmRule"]}
    return facts | {"metrics": [_metric(alarm, query) for query in alarm.queries]}


def _metric(alarm: Alarm, query: Query) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": alarm.metric_id if alarm.statistic else query.id}
    if query.source is None:
        return facts | {"expression": query.text, "label": query.label, "returnData": query.returned}
    metric = query.source.metric
    identity = {"namespace": metric.namespace, "name": metric.name, "dimensions": dict(metric.dimensions)}
    stat: dict[str, Any] = {"metric": identity, "period": query.source.period, "stat": query.source.stat}
    if query.source.unit:
        stat["unit"] = query.source.unit
    return facts | {"metricStat": stat, "returnData": query.returned}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    facts: dict[str, Any] = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.needed,
        "ComparisonOperator": settings["ComparisonOperator"],
        "Threshold": settings["Threshold"],
        "TreatMissingData": settings.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": settings.get("EvaluateLowSampleCountPercentile", ""),
    }
    if settings.get("Metrics"):
        return facts | {"Metrics": settings["Metrics"]}
    dimensions = [{"name": item["Name"], "value": item["Value"]} for item in settings.get("Dimensions") or []]
    kind = "Statistic" if settings.get("Statistic") else "ExtendedStatistic"
    named = {"MetricName": settings["MetricName"], "Namespace": settings["Namespace"], "StatisticType": kind}
    statistic = settings["Statistic"].upper() if settings.get("Statistic") else settings["ExtendedStatistic"]
    return facts | named | {kind: statistic, "Unit": settings.get("Unit"), "Dimensions": dimensions}
