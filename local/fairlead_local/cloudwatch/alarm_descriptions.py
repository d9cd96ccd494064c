"""DescribeAlarms and DescribeAlarmHistory."""

import json
from collections.abc import Sequence
from typing import Any

from fairlead_local.cloudwatch.alarm_records import Alarm, HistoryItem
from fairlead_local.cloudwatch.alarm_store import AlarmStore
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler
from fairlead_local.times import epoch, moment


class AlarmDescriptions:
    """The handlers that read alarms."""

    def __init__(self, alarms: AlarmStore) -> None:
        self._alarms = alarms

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "DescribeAlarms": self.alarms,
            "DescribeAlarmHistory": self.history,
        }

    def alarms(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeAlarms; composite alarms only if AlarmTypes has them, as in AWS."""
        kinds = params.get("AlarmTypes") or ["MetricAlarm"]
        with self._alarms.lock:
            found = [alarm for alarm in self._related(params) if alarm.kind in kinds and _fits(alarm, params)]
            page, token = paged(sorted(found, key=lambda alarm: alarm.name), params, default=50)
            return {
                "MetricAlarms": [described(alarm) for alarm in page if alarm.rule is None],
                "CompositeAlarms": [described(alarm) for alarm in page if alarm.rule],
                **token,
            }

    def history(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeAlarmHistory, the latest first by default."""
        kinds = params.get("AlarmTypes") or ["MetricAlarm"]
        start, end = epoch(params.get("StartDate"), 0.0), epoch(params.get("EndDate"), float("inf"))
        with self._alarms.lock:
            found = [
                item
                for item in self._alarms.history
                if item.kind in kinds
                and params.get("AlarmName") in (None, item.alarm)
                and params.get("HistoryItemType") in (None, item.type)
                and start <= item.at <= end
            ]
        if params.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = paged(found, params, default=100)
        return {"AlarmHistoryItems": [_item(item) for item in page], **token}

    def _related(self, params: dict[str, Any]) -> list[Alarm]:
        if params.get("ChildrenOfAlarmName"):
            parent = self._alarms.alarm(params["ChildrenOfAlarmName"])
            names = parent.rule.names if parent.rule else frozenset()
            return [alarm for alarm in self._alarms.alarms.values() if alarm.name in names]
        if params.get("ParentsOfAlarmName"):
            return self._alarms.parents(params["ParentsOfAlarmName"])
        return list(self._alarms.alarms.values())


def described(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as the API shows it."""
    return {
        **alarm.settings,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": moment(alarm.configured),
        "StateValue": alarm.state.value,
        "StateReason": alarm.state.reason,
        **({"StateReasonData": alarm.state.data} if alarm.state.data else {}),
        "StateUpdatedTimestamp": moment(alarm.state.at),
        "StateTransitionedTimestamp": moment(alarm.transitioned),
    }


def paged(items: Sequence[Any], params: dict[str, Any], *, default: int) -> tuple[Sequence[Any], dict[str, str]]:
    """Return one page and the token of the next; raises InvalidNextToken."""
    token = params.get("NextToken") or "0"
    if not token.isdecimal():
        raise ServiceError("InvalidNextToken", f"{token} is no token")
    start, size = int(token), int(params.get("MaxRecords") or default)
    rest = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], rest


def checked_json(text: str) -> str:
    """Return the text if it is JSON or empty; raises InvalidFormat."""
    try:
        json.loads(text or "{}")
    except ValueError as error:
        raise ServiceError("InvalidFormat", f"StateReasonData is not JSON: {error}") from error
    return text


def _fits(alarm: Alarm, params: dict[str, Any]) -> bool:
    actions = [arn for kind in ("OKActions", "AlarmActions", "InsufficientDataActions") for arn in alarm.settings[kind]]
    return (
        (not params.get("AlarmNames") or alarm.name in params["AlarmNames"])
        and alarm.name.startswith(params.get("AlarmNamePrefix") or "")
        and params.get("StateValue") in (None, alarm.state.value)
        and (not params.get("ActionPrefix") or any(arn.startswith(params["ActionPrefix"]) for arn in actions))
    )


def _item(item: HistoryItem) -> dict[str, Any]:
    return {
        "AlarmName": item.alarm,
        "AlarmType": item.kind,
        "Timestamp": moment(item.at),
        "HistoryItemType": item.type,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }
