"""How each of AWS's protocols names the operation and words an error; moto reads and writes the rest.

A wire's `protocol` is moto's (and botocore's) word for it. `HANDLED` lists the wires a service may speak.
"""

import gzip
import json
import uuid
from typing import Any, Protocol
from xml.sax.saxutils import escape

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from fairlead_local.errors import ServiceError


class WireProtocol(Protocol):
    """One protocol of one service."""

    protocol: str

    def speaks(self, request: Request) -> bool:
        """Whether a request is of this protocol; the first wire that says so takes it."""

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The operation's name and what the path held; raises ServiceError for none."""

    def content_type(self) -> str:
        """Of answers."""

    def error(self, error: ServiceError) -> Response:
        """An error answer."""


class JsonProtocol:
    """JSON 1.0 and 1.1: the operation stands in X-Amz-Target."""

    protocol = "json"

    def __init__(self, model: Any) -> None:
        self._prefix = model.metadata["targetPrefix"]
        self._version = model.metadata.get("jsonVersion", "1.0")
        # A service that spoke Query before tells the code of that time in a header, where clients look first.
        self._once_query = "awsQueryCompatible" in model.metadata
        self._shapes = {str(shape.error_code): str(shape.name) for shape in model.error_shapes}

    def speaks(self, request: Request) -> bool:
        """By its header."""
        return "X-Amz-Target" in request.headers

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """`<prefix>.<operation>`."""
        prefix, _, name = request.headers.get("X-Amz-Target", "").rpartition(".")
        if prefix != self._prefix:
            raise ServiceError("UnknownOperationException", f"no operation {prefix}.{name}")
        return name, {}

    def content_type(self) -> str:
        """With the version."""
        return f"application/x-amz-json-{self._version}"

    def error(self, error: ServiceError) -> Response:
        """The code is in `__type`."""
        name = self._shapes.get(error.code, error.code)
        text = json.dumps({"__type": name, "message": error.message})
        fault = "Sender" if error.status < 500 else "Receiver"
        headers = {"x-amzn-query-error": f"{error.code};{fault}"} if self._once_query else {}
        return Response(text, error.status, headers=headers, content_type=self.content_type())


class QueryProtocol:
    """Form parameters in, XML out."""

    protocol = "query"

    def __init__(self, model: Any) -> None:
        self._model = model

    def speaks(self, request: Request) -> bool:  # noqa: ARG002 - the protocol's
        """Whatever no other wire takes."""
        return True

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The parameter Action."""
        return request.values.get("Action", ""), {}

    def content_type(self) -> str:
        """Always XML."""
        return "text/xml"

    def error(self, error: ServiceError) -> Response:
        """An ErrorResponse element."""
        kind = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code><Message>{escape(error.message)}"
            f"</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Response(text, error.status, content_type=self.content_type())


class RestJsonProtocol:
    """Methods and paths in, JSON out."""

    protocol = "rest-json"

    def __init__(self, model: Any) -> None:
        self._service = model.service_name
        self._routes = _routes(model)

    def speaks(self, request: Request) -> bool:  # noqa: ARG002 - the protocol's
        """Whatever no other wire takes."""
        return True

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """By method and path."""
        try:
            operation, uri_values = self._routes.bind("localhost").match(_path(request), method=request.method)
        except HTTPException as error:
            message = f"no {self._service} operation at {request.method} {request.path}"
            raise ServiceError("UnknownOperationException", message, status=404) from error
        return str(operation), dict(uri_values)

    def content_type(self) -> str:
        """Plain JSON."""
        return "application/json"

    def error(self, error: ServiceError) -> Response:
        """The code is in a header."""
        fault = "User" if error.status < 500 else "Service"
        text = json.dumps({"Type": fault, "Message": error.message, "message": error.message})
        headers = {"Content-Type": self.content_type(), "x-amzn-ErrorType": error.code}
        return Response(text, error.status, headers=headers)


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """A request's body as it was before botocore compressed it, which it does from ten kilobytes on where it may."""
    return gzip.decompress(body) if encoding == "gzip" else body


PROTOCOLS: dict[str, type[JsonProtocol | QueryProtocol | RestJsonProtocol]] = {
    protocol.protocol: protocol for protocol in (JsonProtocol, QueryProtocol, RestJsonProtocol)
}


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
