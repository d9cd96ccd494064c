"""AWS::CloudWatch::Alarm and CompositeAlarm."""

from typing import Any

from fairlead_local.account import arn
from fairlead_local.clients import Clients
from fairlead_local.cloudformation.provider import (
    ClientProvider,
    CreatedResource,
    DesiredResource,
    names,
    tag_list,
    tags,
)

WHOLE = names("EvaluationPeriods DatapointsToAlarm Period")
ACTIONS = "ActionsEnabled AlarmActions InsufficientDataActions OKActions"


class AlarmProvider(ClientProvider):
    """A metric alarm; an update keeps its state."""

    accepts = names(
        f"{ACTIONS} AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic MetricName Metrics Namespace Period "
        "Statistic Tags Threshold TreatMissingData Unit"
    )
    replaces = names("AlarmName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PutMetricAlarm."""
        name = desired.properties.get("AlarmName") or desired.name(limit=255)
        self._put(name, desired)
        return CreatedResource(name, {"Arn": arn("cloudwatch", f"alarm:{name}")})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """PutMetricAlarm again."""
        self._put(created.physical_id, desired)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteAlarms; a missing alarm is no error."""
        _delete(self._clients, created.physical_id)

    def _put(self, name: str, desired: DesiredResource) -> None:
        settings = {
            **desired.properties,
            **{key: int(desired.properties[key]) for key in WHOLE & set(desired.properties)},
        }
        if "Threshold" in settings:
            settings["Threshold"] = float(settings["Threshold"])
        if "Metrics" in settings:
            settings["Metrics"] = [_query(query) for query in settings["Metrics"]]
        self._clients["cloudwatch"].put_metric_alarm(**_common(settings, desired), AlarmName=name)


class CompositeAlarmProvider(ClientProvider):
    """A composite alarm."""

    accepts = names(f"{ACTIONS} AlarmDescription AlarmName AlarmRule Tags")
    replaces = names("AlarmName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PutCompositeAlarm."""
        name = desired.properties.get("AlarmName") or desired.name(limit=255)
        self._clients["cloudwatch"].put_composite_alarm(**_common(desired.properties, desired), AlarmName=name)
        return CreatedResource(name, {"Arn": arn("cloudwatch", f"alarm:{name}")})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """PutCompositeAlarm again."""
        self._clients["cloudwatch"].put_composite_alarm(
            **_common(desired.properties, desired), AlarmName=created.physical_id
        )
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteAlarms; a missing alarm is no error."""
        _delete(self._clients, created.physical_id)


def _common(settings: dict[str, Any], desired: DesiredResource) -> dict[str, Any]:
    """Return the settings without the name, with the stack's tags, and with booleans instead of texts."""
    kept = {key: value for key, value in settings.items() if key != "AlarmName"}
    if "ActionsEnabled" in kept:
        kept["ActionsEnabled"] = _flag(kept["ActionsEnabled"])
    tagged = desired.tags | tags(settings)
    return kept | {"Tags": tag_list(tagged)}


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
