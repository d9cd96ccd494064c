"""Output of commands: results on stdout (tables, or JSON alone), progress on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import typer

PIPED_WIDTH = 200
"""Width if stdout is not a terminal: a log is not truncated."""


def print_json(result: Any) -> None:
    """Print one JSON document on stdout."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers are right-aligned. On a terminal with fewer lines it goes through $PAGER."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        numeric = all(isinstance(row[position], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(Text(text(value)) for value in row))
    console = stdout()
    long = console.is_terminal and sys.stdin.isatty() and len(rows) + 1 >= console.size.height
    with console.pager() if long else nullcontext():
        console.print(table)


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print labels and values, one pair a line."""
    width = max(len(label) for label, _ in facts)
    for label, said in facts:
        typer.echo(f"{label:<{width}}  {said}".rstrip())


def note(said: str) -> None:
    """Print a note on stderr."""
    typer.echo(said, err=True)


@contextmanager
def progress_steps() -> Iterator[Callable[[str], None]]:
    """Return a function that prints progress on stderr, with a spinner on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status("") as status:

        def show(step: str) -> None:
            console.print(Text(f"· {step}", style="dim"), soft_wrap=True)
            status.update(Text(step))

        yield show


def text(value: object) -> str:
    """Format a value."""
    if isinstance(value, float):
        from fairlead.model.digits import digits

        return digits(value)
    return "" if value is None else str(value)


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
