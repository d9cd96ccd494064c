"""Event-invoke settings of functions by qualifier: retries, maximum age, and destinations."""

import time
from collections.abc import Callable
from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.limits import refused
from fairlead_local.lambda_.records import LATEST, Function
from fairlead_local.lambda_.store import Store, Target
from fairlead_local.service import Handler

RETRIES, AGE_SECONDS = (0, 2), (60, 21_600)
DESTINATIONS = {"OnSuccess": ("sqs", "sns", "lambda"), "OnFailure": ("s3", "sqs", "sns", "lambda")}
# What Lambda requires of the function's role for each service: the action, and what is added to the destination's ARN.
NEEDED = {
    "s3": ("s3", "PutObject", "/*"),
    "sqs": ("sqs", "SendMessage", ""),
    "sns": ("sns", "Publish", ""),
    "lambda": ("lambda", "InvokeFunction", ""),
}
KEPT = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


class InvokeConfigs:
    """The handlers for event-invoke settings; each qualifier has its own.

    `may(role, function, action, resource)` returns whether the function's role allows an action.
    """

    def __init__(self, store: Store, may: Callable[[str, str, str, str], bool]) -> None:
        self._store = store
        self._may = may

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PutFunctionEventInvokeConfig": self.put,
            "GetFunctionEventInvokeConfig": self.get,
            "DeleteFunctionEventInvokeConfig": self.delete,
        }

    def put(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutFunctionEventInvokeConfig: replaces all settings of the qualifier."""
        given = {key: params[key] for key in KEPT if key in params}
        _check(given)
        with self._store.lock:
            target = self._store.target(params["FunctionName"], params.get("Qualifier"))
        self._check_rights(target, given)
        with self._store.lock:
            function, qualifier = self._where(params)
            function.invoke_configs[qualifier] = {**given, "LastModified": time.time()}
            return _shown(function, qualifier)

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetFunctionEventInvokeConfig."""
        with self._store.lock:
            function, qualifier = self._where(params)
            return _shown(function, qualifier)

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteFunctionEventInvokeConfig."""
        with self._store.lock:
            function, qualifier = self._where(params)
            function.invoke_configs.pop(qualifier, None)

    def _check_rights(self, target: Target, given: dict[str, Any]) -> None:
        """Raise unless the function's role may write to each destination: of a bucket, to every key."""
        for wanted in given.get("DestinationConfig", {}).values():
            if not (destination := wanted.get("Destination", "")):
                continue
            service, action, suffix = NEEDED[_service(destination)]
            role, resource = target.version.settings["Role"], destination + suffix
            if not self._may(role, target.function.name, f"{service}:{action}", resource):
                where = service if service == "lambda" else service.upper()
                raise refused(f"The function execution role does not have permissions to call {action} on {where}")

    def _where(self, params: dict[str, Any]) -> tuple[Function, str]:
        target = self._store.target(params["FunctionName"], params.get("Qualifier"))
        # Unqualified and `$LATEST` are the same here.
        return target.function, "" if target.qualifier in (None, LATEST) else str(target.qualifier)


def _shown(function: Function, qualifier: str) -> dict[str, Any]:
    where = function_arn(function.name, qualifier or LATEST)
    if qualifier not in function.invoke_configs:
        message = f"The function {where} doesn't have an EventInvokeConfig"
        raise ServiceError("ResourceNotFoundException", message, status=404)
    return {**function.invoke_configs[qualifier], "FunctionArn": where}


def _check(given: dict[str, Any]) -> None:
    for name, (low, high) in (("MaximumRetryAttempts", RETRIES), ("MaximumEventAgeInSeconds", AGE_SECONDS)):
        if name in given and not low <= given[name] <= high:
            raise refused(f"{name} must be between {low} and {high}, not {given[name]}")
    for when, wanted in given.get("DestinationConfig", {}).items():
        destination = wanted.get("Destination", "")
        if destination and _service(destination) not in DESTINATIONS[when]:
            known = ", ".join(DESTINATIONS[when])
            raise refused(f"The destination ARN {destination} is invalid: the local cloud supports {known} for {when}")


def _service(destination: str) -> str:
    parts = destination.split(":")
    return parts[2] if len(parts) > 2 and not destination.endswith(".fifo") else ""
