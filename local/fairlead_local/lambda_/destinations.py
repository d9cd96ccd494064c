"""Where Lambda sends what became of asynchronous invocations, with the rights of the function's role."""

import json
import logging
from collections.abc import Callable
from typing import Any

from fairlead_local.account import ACCOUNT, function_and_qualifier
from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.async_events import Condition, Event, object_key, record
from fairlead_local.lambda_.store import Store

logger = logging.getLogger(__name__)

Assume = Callable[[str, str], Clients]  # a role and a function → clients with the role's rights
ERROR_LIMIT = 1024  # bytes of the error in a dead letter


class Destinations:
    """Delivers records and dead letters once; what fails is counted, as in AWS, and lost."""

    def __init__(self, store: Store, assume: Assume, clock: Clock, metrics: ServiceMetrics) -> None:
        self._store = store
        self._assume = assume
        self._clock = clock
        self._metrics = metrics

    def deliver(self, event: Event, settings: dict[str, Any], condition: Condition) -> None:
        """The record to the destination for this condition, if there is one."""
        when = "OnSuccess" if condition == "Success" else "OnFailure"
        destination = settings.get("DestinationConfig", {}).get(when, {}).get("Destination")
        if destination:
            body = json.dumps(record(event, condition, self._clock.now()))
            self._send(event, destination, body, {}, failing="DestinationDeliveryFailures")

    def bury(self, event: Event) -> None:
        """The event itself to the dead-letter queue or topic, if there is one, with three attributes."""
        target = self._version_settings(event).get("DeadLetterConfig", {}).get("TargetArn")
        if not target:
            return
        attributes = {"RequestID": ("String", event.request_id)}
        if event.outcome:
            error = event.outcome.payload[:ERROR_LIMIT].decode("utf-8", "replace")
            attributes |= {"ErrorCode": ("Number", "200"), "ErrorMessage": ("String", _message(error))}
        self._send(event, target, event.payload.decode("utf-8", "replace"), attributes, failing="DeadLetterErrors")

    def _send(self, event: Event, arn: str, body: str, attributes: dict[str, tuple[str, str]], *, failing: str) -> None:
        try:
            role = self._version_settings(event)["Role"]
            self._put(self._assume(role, event.function), event, arn, body, attributes)
        except Exception as error:  # noqa: BLE001 - whatever the other service's client raises is a failed delivery
            logger.warning("what became of an event of %s did not reach %s: %s", event.function, arn, error)
            self._metrics.asynchronous(failing, event.function, event.qualifier)

    def _put(self, clients: Clients, event: Event, arn: str, body: str, attributes: dict[str, tuple[str, str]]) -> None:
        service, name = arn.split(":")[2], arn.rsplit(":", maxsplit=1)[-1]
        typed = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}
        if service == "s3":
            key = object_key(event, self._clock.now())
            clients["s3"].put_object(Bucket=name, Key=key, Body=body.encode(), ContentType="application/json")
        elif service == "sqs":
            url = f"{clients.endpoint}/{ACCOUNT}/{name}"
            clients["sqs"].send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
        elif service == "sns":
            clients["sns"].publish(TopicArn=arn, Message=body, MessageAttributes=typed)
        else:
            function, qualifier = function_and_qualifier(arn)
            where = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
            clients["lambda"].invoke(**where, InvocationType="Event", Payload=body.encode())

    def _version_settings(self, event: Event) -> dict[str, Any]:
        """Of the version that ran last, else of what was asked for; none if the function is gone."""
        with self._store.lock:
            try:
                return self._store.target(event.function, event.executed or event.qualifier).version.settings
            except ServiceError:
                return {}


def _message(error: str) -> str:
    """The error's own words, if the payload is what a runtime writes."""
    try:
        return str(json.loads(error)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return error
