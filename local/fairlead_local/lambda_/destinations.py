"""Destinations and dead-letter queues of asynchronous invocations, written with the rights of the function's role."""

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
    """Delivers records and dead letters once; a failed delivery is counted and lost, as in AWS."""

    def __init__(self, store: Store, assume: Assume, clock: Clock, metrics: ServiceMetrics) -> None:
        self._store = store
        self._assume = assume
        self._clock = clock
        self._metrics = metrics

    def deliver(self, event: Event, settings: dict[str, Any], condition: Condition) -> None:
        """Send the invocation record to the destination for this condition, if there is one."""
        when = "OnSuccess" if condition == "Success" else "OnFailure"
        destination = settings.get("DestinationConfig", {}).get(when, {}).get("Destination")
        if destination:
            body = json.dumps(record(event, condition, self._clock.now()))
            self._send(event, destination, body, {}, failing="DestinationDeliveryFailures")

    def send_dead_letter(self, event: Event) -> None:
        """Send the event to the dead-letter queue or topic, if there is one, with three attributes."""
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
        except Exception as error:  # noqa: BLE001 - any error of the client is a failed delivery
            logger.warning("the record of an event of %s was not delivered to %s: %s", event.function, arn, error)
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
        """Return the settings of the version that ran, else of the qualifier; {} for a deleted function."""
        with self._store.lock:
            try:
                return self._store.target(event.function, event.executed or event.qualifier).version.settings
            except ServiceError:
                return {}


def _message(error: str) -> str:
    """Return the error message of a payload in the runtime's format, else the payload."""
    try:
        return str(json.loads(error)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return error
