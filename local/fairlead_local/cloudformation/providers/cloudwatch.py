"""AWS::CloudWatch::Alarm and CompositeAlarm."""

from typing import Any

from fairlead_local.account import arn
from fairlead_local.clients import Clients
from fairlead_local.cloudformation.provider import Asked, Made, names, tags

WHOLE = names("EvaluationPeriods DatapointsToAlarm Period")
ACTIONS = "ActionsEnabled AlarmActions InsufficientDataActions OKActions"


class AlarmProvider:
    """A metric alarm; an update leaves its state."""

    accepts = names(
        f"{ACTIONS} AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic MetricName Metrics Namespace Period "
        "Statistic Tags Threshold TreatMissingData Unit"
    )
    replaces = names("AlarmName")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """PutMetricAlarm."""
        name = asked.properties.get("AlarmName") or asked.name(limit=255)
        self._put(name, asked)
        return Made(name, {"Arn": arn("cloudwatch", f"alarm:{name}")})

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:  # noqa: ARG002 - the protocol's
        """PutMetricAlarm again."""
        self._put(made.physical_id, asked)
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteAlarms; gone already is fine."""
        _delete(self._clients, made.physical_id)

    def _put(self, name: str, asked: Asked) -> None:
        settings = {**asked.properties, **{key: int(asked.properties[key]) for key in WHOLE & set(asked.properties)}}
        if "Threshold" in settings:
            settings["Threshold"] = float(settings["Threshold"])
        if "Metrics" in settings:
            settings["Metrics"] = [_query(query) for query in settings["Metrics"]]
        self._clients["cloudwatch"].put_metric_alarm(**_common(settings, asked), AlarmName=name)


class CompositeAlarmProvider:
    """A composite alarm."""

    accepts = names(f"{ACTIONS} AlarmDescription AlarmName AlarmRule Tags")
    replaces = names("AlarmName")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """PutCompositeAlarm."""
        name = asked.properties.get("AlarmName") or asked.name(limit=255)
        self._clients["cloudwatch"].put_composite_alarm(**_common(asked.properties, asked), AlarmName=name)
        return Made(name, {"Arn": arn("cloudwatch", f"alarm:{name}")})

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:  # noqa: ARG002 - the protocol's
        """PutCompositeAlarm again."""
        self._clients["cloudwatch"].put_composite_alarm(**_common(asked.properties, asked), AlarmName=made.physical_id)
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteAlarms; gone already is fine."""
        _delete(self._clients, made.physical_id)


def _common(settings: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """The settings less the name, with the stack's tags and booleans that parameters made strings."""
    kept = {key: value for key, value in settings.items() if key != "AlarmName"}
    if "ActionsEnabled" in kept:
        kept["ActionsEnabled"] = _flag(kept["ActionsEnabled"])
    tagged = asked.tags | tags(settings)
    return kept | {"Tags": [{"Key": key, "Value": value} for key, value in tagged.items()]}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    found = dict(query)
    if "MetricStat" in found:
        found["MetricStat"] = {**found["MetricStat"], "Period": int(found["MetricStat"]["Period"])}
    if "Period" in found:
        found["Period"] = int(found["Period"])
    if "ReturnData" in found:
        found["ReturnData"] = _flag(found["ReturnData"])
    return found


def _flag(value: bool | str) -> bool:
    return value if isinstance(value, bool) else value == "true"


def _delete(clients: Clients, name: str) -> None:
    cloudwatch = clients["cloudwatch"]
    try:
        cloudwatch.delete_alarms(AlarmNames=[name])
    except cloudwatch.exceptions.ResourceNotFound:
        return
