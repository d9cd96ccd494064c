"""Alarm actions: functions, SNS topics, and the event that EventBridge gets for each state change.

Actions run on transitions only, not while a state lasts.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol

from fairlead_local.account import function_and_qualifier
from fairlead_local.clients import Clients
from fairlead_local.cloudwatch.alarm_events import bus_detail, lambda_event, topic_message
from fairlead_local.cloudwatch.alarm_records import Transition
from fairlead_local.cloudwatch.alarm_store import AlarmStore
from fairlead_local.errors import ServiceError
from fairlead_local.times import cloudwatch_time

PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
DETAIL_TYPE = "CloudWatch Alarm State Change"
LISTS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


class Permissions(Protocol):
    """The resource policies of functions."""

    def allows(self, name: str, qualifier: str | None, *, service: str, source_arn: str) -> bool:
        """Return whether the service may invoke this function and qualifier; raises ServiceError if it is missing."""


class AlarmActions:
    """Runs the actions of a transition; a failure is recorded in the alarm's history, as in AWS."""

    def __init__(
        self,
        alarms: AlarmStore,
        clients: Clients,
        *,
        permissions: Permissions,
        invoke: Callable[[dict[str, Any]], Any],
        publish: Callable[..., Any],
    ) -> None:
        self._alarms = alarms
        self._clients = clients
        self._permissions = permissions
        self._invoke = invoke
        self._publish = publish

    def run(self, transition: Transition) -> None:
        """Publish the event, then run the new state's actions in order."""
        arn, at = transition.alarm.arn, transition.after.at
        self._publish("aws.cloudwatch", DETAIL_TYPE, bus_detail(transition), resources=[arn], moment=at)
        settings = transition.alarm.settings
        if not settings["ActionsEnabled"]:
            return
        for action in settings[LISTS[transition.after.value]]:
            self._note(transition, action, self._failure(transition, action))

    def _failure(self, transition: Transition, action: str) -> str:
        """Run one action; return the error message, "" for success."""
        try:
            if ":lambda:" in action:
                self._invoke_function(transition, action)
            else:
                self._publish_message(transition, action)
        except ServiceError as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - any error of the client is recorded in the history
            return str(error)
        return ""

    def _invoke_function(self, transition: Transition, action: str) -> None:
        name, qualifier = function_and_qualifier(action)
        if not self._permissions.allows(name, qualifier, service=PRINCIPAL, source_arn=transition.alarm.arn):
            raise ServiceError(
                "AccessDeniedException",
                "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource because no "
                "resource-based policy allows the lambda:InvokeFunction action",
            )
        payload = json.dumps(lambda_event(transition)).encode()
        params = {"FunctionName": name, "InvocationType": "Event", "Payload": payload}
        self._invoke(params | ({"Qualifier": qualifier} if qualifier else {}))

    def _publish_message(self, transition: Transition, action: str) -> None:
        subject = f'{transition.after.value}: "{transition.alarm.name}" in US East (N. Virginia)'
        message = json.dumps(topic_message(transition))
        self._clients["sns"].publish(TopicArn=action, Subject=subject[:100], Message=message)

    def _note(self, transition: Transition, action: str, failure: str) -> None:
        summary = f"Failed to execute action {action}" if failure else f"Successfully executed action {action}"
        facts = {
            "actionState": "Failed" if failure else "Succeeded",
            "notificationResource": action,
            "stateUpdateTimestamp": cloudwatch_time(transition.after.at),
            "error": failure or None,
        }
        self._alarms.add_history(transition.alarm, transition.after.at, "Action", summary, facts)
