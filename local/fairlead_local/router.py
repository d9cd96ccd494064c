"""The cloud's API port: each signed request goes to the service its signature names, the rest to moto."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fairlead_local.control import PREFIX

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
SCOPE = re.compile(r"Credential=[^/,\s]+/\d+/[^/,\s]+/([^/,\s]+)/aws4_request")


class Front:
    """A WSGI application over several."""

    def __init__(self, services: Mapping[str, WsgiApp], rest: WsgiApp, *, control: WsgiApp) -> None:
        self._services = services
        self._rest = rest
        self._control = control

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Hand the request on."""
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._control(environ, start_response)
        named = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = self._services.get(named[1]) if named else None
        return (service or self._rest)(environ, start_response)
