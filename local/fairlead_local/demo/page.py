"""The demo's page on loopback: the monitor's page with the log above it, rendered on request."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fairlead_local.account import HOST

EVERY = 3
"""Seconds between two refreshes of the browser."""


class Page:
    """Serves the result of `draw` at /, rendered at most every other second; a context manager.

    `port` is used if it is free, else another one.
    """

    def __init__(self, draw: Callable[[], str], port: int) -> None:
        self._draw = draw
        self._lock = threading.Lock()
        self._drawn: tuple[float, bytes] = (0.0, b"")
        self._server = _listening(self, port)

    @property
    def url(self) -> str:
        """The page's URL."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def body(self) -> bytes:
        """Return the page, rendered again unless it is recent; the last one if rendering fails."""
        with self._lock:
            drawn, body = self._drawn
            if time.monotonic() - drawn > EVERY / 2:
                try:
                    body = self._draw().encode()
                except Exception:  # noqa: BLE001 - the cloud may be ending; the browser keeps the last page
                    body = body or b"<!doctype html><title>Fairlead</title><p>The page cannot be shown at the moment."
                self._drawn = (time.monotonic(), body)
            return body

    def __enter__(self) -> "Page":
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="page", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    page: Page

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that closes the connection."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer with the page."""
        found = self.path.partition("?")[0] == "/"
        body = self.server.page.body() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Refresh", str(EVERY))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Log nothing: the terminal shows the demo's log."""


def _listening(page: Page, port: int) -> _Server:
    try:
        server = _Server((HOST, port), _Handler)
    except OSError:
        server = _Server((HOST, 0), _Handler)
    server.page = page
    return server
