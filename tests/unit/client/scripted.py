"""An HTTP server on loopback that answers what a test says, and an endpoint whose pauses take no time."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fairlead.client.endpoint import Endpoint


class Script:
    """A server's answers, in order (the last one repeats), and the requests that it received.

    A status of 0 breaks the connection; a document of None echoes the rows. `slow` gives the seconds of an answer.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any]] = [(200, {}, {"predictions": []})]
        self.received: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""
        self.slow: Callable[[bytes], float] = lambda _: 0.0
        self.at_once = self.most_at_once = 0


@contextmanager
def serving() -> Iterator[Script]:
    """Serve a script until the block ends."""
    script, lock = Script(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.received.append((self.command, self.path, dict(self.headers), body))
            status, headers, document = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            with lock:
                script.at_once += 1
                script.most_at_once = max(script.most_at_once, script.at_once)
            time.sleep(script.slow(body))
            with lock:
                script.at_once -= 1
            if status == 0:
                return  # and the connection closes
            if document is None:
                document = {"predictions": [row["x"] for row in json.loads(body)["instances"]]}
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - http.server's own name

        def log_message(self, *_: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    script.url = f"http://127.0.0.1:{served.server_port}/v1"
    yield script
    served.shutdown()
    served.server_close()


class Pauses:
    """A clock that only pauses advance."""

    def __init__(self) -> None:
        self.all: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.all.append(seconds)

    def clock(self) -> float:
        return sum(self.all)


def endpoint(server: Script, **options: Any) -> tuple[Endpoint, Pauses]:
    pauses = Pauses()
    return Endpoint(server.url, sleep=pauses.sleep, clock=pauses.clock, **options), pauses
