"""An HTTP server on loopback that answers what a test says, and an endpoint whose pauses take no time."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fairlead.client.endpoint import Endpoint
from testkit.loopback import Received, Sent, loopback


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
        self._lock = threading.Lock()

    def answer(self, request: Received) -> Sent | None:
        self.received.append((request.method, request.path, dict(request.headers), request.body))
        status, headers, document = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.slow(request.body))
        with self._lock:
            self.at_once -= 1
        if status == 0:
            return None
        if document is None:
            document = {"predictions": [row["x"] for row in json.loads(request.body)["instances"]]}
        return status, headers, document if isinstance(document, bytes) else json.dumps(document).encode()


@contextmanager
def serving() -> Iterator[Script]:
    """Serve a script until the block ends."""
    script = Script()
    with loopback(script.answer) as url:
        script.url = f"{url}/v1"
        yield script


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
