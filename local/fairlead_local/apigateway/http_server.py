"""The port of deployed APIs: plain HTTP/1.1 with keep-alive, bodies by length or in chunks."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fairlead_local.http_body import BrokenBodyError, read_body
from fairlead_local.http_message import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


class GatewayServer(ThreadingHTTPServer):
    """Serves one `answer` function, with a thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        super().__init__(address, _Handler)
        self.answer = answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a caller that closes the connection."""


class _Handler(BaseHTTPRequestHandler):
    server: GatewayServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def respond(self) -> None:
        """Read one request and answer it."""
        try:
            # A body over the gateway's limit is read, too; otherwise the caller would not read the answer.
            body = read_body(self.headers, self.rfile)
        except BrokenBodyError as error:  # where the next request begins is unknown
            self.send_error(400, explain=str(error))
            return
        headers = tuple(self.headers.items())
        request = HttpRequest(self.command, self.path, headers, body, self.client_address[0])
        response = self.server.answer(request)
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = respond  # noqa: N815 - as http.server

    def handle_expect_100(self) -> bool:
        """Let a client that waits for it send its body."""
        done = super().handle_expect_100()
        self.wfile.flush()
        return done

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: the function has its own log."""
