"""Routes of API Gateway: calls the function of each, makes errors problem answers, logs and measures every request.

API Gateway has matched the path when it calls Lambda: `resource` names the route, `pathParameters` has its values.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead.api import http
from fairlead.api.http import Response
from fairlead.errors import (
    FairleadError,
    InternalError,
    ModelUnavailableError,
    NoSuchPathError,
    RowNotAnswerableError,
)
from fairlead.telemetry import emit

LIVE = "live"
"""The alias that API Gateway invokes. Health checks, the hook and `shadow` invoke a version by its number."""


class ProxyRequest:
    """One proxy event with Lambda's context of it, and what its route adds for the log line and the metrics.

    `parameters` are the values in the path, by their names in the resource.
    `facts` may have the members that `emit.answered` names. `of_others` is whether the route tells nothing about the
    live version, so that alarms do not count the request.
    """

    def __init__(self, event: Mapping[str, Any], context: LambdaContext) -> None:
        self.event = event
        self.parameters: Mapping[str, str] = event.get("pathParameters") or {}
        self.id: str = context.aws_request_id
        self.release: str = context.function_version
        self.facts: dict[str, Any] = {}
        self.counts: Mapping[str, int] = {}
        self.of_others = False
        self._arn: str = context.invoked_function_arn

    @property
    def from_caller(self) -> bool:
        """Whether the call came through the alias `live`: Lambda sets this ARN, and no header can forge it."""
        return self._arn.split(":")[7:] == [LIVE]


Route = Callable[[ProxyRequest], Response]


class Router:
    """Functions by method and resource. `hint` lists them for callers of another path."""

    def __init__(self, hint: str) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._hint = hint

    def get(self, resource: str) -> Callable[[Route], Route]:
        """Register a function for GET."""
        return self._registered("GET", resource)

    def post(self, resource: str) -> Callable[[Route], Route]:
        """Register a function for POST."""
        return self._registered("POST", resource)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one proxy event, log the request and write its metrics; raises no error of a route."""
        request = ProxyRequest(event, context)
        route = (event["httpMethod"], event["resource"])
        started = time.perf_counter()
        try:
            response = self._routes.get(route, self._not_found)(request)
        except FairleadError as error:
            response = http.problem(error)
            request.facts |= _facts(error)
        except Exception as error:  # noqa: BLE001 - a defect: the log has the traceback, the answer no detail
            emit.logger.exception("unexpected error", error=type(error).__name__)
            response = http.problem(InternalError("the service failed on this request; its log has the cause"))
            request.facts["code"] = InternalError.code
        emit.answered(
            request=request.id,
            route=" ".join(route),
            status=response.status,
            milliseconds=(time.perf_counter() - started) * 1000,
            facts=request.facts,
            counts=request.counts,
            from_caller=request.from_caller and not request.of_others,
        )
        return response.proxy()

    def _not_found(self, request: ProxyRequest) -> Response:
        event = request.event
        raise NoSuchPathError(f"there is no route {event['httpMethod']} {event['path']}", hint=self._hint)

    def _registered(self, method: str, resource: str) -> Callable[[Route], Route]:
        def register(function: Route) -> Route:
            self._routes[method, resource] = function
            return function

        return register


def _facts(error: FairleadError) -> dict[str, Any]:
    facts: dict[str, Any] = {"code": error.code}
    if isinstance(error, ModelUnavailableError) and error.version is not None:
        facts["version"] = error.version
    if isinstance(error, RowNotAnswerableError):  # only its type: the text may hold the caller's values
        facts["cause"] = type(error.__cause__).__name__
    return facts
