"""A WSGI application in front of CloudWatch's: a read finds everything that functions have printed before it."""

from collections.abc import Callable, Iterable
from typing import Any

from fairlead_local.http_message import WsgiApp

READS = ("Describe", "Filter", "Get", "List")
SECONDS = 10.0


class DeliveredFirst:
    """Calls `settle` before each read."""

    def __init__(self, app: WsgiApp, settle: Callable[[float], bool]) -> None:
        self._app = app
        self._settle = settle

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2] or environ["PATH_INFO"].rpartition("/")[2]
        if operation.startswith(READS):
            self._settle(SECONDS)
        return self._app(environ, start_response)
