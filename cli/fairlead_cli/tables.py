"""Fits a table into the width of a terminal without cutting a word."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

GAP = 2
"""Columns between two cells."""


def column_widths(columns: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the width of each column so that all fit into `room`; None if their longest words do not.

    The widest column that can still wrap becomes narrower.
    """
    texts = [[name, *(row[position] for row in cells)] for position, name in enumerate(columns)]
    widths = [max(map(cell_len, column)) for column in texts]
    least = [max((cell_len(word) for text in column for word in text.split()), default=0) for column in texts]
    room -= GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((one for one, width in enumerate(widths) if width > least[one]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def table(
    columns: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int], numeric: Sequence[bool]
) -> Table:
    """Return the cells as a table with these widths."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for name, width, right in zip(columns, widths, numeric, strict=True):
        drawn.add_column(name, justify="right" if right else "left", width=width)
    for row in cells:
        drawn.add_row(*map(Text, row))
    return drawn


def blocks(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> Any:
    """Return each row as labelled lines, its empty cells left out, and an empty line between two rows."""
    width = max(map(cell_len, columns)) + GAP
    rows = [
        Text("\n").join(
            Text.assemble((name.ljust(width), "bold"), text) for name, text in zip(columns, row, strict=True) if text
        )
        for row in cells
    ]
    return Text("\n\n").join(rows)
