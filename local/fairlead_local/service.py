"""An AWS API over HTTP, driven by botocore's description of the service.

A `Service` finds the operation of a request, calls the operation's handler with the parameters (a dict with the model's
names), and encodes the returned dict, or the `ServiceError`, in the request's protocol. moto's parsers and serializers
read and write. An operation without a handler answers 501 with its name.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SERIALIZERS
from moto.core.utils import get_service_model
from werkzeug import Request, Response

from fairlead_local.errors import ServiceError
from fairlead_local.protocols import PROTOCOLS, WireProtocol, decompressed

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A result with an HTTP status other than the model's (202 for an asynchronous invocation).

    `request_id` is the id that the request has elsewhere too: an invocation's is the function's.
    """

    result: dict[str, Any]
    status: int
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


Handler = Callable[[dict[str, Any]], dict[str, Any] | Reply | None]


class Service:
    """A WSGI application for one AWS service, in each of the service's protocols that `PROTOCOLS` has."""

    def __init__(self, name: str, handlers: Mapping[str, Handler]) -> None:
        self.name = name
        self._handlers = handlers
        self._model = get_service_model(name)
        unknown = set(handlers) - set(self._model.operation_names)
        if unknown:
            raise ValueError(f"{name} has no operations {sorted(unknown)}")
        names = self._model.metadata.get("protocols", [self._model.metadata["protocol"]])
        self._protocols: list[WireProtocol] = [PROTOCOLS[word](self._model) for word in names if word in PROTOCOLS]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        response.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        body = decompressed(
            request.get_data(cache=True, parse_form_data=False), request.headers.get("Content-Encoding")
        )
        protocol = next((protocol for protocol in self._protocols if protocol.accepts(request)), self._protocols[-1])
        try:
            operation, uri_values = protocol.operation(request)
            handler = self._handlers.get(operation, self._missing(operation))
            params = self._read(protocol, operation, request, body, uri_values)
            return self._write(protocol, operation, handler(params))
        except ServiceError as error:
            return protocol.error(error)
        except Exception:
            logger.exception("%s failed", self.name)
            return protocol.error(ServiceError("InternalFailure", "the local cloud failed; see cloud.log", status=500))

    def _missing(self, operation: str) -> Handler:
        def refuse(_: dict[str, Any]) -> None:
            message = f"the local cloud does not implement {self.name}:{operation}"
            raise ServiceError("NotImplemented", message, status=501)

        return refuse

    def _read(
        self, protocol: WireProtocol, operation: str, request: Request, body: bytes, uri_values: dict[str, Any]
    ) -> dict[str, Any]:
        if operation not in self._model.operation_names:
            raise ServiceError("UnknownOperationException", f"{self.name} has no operation {operation}", status=404)
        parser = PROTOCOL_PARSERS[protocol.protocol](self._model.operation_model(operation))
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

    def _write(self, protocol: WireProtocol, operation: str, answer: dict[str, Any] | Reply | None) -> Response:
        result = answer.result if isinstance(answer, Reply) else answer or {}
        serializer = SERIALIZERS[protocol.protocol](self._model.operation_model(operation))
        written = serializer.serialize(result)
        headers = {name: str(value) for name, value in written["headers"].items()}
        headers["Content-Type"] = protocol.content_type()
        if isinstance(answer, Reply):
            return Response(written["body"], answer.status, headers={**headers, "x-amzn-RequestId": answer.request_id})
        return Response(written["body"], written["status_code"], headers=headers)
