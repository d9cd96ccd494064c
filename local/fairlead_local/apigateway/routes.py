"""The routes of an API: exact segments match before `{name}`, and `{name+}` matches last."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fairlead_local.errors import ServiceError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
FUNCTION = re.compile(r":lambda:path/[^/]+/functions/(?P<arn>[^/]+)/invocations")


@dataclass(frozen=True)
class Operation:
    """One method of one path: its authorisation, and the function (ARN with qualifier) it calls."""

    resource: str
    method: str
    iam: bool
    function: str


@dataclass(frozen=True)
class Match:
    """An operation and the path parameters of the request."""

    operation: Operation
    parameters: dict[str, str]


class Routes:
    """The routes of one deployed body."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._resources = sorted(
            ((path, _operations(path, item, body)) for path, item in body.get("paths", {}).items()),
            key=lambda pair: _precedence(pair[0]),
        )

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation of a request; None if no path matches, or the best path lacks the method."""
        segments = path.strip("/").split("/") if path.strip("/") else []
        for resource, operations in self._resources:
            parameters = _fits(resource, segments)
            if parameters is None:
                continue
            operation = operations.get(method.lower()) or operations.get("any")
            # Only the best match counts: a method it lacks is not looked up in a greedy path.
            return Match(operation, parameters) if operation else None
        return None


def _operations(path: str, item: dict[str, Any], body: dict[str, Any]) -> dict[str, Operation]:
    found = {}
    for name, operation in item.items():
        method = "any" if name == ANY else name.lower()
        if method == "any" or method in METHODS:
            found[method] = _operation(path, method, operation, body)
    return found


def _operation(path: str, method: str, operation: dict[str, Any], body: dict[str, Any]) -> Operation:
    integration = operation.get(INTEGRATION, {})
    kind = str(integration.get("type", "")).lower()
    called = FUNCTION.search(str(integration.get("uri", "")))
    if kind != "aws_proxy" or not called:
        raise ServiceError(
            "BadRequestException",
            f"the local cloud supports Lambda proxy integrations only; {method.upper()} {path} has {kind or 'none'}",
        )
    if integration.get("credentials"):
        message = "the local cloud does not support an integration's credentials"
        raise ServiceError("BadRequestException", f"{message} ({method.upper()} {path})")
    return Operation(path, method.upper(), _uses_iam(path, method, operation, body), called["arn"])


def _uses_iam(path: str, method: str, operation: dict[str, Any], body: dict[str, Any]) -> bool:
    schemes = {**body.get("securityDefinitions", {}), **body.get("components", {}).get("securitySchemes", {})}
    required = operation.get("security", body.get("security", []))
    names = {name for requirement in required for name in requirement}
    if not names:
        return False
    for name in names:
        if schemes.get(name, {}).get("x-amazon-apigateway-authtype", "").lower() != "awssigv4":
            message = f"the local cloud supports IAM authorisation only; {method.upper()} {path} has {name}"
            raise ServiceError("BadRequestException", message)
    return True


def _precedence(path: str) -> list[tuple[int, str]]:
    segments = path.strip("/").split("/")
    return [(2 if s.endswith("+}") else 1 if s.startswith("{") else 0, s) for s in segments]


def _fits(resource: str, segments: list[str]) -> dict[str, str] | None:
    pattern = resource.strip("/").split("/") if resource.strip("/") else []
    parameters: dict[str, str] = {}
    for place, part in enumerate(pattern):
        if part.endswith("+}"):
            if place >= len(segments):
                return None
            parameters[part[1:-2]] = unquote("/".join(segments[place:]))
            return parameters
        if place >= len(segments):
            return None
        if part.startswith("{"):
            parameters[part[1:-1]] = unquote(segments[place])
        elif part != unquote(segments[place]):
            return None
    return parameters if len(pattern) == len(segments) else None
