"""Output of commands: results on stdout (tables, or JSON alone), progress on stderr."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import typer

PIPED_WIDTH = 200
"""Width if stdout is not a terminal: a log is not truncated."""
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that move a terminal's cursor, colour it, or turn the text around them; tabs and new lines may stay."""


def print_json(result: Any) -> None:
    """Print one JSON document on stdout; its type is in `documents`."""
    typer.echo(json_text(result))


def json_text(result: Any) -> str:
    """Return a result as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers are right-aligned. On a terminal with fewer lines it goes through $PAGER.

    Cells wrap between words. Where the words do not fit beside each other, each row is a block of labelled lines.
    """
    from fairlead_cli.tables import blocks, column_widths, table

    cells = [[text(value) for value in row] for row in rows]
    console = stdout()
    widths = column_widths(columns, cells, console.width)
    numeric = [all(isinstance(row[position], int | float) for row in rows) for position in range(len(columns))]
    shown = table(columns, cells, widths, numeric) if widths else blocks(columns, cells)
    long = console.is_terminal and sys.stdin.isatty() and _height(console, shown) >= console.size.height
    with console.pager() if long else nullcontext():
        console.print(shown, soft_wrap=widths is None)


def _height(console: Any, shown: Any) -> int:
    return len(console.render_lines(shown, pad=False))


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print labels and values, one pair on each line."""
    width = max(len(label) for label, _ in facts)
    for label, said in facts:
        typer.echo(printable(f"{label:<{width}}  {said}".rstrip()))


def note(said: str) -> None:
    """Print a note on stderr."""
    typer.echo(printable(said), err=True)


@contextmanager
def progress_steps() -> Iterator[Callable[[str], None]]:
    """Return a function that prints progress on stderr, with a spinner on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status("") as status:

        def show(step: str) -> None:
            console.print(Text(printable(f"· {step}"), style="dim"), soft_wrap=True)
            status.update(Text(printable(step)))

        yield show


def printable(said: str) -> str:
    """Return the text with a visible mark for each control character."""
    return STEERING.sub("�", said)


def text(value: object) -> str:
    """Format a value."""
    if isinstance(value, float):
        from fairlead.model.digits import digits

        return digits(value)
    return "" if value is None else printable(str(value))


def size(count: int) -> str:
    """Format a number of bytes, for example 37.5 GiB."""
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB")):
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count / 1024:.1f} KiB"


def stdout() -> Any:
    """Open a Rich console on stdout, as wide as the terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
