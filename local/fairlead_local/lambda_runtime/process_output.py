"""The output of a runtime process by lines, in order with the platform's own lines."""

import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

LINE_LIMIT = 262_144  # bytes; Lambda splits longer lines into several log events


@dataclass(frozen=True)
class Line:
    """One log event: milliseconds since the epoch, and the text."""

    timestamp: int
    text: str


class ProcessOutput:
    """Reads one pipe; `drain` reads everything printed so far, so that END follows the function's last line."""

    def __init__(self, descriptor: int, deliver: Callable[[list[Line]], None]) -> None:
        self._descriptor = descriptor
        self._deliver = deliver
        self._lock = threading.Lock()
        self._rest = b""
        self._kept: list[bytes] = []
        self._open = True
        threading.Thread(target=self._read, name="function output", daemon=True).start()

    def note(self, text: str) -> None:
        """Add a line of the platform (START, END, REPORT)."""
        with self._lock:
            self._take(text.encode() + b"\n")

    def begin(self) -> None:
        """Clear the log tail of the previous invocation."""
        with self._lock:
            self._kept.clear()

    def drain(self) -> bytes:
        """Read what is in the pipe without waiting; return this invocation's lines."""
        with self._lock:
            while self._open and select.select([self._descriptor], [], [], 0)[0]:
                self._fill()
            return b"\n".join(self._kept)

    def close(self) -> None:
        """Read what is left and close the pipe."""
        self.drain()
        with self._lock:
            if self._rest:
                self._take(b"\n")
            if self._open:
                self._open = False
                os.close(self._descriptor)

    def _read(self) -> None:
        while self._open:
            try:
                select.select([self._descriptor], [], [], 1.0)
            except (OSError, ValueError):  # closed while waiting
                return
            self.drain()

    def _fill(self) -> None:
        data = os.read(self._descriptor, 1 << 20)
        if not data:
            self._open = False
            os.close(self._descriptor)
            return
        self._take(data)

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        pieces = [piece for line in lines for piece in _split(line)]
        if not pieces:
            return
        self._kept += pieces
        now = int(time.time() * 1000)
        # awslambdaric joins the lines of one traceback by \r, to keep it one event.
        self._deliver([Line(now, piece.decode("utf-8", "replace").replace("\r", "\n")) for piece in pieces])


def _split(line: bytes) -> list[bytes]:
    return [line[start : start + LINE_LIMIT] for start in range(0, len(line), LINE_LIMIT)]
