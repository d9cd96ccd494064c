"""An AWS API over HTTP, driven by botocore's own description of it.

A `Service` finds the operation a request means, hands its parameters to the operation's handler as a
dict with the model's names, and writes the returned dict (or the `ServiceError`) in the service's protocol.
moto's parsers and serializers do the reading and writing; operations without a handler answer 501 by name.
"""

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SERIALIZERS
from moto.core.utils import get_service_model
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from fairlead_local.errors import ServiceError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A result whose HTTP status is not the model's usual one (202 for an asynchronous invocation)."""

    result: dict[str, Any]
    status: int


Handler = Callable[[dict[str, Any]], dict[str, Any] | Reply | None]


class Service:
    """A WSGI application that speaks one AWS service."""

    def __init__(self, name: str, handlers: Mapping[str, Handler]) -> None:
        self.name = name
        self._handlers = handlers
        self._model = get_service_model(name)
        unknown = set(handlers) - set(self._model.operation_names)
        if unknown:
            raise ValueError(f"{name} has no operations {sorted(unknown)}")
        self._rest = self._model.metadata["protocol"].startswith("rest-")
        self._routes = _routes(self._model) if self._rest else Map()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        body = request.get_data(cache=True, parse_form_data=False)
        try:
            operation, uri_values = self._operation(request)
            handler = self._handlers.get(operation, self._missing(operation))
            return self._write(operation, handler(self._read(operation, request, body, uri_values)))
        except ServiceError as error:
            return self._write_error(error)
        except Exception:
            logger.exception("%s failed", self.name)
            return self._write_error(ServiceError("InternalFailure", "the local cloud failed; see its log", status=500))

    def _missing(self, operation: str) -> Handler:
        def refuse(_: dict[str, Any]) -> None:
            message = f"the local cloud does not implement {self.name}:{operation}"
            raise ServiceError("NotImplemented", message, status=501)

        return refuse

    def _operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        if not self._rest:
            return request.values.get("Action", ""), {}
        try:
            operation, uri_values = self._routes.bind("localhost").match(_path(request), method=request.method)
        except HTTPException as error:
            message = f"no {self.name} operation at {request.method} {request.path}"
            raise ServiceError("UnknownOperationException", message, status=404) from error
        return str(operation), dict(uri_values)

    def _read(self, operation: str, request: Request, body: bytes, uri_values: dict[str, Any]) -> dict[str, Any]:
        parser = PROTOCOL_PARSERS[self._model.metadata["protocol"]](self._model.operation_model(operation))
        parsed: dict[str, Any] = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": uri_values,
            }
        )
        return {name: value for name, value in parsed.items() if value is not None}

    def _write(self, operation: str, answer: dict[str, Any] | Reply | None) -> Response:
        result = answer.result if isinstance(answer, Reply) else answer or {}
        serializer = SERIALIZERS[self._model.metadata["protocol"]](self._model.operation_model(operation))
        written = serializer.serialize(result)
        headers = {name: str(value) for name, value in written["headers"].items()}
        if self._rest:
            headers["Content-Type"] = "application/json"
        status = answer.status if isinstance(answer, Reply) else written["status_code"]
        return Response(written["body"], status, headers=headers)

    def _write_error(self, error: ServiceError) -> Response:
        fault = "User" if error.status < 500 else "Service"
        if self._rest:
            text = json.dumps({"Type": fault, "Message": error.message, "message": error.message})
            return Response(
                text, error.status, headers={"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
            )
        kind = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Response(text, error.status, content_type="text/xml")


def _routes(model: Any) -> Map:
    rules = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        path = path.replace("{", "<").replace("}", ">") + (f"/{query}" if query else "")
        rules.append(Rule(path, methods=[http["method"]], endpoint=name))
    return Map(rules, strict_slashes=False)


def _path(request: Request) -> str:
    """The path to match; Lambda tells two operations apart by a fixed `find=…` in the query alone."""
    find = request.args.get("find")
    return f"{request.path.rstrip('/')}/find={find}" if find else request.path
