"""AWS API calls read from HTTP requests: service, operation and parameters, in each of AWS's protocols."""

import functools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.utils import get_service_model
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam import s3_actions
from fairlead_local.protocols import RestJsonProtocol, decompressed

# Services by their name in signatures, where botocore has another name.
SIGNED_AS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "eventbridge": "events"}
TARGET = "X-Amz-Target"
FORM = "application/x-www-form-urlencoded"


class ApiCall:
    """One request, read as far as authorisation needs."""

    def __init__(self, signed_as: str, request: HttpRequest) -> None:
        self.service = SIGNED_AS.get(signed_as, signed_as)
        self.request = request
        self.query = dict(parse_qsl(request.query, keep_blank_values=True))
        self.protocol = _protocol(self.service, request)
        self.operation, self._uri = self._find()

    @functools.cached_property
    def body(self) -> bytes:
        """The body, decompressed if botocore compressed it."""
        return decompressed(self.request.body, self.request.header("Content-Encoding"))

    @functools.cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters by the names of the service's model; of nested query parameters only lists are read."""
        if self.protocol == "json":
            return dict(json.loads(self.body or b"{}"))
        if self.protocol == "query":
            return _flat(self._form)
        found = {**self.query, **self._uri}
        if self.protocol == "rest-json" and not self.operation.startswith("Invoke") and self.body[:1] == b"{":
            found |= json.loads(self.body)
        return found

    def text(self, name: str) -> str:
        """Return a text parameter, or "" if it is none."""
        value = self.parameters.get(name)
        return str(value) if isinstance(value, str | int) else ""

    def texts(self, name: str) -> list[str]:
        """Return a parameter that is a list of texts."""
        value = self.parameters.get(name) or []
        return [str(one) for one in (value if isinstance(value, list | tuple) else [value])]

    @functools.cached_property
    def _form(self) -> dict[str, str]:
        form = (self.request.header("Content-Type") or "").startswith(FORM)
        body = self.body.decode() if form else ""
        return self.query | dict(parse_qsl(body, keep_blank_values=True))

    def _find(self) -> tuple[str, dict[str, Any]]:
        """Return the operation's name, or "" if it is unknown, and the parameters in the path."""
        if self.protocol == "json":
            return (self.request.header(TARGET) or "").rpartition(".")[2], {}
        if self.protocol == "query":
            return self._form.get("Action", ""), {}
        if self.protocol == "rest-xml" and self.service == "s3":
            return s3_actions.operation(self.request, self.query)
        if self.protocol == "rest-json":
            builder = EnvironBuilder(
                method=self.request.method, path=unquote(self.request.path), query_string=self.request.query
            )
            try:
                return _routes(self.service).operation(Request(builder.get_environ()))
            except ServiceError:
                return "", {}
        return "", {}


def unsigned_protocol(request: HttpRequest) -> str:
    """Return the protocol of a request that names no service; S3's if nothing indicates another."""
    if request.header(TARGET):
        return "json"
    return "query" if (request.header("Content-Type") or "").startswith(FORM) else "rest-xml"


def _protocol(service: str, request: HttpRequest) -> str:
    if request.header(TARGET):
        return "json"
    from botocore.exceptions import UnknownServiceError

    try:
        metadata = get_service_model(service).metadata
    except UnknownServiceError:
        return ""
    spoken = metadata.get("protocols", [metadata["protocol"]])
    return next((word for word in spoken if word.startswith("rest-")), "query" if "query" in spoken else spoken[0])


def _flat(form: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in form.items():
        name, nested, _ = key.partition(".")
        if not nested:
            found[name] = value
        elif key.rpartition(".")[2].isdecimal():
            found.setdefault(name, []).append(value)
    return found


@functools.cache
def _routes(service: str) -> RestJsonProtocol:
    return RestJsonProtocol(get_service_model(service))
