"""Kills a command in the middle: an endpoint forwards its calls, and kills the process before one answer arrives.

That call has been carried out, and its process is gone (SIGKILL): the worst moment. To AWS it is the same as a kill
just before the next call, so a kill after each changing call covers every moment between.
"""

import http.client
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from fairlead_local.cloud import LocalCloud

READS = ("Describe", "Get", "List")
THINGS = ("configuration", "versions", "invocations", "live", "previous", "journal")
HOP = ("transfer-encoding", "connection", "content-length", "date", "server")


class Way:
    """The way to the cloud. `passed` are the steps after which processes were killed, each with its place: `live 1`."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.address = urlsplit(cloud.endpoint_url).netloc
        self.endpoint = ""
        self.passed: list[str] = []
        self._victim: subprocess.Popen[str] | None = None
        self._seen: Counter[str] = Counter()

    def kills(self, start: Callable[[], "subprocess.Popen[str]"]) -> Iterator[str]:
        """Start a command and kill it after a step; repeat with the next step until a run is not killed.

        Yields the steps without their numbers, and ends with the run that was not killed.
        """
        while True:
            before = len(self.passed)
            self._seen.clear()
            self._victim = start()
            self._victim.communicate(timeout=120)
            if len(self.passed) == before:
                return
            yield self.passed[-1].rpartition(" ")[0]

    def is_last(self, step: str) -> bool:
        """Record a step that was done; returns whether it was the last step of its process."""
        self._seen[step] += 1
        named = f"{step} {self._seen[step]}"
        if named in self.passed or self._victim is None:
            return False
        self._victim.send_signal(signal.SIGKILL)
        self._victim.wait()
        self.passed.append(named)
        return True


@contextmanager
def way_to(cloud: LocalCloud) -> Iterator[Way]:
    """Forward calls of processes to the cloud, one process and one changing call at a time."""
    way = Way(cloud)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer, data = handed_on(way.address, self.command, self.path, body, dict(self.headers.items()))
            step = step_of(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            if step and way.is_last(step):
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            heads = self.command == "HEAD"
            self.send_header("Content-Length", answer.getheader("Content-Length", "0") if heads else str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = hand_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    way.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield way
    finally:
        server.shutdown()
        server.server_close()


def handed_on(
    address: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    """Make the same call, with the Host header that was signed."""
    connection = http.client.HTTPConnection(address)
    kept = {name: value for name, value in headers.items() if name.lower() != "expect"}
    connection.request(method, path, body, kept)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def step_of(method: str, path: str, target: str, body: bytes) -> str:
    """Return the name of the thing that a call changes; empty if it only reads."""
    if method in ("GET", "HEAD"):
        return ""
    operation = target.rpartition(".")[2] or parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    if operation:
        return "" if operation.startswith(READS) else operation
    parts = urlsplit(path).path.split("/")
    return next((thing for thing in THINGS if thing in parts), path)
