"""CloudWatch alarms: their states, and the event that CloudWatch sends to a function that is an alarm's action."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws import clients

OWN = frozenset(
    {
        *("broken-inputs", "canary-errors", "canary-latency", "degraded", "drift", "dropped-events", "errors"),
        *("failed-batches", "failed-retrainings", "label-coverage", "latency", "monitor-silent", "move-failed"),
        *("poison-records", "quality", "record-lost", "refused-reports", "release-failed", "respond-failed"),
        "throttles",
    }
)
"""The template's alarms: their names without the stack's name and a hyphen."""


class AlarmState(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm: `state` is OK, ALARM or INSUFFICIENT_DATA since `since`; `actions` are the ARNs of its ALARM actions.

    `configuration` has the form that CloudWatch sends to functions.
    """

    name: str
    arn: str
    state: str
    reason: str
    since: datetime
    actions: tuple[str, ...]
    enabled: bool
    configuration: dict[str, Any]

    def gauges(self, namespace: str, dimensions: dict[str, str]) -> set[str]:
        """Return the names of the metrics of this namespace and these dimensions that the alarm evaluates."""
        stats = [
            query["metricStat"]["metric"] for query in self.configuration.get("metrics", ()) if "metricStat" in query
        ]
        return {one["name"] for one in stats if (one["namespace"], one["dimensions"]) == (namespace, dimensions)}

    def event(self, at: datetime) -> dict[str, Any]:
        """Return the event that CloudWatch sends at `at` to a function that is this alarm's action.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
        """
        _, _, _, region, account, *_ = self.arn.split(":")
        state = {"value": self.state, "reason": self.reason, "timestamp": _written(self.since)}
        return {
            "source": "aws.cloudwatch",
            "alarmArn": self.arn,
            "accountId": account,
            "time": _written(at),
            "region": region,
            "alarmData": {
                "alarmName": self.name,
                "state": state,
                "previousState": state,  # unchanged
                "configuration": self.configuration,
            },
        }


class Alarms:
    """Reads alarms through a boto3 client. Every method raises StorageError."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def of_stack(self, stack: str) -> list[AlarmState]:
        """Return the alarms named `<stack>-…`, sorted by name, without those of a stack `<stack>-<environment>`."""
        found = self._described(AlarmNamePrefix=f"{stack}-")
        return sorted((alarm for alarm in found if _belongs(alarm.name, stack)), key=lambda alarm: alarm.name)

    def calling(self, function: str) -> list[AlarmState]:
        """Return the alarms in state ALARM whose enabled actions include this function (an ARN)."""
        found = self._described(StateValue="ALARM", ActionPrefix=function)
        return [alarm for alarm in found if alarm.state == "ALARM" and alarm.enabled and function in alarm.actions]

    def _described(self, **filters: Any) -> Iterator[AlarmState]:
        with _translated():
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"], **filters
            )
            for page in pages:
                yield from map(_standing, [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())])


def _belongs(name: str, stack: str) -> bool:
    """Return whether an alarm whose name begins with the stack's is this stack's, not its neighbour's."""
    own = name.removeprefix(f"{stack}-")
    return own in OWN or own.partition("-")[2] not in OWN


@contextmanager
def _translated() -> Iterator[None]:
    with clients.translated("read the alarms (cloudwatch:DescribeAlarms)"):
        yield


def _standing(facts: dict[str, Any]) -> AlarmState:
    return AlarmState(
        name=facts["AlarmName"],
        arn=facts["AlarmArn"],
        state=facts.get("StateValue", "INSUFFICIENT_DATA"),
        reason=facts.get("StateReason", ""),
        since=facts["StateUpdatedTimestamp"],
        actions=tuple(facts.get("AlarmActions", ())),
        enabled=facts.get("ActionsEnabled", True),
        configuration=_configuration(facts),
    )


def _configuration(facts: dict[str, Any]) -> dict[str, Any]:
    found = {"description": facts["AlarmDescription"]} if facts.get("AlarmDescription") else {}
    if facts.get("AlarmRule"):
        return found | {"alarmRule": facts["AlarmRule"]}
    if facts.get("MetricName"):
        return found | {"metrics": [{"id": "m1", "metricStat": _stat(facts, facts), "returnData": True}]}
    return found | {"metrics": [_query(query) for query in facts.get("Metrics", ())]}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    found = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "MetricStat" in query:
        return found | {"metricStat": _stat(query["MetricStat"]["Metric"], query["MetricStat"])}
    return found | {"expression": query.get("Expression", ""), "label": query.get("Label", "")}


def _stat(metric: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    identity = {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": dimensions}
    stat = source.get("Stat") or source.get("Statistic") or source.get("ExtendedStatistic")
    return {"metric": identity, "period": source["Period"], "stat": stat}


def _written(at: datetime) -> str:
    """Return a time in the form of these events: 2024-02-17T11:53:08.431+0000."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + at.strftime("%z")
