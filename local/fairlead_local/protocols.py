"""AWS's protocols: how each names the operation and encodes an error; moto reads and writes the rest.

`protocol` is the name that moto and botocore use. `PROTOCOLS` has the ones that a service may use.
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

    def accepts(self, request: Request) -> bool:
        """Return whether a request uses this protocol; the first protocol that returns True takes it."""

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the operation's name and the parameters in the path; raises ServiceError for none."""

    def content_type(self) -> str:
        """Return the content type of answers."""

    def error(self, error: ServiceError) -> Response:
        """Return an error answer."""


class JsonProtocol:
    """JSON 1.0 and 1.1: the operation is in X-Amz-Target."""

    protocol = "json"

    def __init__(self, model: Any) -> None:
        self._prefix = model.metadata["targetPrefix"]
        self._version = model.metadata.get("jsonVersion", "1.0")
        # A service that used Query before has its old error code in a header, which clients read first.
        self._once_query = "awsQueryCompatible" in model.metadata
        self._shapes = {str(shape.error_code): str(shape.name) for shape in model.error_shapes}

    def accepts(self, request: Request) -> bool:
        """Return whether the header X-Amz-Target is set."""
        return "X-Amz-Target" in request.headers

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the operation from `<prefix>.<operation>`."""
        prefix, _, name = request.headers.get("X-Amz-Target", "").rpartition(".")
        if prefix != self._prefix:
            raise ServiceError("UnknownOperationException", f"no operation {prefix}.{name}")
        return name, {}

    def content_type(self) -> str:
        """Return the content type with JSON's version."""
        return f"application/x-amz-json-{self._version}"

    def error(self, error: ServiceError) -> Response:
        """Return the error with its code in `__type`."""
        name = self._shapes.get(error.code, error.code)
        text = json.dumps({"__type": name, "message": error.message})
        fault = "Sender" if error.status < 500 else "Receiver"
        headers = {"x-amzn-query-error": f"{error.code};{fault}"} if self._once_query else {}
        return Response(text, error.status, headers=headers, content_type=self.content_type())


class QueryProtocol:
    """Form parameters in requests, XML in answers."""

    protocol = "query"

    def __init__(self, model: Any) -> None:
        self._model = model

    def accepts(self, request: Request) -> bool:  # noqa: ARG002 - the protocol's
        """Take every request that no other protocol takes."""
        return True

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the parameter Action."""
        return request.values.get("Action", ""), {}

    def content_type(self) -> str:
        """Return the content type of XML."""
        return "text/xml"

    def error(self, error: ServiceError) -> Response:
        """Return an ErrorResponse element."""
        kind = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code><Message>{escape(error.message)}"
            f"</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Response(text, error.status, content_type=self.content_type())


class RestJsonProtocol:
    """Methods and paths in requests, JSON in answers."""

    protocol = "rest-json"

    def __init__(self, model: Any) -> None:
        self._service = model.service_name
        self._routes = _routes(model)

    def accepts(self, request: Request) -> bool:  # noqa: ARG002 - the protocol's
        """Take every request that no other protocol takes."""
        return True

    def operation(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the operation by method and path."""
        try:
            operation, uri_values = self._routes.bind("localhost").match(_path(request), method=request.method)
        except HTTPException as error:
            message = f"no {self._service} operation at {request.method} {request.path}"
            raise ServiceError("UnknownOperationException", message, status=404) from error
        return str(operation), dict(uri_values)

    def content_type(self) -> str:
        """Return the content type of JSON."""
        return "application/json"

    def error(self, error: ServiceError) -> Response:
        """Return the error with its code in a header."""
        fault = "User" if error.status < 500 else "Service"
        text = json.dumps({"Type": fault, "Message": error.message, "message": error.message})
        headers = {"Content-Type": self.content_type(), "x-amzn-ErrorType": error.code}
        return Response(text, error.status, headers=headers)


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """Return a request's body without gzip; botocore compresses bodies over ten kilobytes where a service allows it."""
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
    """Return the path to match; two of Lambda's operations differ only by `find=…` in the query."""
    find = request.args.get("find")
    return f"{request.path.rstrip('/')}/find={find}" if find else request.path
