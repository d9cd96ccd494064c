"""The operations of subscription filters, in front of moto's log service."""

import io
import json
from collections.abc import Iterable
from typing import Any

from werkzeug import Request
from werkzeug.test import run_wsgi_app

from fairlead_local.clock import Clock
from fairlead_local.errors import ServiceError
from fairlead_local.http_message import WsgiApp
from fairlead_local.lambda_.store import Store
from fairlead_local.logs import filter_patterns
from fairlead_local.logs.subscriptions import Filter, Subscriptions, check_group
from fairlead_local.protocols import decompressed
from fairlead_local.service import Service

FILTERS_LIMIT = 2
PAST, FUTURE = 14 * 86_400, 2 * 3600  # seconds before and after now; other events are not accepted
KNOWN = {"logGroupName", "filterName", "filterPattern", "destinationArn", "roleArn", "distribution"}


class Logs:
    """A WSGI application that answers the operations of filters and passes the others to moto."""

    def __init__(self, rest: WsgiApp, subscriptions: Subscriptions, store: Store, clock: Clock) -> None:
        self._rest = rest
        self._subscriptions = subscriptions
        self._store = store
        self._clock = clock
        self._own = Service(
            "logs",
            {
                "PutSubscriptionFilter": self.put,
                "DescribeSubscriptionFilters": self.describe,
                "DeleteSubscriptionFilter": self.delete,
            },
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request; of requests passed to moto, accepted log events are taken."""
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        # Metric filters are not passed to moto, which would keep them without effect; they are refused by name.
        if operation.rstrip("s").endswith(("SubscriptionFilter", "MetricFilter")):
            return self._own(environ, start_response)
        if operation not in ("PutLogEvents", "DeleteLogGroup"):
            return self._rest(environ, start_response)
        request = Request(environ)
        data = request.get_data()
        environ["wsgi.input"] = io.BytesIO(data)
        params = json.loads(decompressed(data, request.headers.get("Content-Encoding")))
        body, status, headers = run_wsgi_app(self._rest, environ)
        if status.startswith("200"):
            self._heard(operation, params)
        start_response(status, headers.to_wsgi_list())
        return body

    def put(self, params: dict[str, Any]) -> None:
        """PutSubscriptionFilter: creates or replaces a filter to a function."""
        unknown = sorted(set(params) - KNOWN)
        if unknown:
            raise ServiceError(
                "NotImplemented", f"the local cloud does not support filters with {', '.join(unknown)}", status=501
            )
        group, name, destination = params["logGroupName"], params["filterName"], params["destinationArn"]
        check_group(group)
        filter_patterns.read(params["filterPattern"])  # an invalid one is refused here
        self._check_destination(group, destination, params.get("roleArn"))
        distribution = params.get("distribution", "ByLogStream")
        with self._subscriptions.lock:
            mine = self._subscriptions.filters.setdefault(group, {})
            if name not in mine and len(mine) >= FILTERS_LIMIT:
                raise ServiceError("LimitExceededException", "Resource limit exceeded.")
            created = mine[name].created if name in mine else round(self._clock.now() * 1000)
            made = Filter(group, name, params["filterPattern"], destination, distribution, created)
            mine[name] = made
        self._subscriptions.send_control_message(made)

    def describe(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeSubscriptionFilters."""
        check_group(params["logGroupName"])
        with self._subscriptions.lock:
            found = self._subscriptions.filters.get(params["logGroupName"], {})
            chosen = [found[name] for name in sorted(found) if name.startswith(params.get("filterNamePrefix", ""))]
        return {"subscriptionFilters": [_shown(one) for one in chosen]}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteSubscriptionFilter."""
        check_group(params["logGroupName"])
        with self._subscriptions.lock:
            if self._subscriptions.filters.get(params["logGroupName"], {}).pop(params["filterName"], None) is None:
                message = "The specified subscription filter does not exist."
                raise ServiceError("ResourceNotFoundException", message)

    def _heard(self, operation: str, params: dict[str, Any]) -> None:
        if operation == "DeleteLogGroup":
            with self._subscriptions.lock:
                self._subscriptions.filters.pop(params["logGroupName"], None)
            return
        now = self._clock.now()
        taken = [e for e in params["logEvents"] if now - PAST <= e["timestamp"] / 1000 <= now + FUTURE]
        self._subscriptions.take(params["logGroupName"], params["logStreamName"], taken)

    def _check_destination(self, group: str, destination: str, role: str | None) -> None:
        if ":lambda:" not in destination:
            message = f"the local cloud supports filters to functions only, not {destination}"
            raise ServiceError("NotImplemented", message, status=501)
        if role:
            raise filter_patterns.invalid("destinationArn for vendor lambda cannot be used with roleArn")
        try:
            allowed = self._subscriptions.may_invoke(group, destination)
            settings = self._store.target(destination, None).version.settings
        except ServiceError:
            allowed, settings = False, {}
        if not allowed:
            raise filter_patterns.invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
                "your function."
            )
        if settings["LoggingConfig"]["LogGroup"] == group:
            raise filter_patterns.invalid(f"{destination} writes to {group}: each delivery would cause another")


def _shown(one: Filter) -> dict[str, Any]:
    return {
        "filterName": one.name, "logGroupName": one.group, "filterPattern": one.pattern,
        "destinationArn": one.destination, "distribution": one.distribution, "creationTime": one.created,
    }  # fmt: skip
