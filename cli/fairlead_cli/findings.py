"""The gate's table, one line for each check or for each finding. Readable without colour, at 80 columns and wide."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from fairlead_cli.output import stdout

if TYPE_CHECKING:
    from fairlead.model.manifest import Certificate, Engine, Finding

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


def print_checks(findings: "Sequence[Finding]", *, verbose: bool = False) -> None:
    """Print a row for each check, and below it one for each of its findings that did not pass.

    `verbose` prints a row for each finding instead.
    """
    from rich.table import Table
    from rich.text import Text

    if verbose:
        print_findings(findings)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("check", no_wrap=True)
    table.add_column("result", overflow="fold", ratio=1)
    table.add_column("verdict", no_wrap=True)
    said: dict[str, str] = {}
    for check, group in groupby(findings, key=lambda one: one.check):
        for name, result, one in _check_rows(check, list(group), said):
            table.add_row(Text(name), Text(result), Text(_word(one), style=STYLES[one.verdict]))
    stdout().print(table)


def _check_rows(check: str, findings: "list[Finding]", said: dict[str, str]) -> "Iterator[tuple[str, str, Finding]]":
    """Yield (check, result, finding with the verdict); `said` has the details printed so far, with their checks."""
    worst = min(findings, key=_rank)
    wrong = [one for one in findings if one.verdict not in ("pass", "not applicable")]
    if wrong:
        yield check, f"{len(wrong)} of {len(findings)} did not pass", worst
        yield from (("", _sentence(one), one) for one in sorted(wrong, key=_rank))
        return
    shown = next((one for one in findings if one.verdict == "pass"), worst)
    if shown.verdict == "pass":
        more = f"; {len(findings) - 1} more" if len(findings) > 1 else ""
        yield check, f"{shown.finding} {shown.figure}".strip() + more, shown
        return
    earlier = said.setdefault(shown.detail, check)
    yield check, shown.detail if earlier == check else f"as {earlier}", shown


def _sentence(one: "Finding") -> str:
    required = f" (required: {one.threshold})" if one.threshold else ""
    detail = f": {one.detail}" if one.detail else ""
    return f"{one.finding} {one.figure}".strip() + required + detail


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


def print_engine(engine: "Engine | None", parity: "Certificate | None") -> None:
    """Print which engine serves, in capitals if it is not onnx, with the proof or the reason."""
    if engine is None:
        return
    if parity is None:
        typer.echo(f"ENGINE SKLEARN, not onnx: {engine.reason}")
        return
    own = f"{engine.reason}; " if engine.reason else ""
    typer.echo(f"engine onnx: {own}parity proved on {parity.rows:,} rows")
