"""Delivery of events to functions: an asynchronous invocation, if the function's resource policy allows the rule."""

import json
import logging
from typing import Any

from fairlead_local.account import function_and_qualifier
from fairlead_local.errors import ServiceError
from fairlead_local.eventbridge.bus import Event, Rule
from fairlead_local.lambda_.invoke import Invoker
from fairlead_local.lambda_.resource_policies import Permissions

logger = logging.getLogger(__name__)
PRINCIPAL = "events.amazonaws.com"


class Delivery:
    """Invokes a rule's target with an event; a failure is logged."""

    def __init__(self, invoker: Invoker, permissions: Permissions) -> None:
        self._invoker = invoker
        self._permissions = permissions

    def __call__(self, rule: Rule, target: dict[str, Any], event: Event) -> None:
        """Invoke the target asynchronously."""
        name, qualifier = function_and_qualifier(target["Arn"])
        try:
            if not self._permissions.allows(name, qualifier, service=PRINCIPAL, source_arn=rule.arn):
                logger.warning("%s may not invoke %s: its resource policy does not allow it", rule.arn, target["Arn"])
                return
            params = {"FunctionName": name, "InvocationType": "Event", "Payload": _payload(target, event)}
            self._invoker.handle(params | ({"Qualifier": qualifier} if qualifier else {}))
        except ServiceError as error:
            logger.warning("%s could not invoke %s: %s", rule.arn, target["Arn"], error)


def _payload(target: dict[str, Any], event: Event) -> bytes:
    if "Input" in target:
        return str(target["Input"]).encode()
    found: Any = event
    for name in target.get("InputPath", "$").split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return json.dumps(found).encode()
