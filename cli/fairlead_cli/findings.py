"""The gate's table: check, finding, figure, threshold, verdict. Readable without colour, at 80 columns and wide."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from fairlead_cli.output import stdout

if TYPE_CHECKING:
    from fairlead.model.manifest import Finding

ORDER = {"fail": 0, "inconclusive": 1, "warn": 2, "not applicable": 3, "pass": 4}
WORDS = {"fail": "FAIL", "not applicable": "n/a"}
STYLES = {"fail": "bold red", "inconclusive": "yellow", "warn": "yellow", "not applicable": "dim", "pass": "green"}
COLUMNS = {"check": 0, "finding": 6, "figure": 5, "threshold": 4, "verdict": 0}
"""Shares of the width that the columns check and verdict leave on a narrow terminal."""


def print_findings(findings: "Sequence[Finding]", *, worst_first: bool = False) -> None:
    """Print a table row for each finding, and below it the details of those that did not pass."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for column, share in COLUMNS.items():
        table.add_column(column, no_wrap=not share, overflow="fold", ratio=share or None)
    for one in sorted(findings, key=_rank) if worst_first else findings:
        cells = (one.check, one.finding, one.figure, one.threshold)
        table.add_row(*map(Text, cells), Text(_word(one), style=STYLES[one.verdict]))
    stdout().print(table)
    _print_details([one for one in sorted(findings, key=_rank) if one.detail and one.verdict != "pass"])


def count(findings: "Sequence[Finding]") -> str:
    """Return the number of findings of each verdict, worst first."""
    found: dict[str, int] = {}
    for one in sorted(findings, key=_rank):
        found[one.verdict] = found.get(one.verdict, 0) + 1
    return ", ".join(f"{number} {verdict}" for verdict, number in found.items())


def _print_details(findings: "Sequence[Finding]") -> None:
    if findings:
        typer.echo()
    for one in findings:
        typer.echo(f"{_word(one)}: {one.check}, {one.finding}: {one.detail}")


def _rank(one: "Finding") -> tuple[bool, int]:
    return not one.refuses, ORDER[one.verdict]


def _word(one: "Finding") -> str:
    """Return the verdict's word; capitals stand out without colour."""
    word = WORDS.get(one.verdict, one.verdict)
    return f"{word} (refuses)" if one.refuses and one.verdict != "fail" else word
