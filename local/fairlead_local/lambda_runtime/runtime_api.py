"""The Lambda Runtime API for one execution environment.

The runtime asks for the next invocation, answers it with a response or an error, and reports a failed init. With
SnapStart it asks for the restore first.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fairlead_local.account import HOST

PREFIX = "/2018-06-01/runtime"


@dataclass
class Invocation:
    """One event for the runtime; `done` is set with the answer, which is an error if `failed`."""

    request_id: str
    arn: str
    payload: bytes
    deadline: float  # seconds since the epoch
    trace: str = ""
    done: threading.Event = field(default_factory=threading.Event)
    answer: bytes = b""
    failed: bool = False

    def headers(self) -> dict[str, str]:
        """Return the headers that the runtime gets with the payload."""
        named = {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Content-Type": "application/json",
        }
        return named | ({"Lambda-Runtime-Trace-Id": self.trace} if self.trace else {})

    def finish(self, answer: bytes, *, failed: bool) -> None:
        """Set the answer; only the first one counts."""
        if not self.done.is_set():
            self.answer, self.failed = answer, failed
            self.done.set()


class RuntimeApi:
    """Serves one runtime process on a loopback port of its own."""

    def __init__(self) -> None:
        self.ready = threading.Event()  # set after init: the runtime asked for work or reported a failed init
        self.init_error: bytes | None = None
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._current: Invocation | None = None
        self._server = _Server(self)
        self.address = f"{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve, name=f"runtime api {self.address}", daemon=True).start()

    def send(self, invocation: Invocation) -> None:
        """Send an invocation to the runtime."""
        self._current = invocation
        self._waiting.put(invocation)

    def fail(self, answer: bytes) -> None:
        """Answer a waiting invocation or init for a runtime that has ended."""
        if not self.ready.is_set():
            self.init_error = self.init_error or answer
            self.ready.set()
        if self._current:
            self._current.finish(answer, failed=True)

    def close(self) -> None:
        """Stop serving."""
        self._waiting.put(None)
        self._server.stop()

    def next(self) -> Invocation | None:
        """Block until there is an invocation; return None when closing."""
        self.ready.set()
        return self._waiting.get()

    def answered(self, request_id: str, answer: bytes, *, failed: bool) -> bool:
        """Accept the runtime's answer; return False if it is for another invocation."""
        if self._current is None or self._current.request_id != request_id:
            return False
        self._current.finish(answer, failed=failed)
        return True

    def init_failed(self, answer: bytes) -> None:
        """Accept the error of a failed init."""
        self.init_error = answer
        self.ready.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__((HOST, 0), _Handler)
        self.api = api

    def serve(self) -> None:
        """Accept connections until stopped; it ends faster than serve_forever."""
        while True:
            try:
                self.process_request(*self.get_request())
            except OSError:
                return

    def stop(self) -> None:
        """Wake `serve` and end it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the broken connection of a runtime that was killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer the runtime's request for an invocation or for the end of a restore."""
        if self.path == f"{PREFIX}/restore/next":
            self.server.api.ready.set()
            self._reply(200)
            return
        invocation = self.server.api.next() if self.path == f"{PREFIX}/invocation/next" else None
        if invocation is None:
            self._reply(404)
            return
        self._reply(200, invocation.payload, invocation.headers())

    def do_POST(self) -> None:
        """Accept the runtime's answer or its report of a failed init."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = self.path.removeprefix(PREFIX).strip("/").split("/")
        match parts:
            case ["init" | "restore", "error"]:
                self.server.api.init_failed(body)
                self._reply(202, b'{"status":"OK"}')
            case ["invocation", request_id, ("response" | "error") as kind]:
                taken = self.server.api.answered(request_id, body, failed=kind == "error")
                self._reply(202 if taken else 400, b'{"status":"OK"}')
            case _:
                self._reply(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing for the runtime's requests."""

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def deadline(seconds: float) -> float:
    """Return the moment by which an invocation must have answered."""
    return time.time() + seconds
