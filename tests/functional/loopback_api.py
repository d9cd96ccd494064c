"""An API on loopback that answers by script and keeps what it received."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from testkit.loopback import Received, Sent, loopback


class Script:
    """`answers` are (status, document) by path; `received` the bodies sent, by path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.received: dict[str, list[Any]] = {}
        self.url = ""

    def answer(self, request: Received) -> Sent:
        path = request.path.removeprefix("/v1")
        self.received.setdefault(path, []).append(json.loads(request.body) if request.body else None)
        status, document = self.answers[path]
        return status, {}, json.dumps(document(request.body) if callable(document) else document).encode()


@contextmanager
def serving() -> Iterator[Script]:
    """Serve a script until the block ends."""
    script = Script()
    with loopback(script.answer) as url:
        script.url = f"{url}/v1"
        yield script
