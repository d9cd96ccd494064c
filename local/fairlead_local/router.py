"""The router of the AWS port: each signed request goes to the service in its signature, any other to moto."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fairlead_local.http_message import WsgiApp

SCOPE = re.compile(r"Credential=[^/,\s]+/\d+/[^/,\s]+/([^/,\s]+)/aws4_request")


class Router:
    """A WSGI application in front of the services."""

    def __init__(self, services: Mapping[str, WsgiApp], rest: WsgiApp) -> None:
        self._services = services
        self._rest = rest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request to its service."""
        named = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = self._services.get(named[1]) if named else None
        return (service or self._rest)(environ, start_response)
