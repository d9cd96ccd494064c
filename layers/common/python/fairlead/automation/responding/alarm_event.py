"""The event that CloudWatch sends to a Lambda function as an alarm's action."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.errors import SettingsError


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as delivered at `at` (aware UTC); `state` is OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    arn: str
    state: str
    reason: str
    at: datetime


def alarm_of(event: dict[str, Any]) -> Alarm:
    """Parse the event of an alarm's Lambda action; raises SettingsError for anything else.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
    """
    try:
        data = event["alarmData"]
        return Alarm(
            name=data["alarmName"],
            arn=event["alarmArn"],
            state=data["state"]["value"],
            reason=str(data["state"].get("reason", "")),
            at=datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"the event is not from a CloudWatch alarm: {error!r}") from error
