"""How alarms and their history are shown: DescribeAlarms, DescribeAlarmHistory."""

import json
from collections.abc import Sequence
from typing import Any

from fairlead_local.cloudwatch.alarm_records import Alarm, HistoryItem
from fairlead_local.cloudwatch.alarm_store import Book
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler
from fairlead_local.times import epoch, moment


class Descriptions:
    """The handlers that only read."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def handlers(self) -> dict[str, Handler]:
        """Operation names to handlers."""
        return {
            "DescribeAlarms": self.alarms,
            "DescribeAlarmHistory": self.history,
        }

    def alarms(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeAlarms; composite alarms only if AlarmTypes asks for them, as in AWS."""
        kinds = asked.get("AlarmTypes") or ["MetricAlarm"]
        with self._book.lock:
            found = [alarm for alarm in self._related(asked) if alarm.kind in kinds and _fits(alarm, asked)]
            page, token = paged(sorted(found, key=lambda alarm: alarm.name), asked, default=50)
            return {
                "MetricAlarms": [described(alarm) for alarm in page if alarm.rule is None],
                "CompositeAlarms": [described(alarm) for alarm in page if alarm.rule],
                **token,
            }

    def history(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeAlarmHistory, the latest first unless asked otherwise."""
        kinds = asked.get("AlarmTypes") or ["MetricAlarm"]
        start, end = epoch(asked.get("StartDate"), 0.0), epoch(asked.get("EndDate"), float("inf"))
        with self._book.lock:
            found = [
                item
                for item in self._book.history
                if item.kind in kinds
                and asked.get("AlarmName") in (None, item.alarm)
                and asked.get("HistoryItemType") in (None, item.type)
                and start <= item.at <= end
            ]
        if asked.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = paged(found, asked, default=100)
        return {"AlarmHistoryItems": [_item(item) for item in page], **token}

    def _related(self, asked: dict[str, Any]) -> list[Alarm]:
        if asked.get("ChildrenOfAlarmName"):
            parent = self._book.alarm(asked["ChildrenOfAlarmName"])
            names = parent.rule.names if parent.rule else frozenset()
            return [alarm for alarm in self._book.alarms.values() if alarm.name in names]
        if asked.get("ParentsOfAlarmName"):
            return self._book.parents(asked["ParentsOfAlarmName"])
        return list(self._book.alarms.values())


def described(alarm: Alarm) -> dict[str, Any]:
    """One alarm as the API shows it."""
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


def paged(items: Sequence[Any], asked: dict[str, Any], *, default: int) -> tuple[Sequence[Any], dict[str, str]]:
    """One page and the token for the next; raises InvalidNextToken."""
    token = asked.get("NextToken") or "0"
    if not token.isdecimal():
        raise ServiceError("InvalidNextToken", f"{token} is no token")
    start, size = int(token), int(asked.get("MaxRecords") or default)
    rest = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], rest


def checked_json(text: str) -> str:
    """The text if it is JSON or nothing; raises InvalidFormat."""
    try:
        json.loads(text or "{}")
    except ValueError as error:
        raise ServiceError("InvalidFormat", f"StateReasonData is not JSON: {error}") from error
    return text


def _fits(alarm: Alarm, asked: dict[str, Any]) -> bool:
    actions = [arn for kind in ("OKActions", "AlarmActions", "InsufficientDataActions") for arn in alarm.settings[kind]]
    return (
        (not asked.get("AlarmNames") or alarm.name in asked["AlarmNames"])
        and alarm.name.startswith(asked.get("AlarmNamePrefix") or "")
        and asked.get("StateValue") in (None, alarm.state.value)
        and (not asked.get("ActionPrefix") or any(arn.startswith(asked["ActionPrefix"]) for arn in actions))
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
