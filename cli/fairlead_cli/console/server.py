"""The console's socket on loopback: plain HTTP, a thread for each connection."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fairlead_cli.console.messages import Request, Response

HOST = "127.0.0.1"
MOST_BYTES = 1_000_000
"""Size of a form that is read: a row of a model is far smaller."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without a referrer browsers send no Origin with forms
    "X-Content-Type-Options": "nosniff",
}

Answer = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    """Serves `answer`, which is set after the port is known; port 0 is a free one."""

    daemon_threads = True
    answer: Answer

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), _Handler)

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that closes the connection."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 60

    def respond(self) -> None:
        """Read one request and answer it."""
        size = self.headers.get("Content-Length") or "0"
        if not size.isdecimal() or int(size) > MOST_BYTES:
            self.send_error(413)
            return
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query)),
            headers={name.title(): value for name, value in self.headers.items()},
            form=dict(parse_qsl(self.rfile.read(int(size)).decode(errors="replace"), keep_blank_values=True)),
        )
        self._send(self.server.answer(request))

    do_GET = do_HEAD = do_POST = respond  # noqa: N815 - as http.server

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Content-Security-Policy", response.policy)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if response.location:
            self.send_header("Location", response.location)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: a line would have the token."""
