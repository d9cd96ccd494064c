"""fairlead batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from fairlead.batch.estimate import Estimate
    from fairlead.batch.job import Failure, JobPlan
    from fairlead.batch.manifest import JobManifest

SHOWN = 5
"""Failures that are printed."""


def batch(
    name: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model; without a version the live one.")],
    *,
    input: Annotated[  # noqa: A002 - the option's name
        str,
        typer.Option(
            "--input", metavar="PATTERN", help="Rows: s3://…/*.csv, .jsonl or .parquet, or files of this machine."
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", metavar="FOLDER", help="Results: s3://…/ or a folder of this machine.")
    ],
    local: Annotated[int, typer.Option("--local", min=1, metavar="N", help="Run in N processes of this machine.")],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say rows, chunks and minutes, from a trial of some rows, and stop.")
    ] = False,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="COLUMNS",
            help="Input columns that results hold, with commas. Default: those that the model does not take.",
        ),
    ] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Predict the rows of many or large files.

    Files are cut into chunks. Each chunk has one result file with ids, predictions and errors by row. A job that was
    stopped continues where it ended: run the same command again.
    """
    from fairlead.batch.prepared import Options, prepare

    options = Options(name=name, input=input, output=output, keep=None if keep is None else tuple(_names(keep)))
    prepared = prepare(where(stack), options, notify=note)
    if estimate:
        _print_estimate(prepared.estimate(local), json=json)
        return
    left = prepared.left()
    with _progress(prepared.plan, len(prepared.chunks) - len(left)) as advance:
        failures = prepared.run(left, local, advance)
    if failures:
        _refuse(prepared.plan, failures)
    _print(prepared.finish(), prepared.place, json=json)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _refuse(plan: "JobPlan", failures: "list[Failure]") -> None:
    from fairlead.errors import CallError

    for failure in failures[:SHOWN]:
        note(f"  chunk {failure.chunk}: {failure.error}")
    if len(failures) > SHOWN:
        note(f"  … and {len(failures) - SHOWN} more")
    raise CallError(
        f"{len(failures)} of {plan.chunks} chunks of {plan.job} failed",
        hint="run the same command again: chunks that are done are skipped",
    )


def _print(manifest: "JobManifest", place: str, *, json: bool) -> None:
    counts = {"rows": manifest.rows, "answered": manifest.answered, "refused": manifest.refused}
    if json:
        version = {"model": manifest.model, "version": manifest.version, "digest": manifest.digest}
        print_json({"job": manifest.job, **version, **counts, "chunks": len(manifest.results), "results": place})
        return
    typer.echo(f"{manifest.rows:,} rows by {manifest.model} version {manifest.version}: {place}results/")
    if manifest.refused:
        note(f"{manifest.refused:,} rows have no prediction: their column `error` says why")


def _print_estimate(found: "Estimate", *, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_facts(
        [
            ("rows", f"{found.rows:,}" if found.exact else f"about {found.rows:,}"),
            ("chunks", f"{found.chunks:,}, {found.done:,} of them done"),
            ("speed", f"{found.rows_per_second:,.0f} rows a second in one process"),
            ("minutes", f"{found.minutes:,.1f}"),
            ("dollars", f"{found.dollars:,.2f}"),
        ]
    )


@contextmanager
def _progress(plan: "JobPlan", done: int) -> "Iterator[Callable[[Any], None]]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    rows = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("chunks", total=plan.chunks, completed=done)

        def advance(record: Any) -> None:
            nonlocal rows
            rows += record.rows
            bar.update(task, advance=1, description=f"{rows:,} rows, chunks")

        yield advance
