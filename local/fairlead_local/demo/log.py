"""What was told: one line after the other, by the cloud's clock, on the terminal and for the page."""

import sys
from datetime import datetime
from typing import NamedTuple


class Line(NamedTuple):
    """One line of the story and when it happened, aware."""

    at: datetime
    text: str


class Log:
    """The story so far; lines are added by one thread and read by others."""

    def __init__(self) -> None:
        self.lines: tuple[Line, ...] = ()

    def add(self, at: datetime, text: str) -> None:
        """Add a line and print it."""
        self.lines = (*self.lines, Line(at, text))
        sys.stdout.write(f"  {at:%H:%M}  {text}\n")
        sys.stdout.flush()
