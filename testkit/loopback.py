"""An HTTP server on loopback; a function gives its answers."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Sent = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""


@contextmanager
def loopback(answer: Callable[[Received], Sent | None]) -> Iterator[str]:
    """Serve until the block ends, and give the URL. Where the answer is None, the connection closes without one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = answer(Received(self.command, self.path, dict(self.headers), body))
            if sent is None:
                return
            status, headers, data = sent
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - http.server's own name

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
