"""The Invoke operation: resolves the qualifier, chooses a version by the alias's weights, and runs it."""

import base64
import random
import uuid
from typing import Any, Protocol

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.faults import Faults
from fairlead_local.lambda_.async_events import Event
from fairlead_local.lambda_.async_queue import AsyncQueue
from fairlead_local.lambda_.functions import check_ready
from fairlead_local.lambda_.outcome import Outcome, failure
from fairlead_local.lambda_.records import LATEST, Version
from fairlead_local.lambda_.snapstart import reactivate
from fairlead_local.lambda_.store import Store, Target
from fairlead_local.service import Handler, Reply

PAYLOAD_LIMIT = 6_291_556  # bytes of request and response
EVENT_LIMIT = 1_048_576  # bytes of an asynchronous invocation


class Runtime(Protocol):
    """Runs one request in a process of a version."""

    def run(
        self, version: Version, payload: bytes, *, request_id: str, arn: str, trace: str, concurrency: int | None
    ) -> Outcome:
        """Return the outcome; raises ServiceError over the reserved concurrency."""


class Invoker:
    """Runs functions for callers of the API and for other services."""

    def __init__(
        self,
        store: Store,
        runtime: Runtime,
        metrics: ServiceMetrics,
        async_queue: AsyncQueue,
        faults: Faults,
        variants: AwsVariants,
    ) -> None:
        self._store = store
        self._runtime = runtime
        self._metrics = metrics
        self._async_queue = async_queue
        self._faults = faults
        self._variants = variants
        self._random = random.SystemRandom()

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {"Invoke": self.handle}

    def handle(self, params: dict[str, Any]) -> Reply:
        """Invoke: RequestResponse, Event or DryRun."""
        kind = params.get("InvocationType", "RequestResponse")
        payload = params.get("Payload") or b"{}"
        if len(payload) > PAYLOAD_LIMIT:
            message = f"Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation"
            raise ServiceError("RequestTooLargeException", message, status=413)
        target, version = self._choose(params["FunctionName"], params.get("Qualifier"))
        executed = {"ExecutedVersion": version.number}
        if kind == "DryRun":
            return Reply(executed, 204)
        if kind == "Event":
            return Reply({"Payload": b""}, 202, self._wait(target, payload))
        request_id = str(uuid.uuid4())
        outcome = self._run(target, version, payload, request_id=request_id)
        result: dict[str, Any] = {**executed, "Payload": outcome.payload}
        if outcome.error:
            result["FunctionError"] = outcome.error
        if params.get("LogType") == "Tail":
            result["LogResult"] = base64.b64encode(outcome.log[-4096:]).decode()
        return Reply(result, 200, request_id)

    def call(self, name: str, qualifier: str | None, payload: bytes, *, trace: str = "") -> Outcome:
        """Run a function for another service; raises Invoke's ServiceErrors."""
        target, version = self._choose(name, qualifier)
        return self._run(target, version, payload, trace=trace)

    def _wait(self, target: Target, payload: bytes) -> str:
        """Queue an asynchronous invocation and return its request id."""
        if len(payload) > EVENT_LIMIT:
            message = (
                f"{len(payload)} byte payload is too large for the Event invocation type (limit {EVENT_LIMIT} bytes)"
            )
            raise ServiceError("RequestTooLargeException", message, status=413)
        event = Event(target.function.name, target.qualifier, payload, self._metrics.now())
        self._async_queue.take(event, self._attempt)
        return event.request_id

    def _attempt(self, event: Event) -> tuple[str, Outcome]:
        target, version = self._choose(event.function, event.qualifier)
        return version.number, self._run(target, version, event.payload, request_id=event.request_id)

    def _choose(self, name: str, qualifier: str | None) -> tuple[Target, Version]:
        with self._store.lock:
            target = self._store.target(name, qualifier)
            version = target.version
            if target.alias:
                for number, weight in target.alias.weights.items():
                    if self._random.random() < weight:
                        version = self._store.version(target.function, number)
            if version.number == LATEST:
                _check_created(version)
            else:
                _check_active(version)
            return target, version

    def _run(
        self, target: Target, version: Version, payload: bytes, *, request_id: str = "", trace: str = ""
    ) -> Outcome:
        limit, at = target.function.reserved_concurrency, self._metrics.now()
        dimensions = (target.function.name, target.qualifier, self._executed(target, version))
        try:
            request_id = request_id or str(uuid.uuid4())
            if self._faults.fails(target.function.name):
                outcome = Outcome(failure("Injected", "made to fail"), "Unhandled")
            else:
                outcome = self._runtime.run(
                    version, payload, request_id=request_id, arn=target.arn, trace=trace, concurrency=limit
                )
        except ServiceError as error:
            if error.status == 429:
                self._metrics.throttled(*dimensions, at=at)
            raise
        self._metrics.invoked(*dimensions, at=at, failed=bool(outcome.error), milliseconds=outcome.duration_ms)
        return outcome

    def _executed(self, target: Target, version: Version) -> str | None:
        """Return the value of the dimension ExecutedVersion, which only calls of an alias have."""
        always = self._variants.executed_version == "always"
        return version.number if target.alias and (always or target.alias.weights) else None


def _check_created(version: Version) -> None:
    # A function can be invoked during an update, but not during its creation.
    if version.state == "Pending":
        check_ready(version)


def _check_active(version: Version) -> None:
    if version.state == "Active":
        return
    if version.state == "Inactive":
        raise reactivate(version)
    raise ServiceError(
        "ResourceConflictException",
        f"The operation cannot be performed at this time. The function is currently in the following state: "
        f"{version.state}",
        status=409,
    )
