"""The demo's log, printed on the terminal and shown on the page."""

import sys
from datetime import datetime
from typing import NamedTuple


class Line(NamedTuple):
    """One line of the log and its time, aware."""

    at: datetime
    text: str


class Log:
    """The lines so far; one thread adds lines, others read them."""

    def __init__(self) -> None:
        self.lines: tuple[Line, ...] = ()

    def add(self, at: datetime, text: str) -> None:
        """Add a line and print it."""
        self.lines = (*self.lines, Line(at, text))
        sys.stdout.write(f"  {at:%H:%M}  {text}\n")
        sys.stdout.flush()
