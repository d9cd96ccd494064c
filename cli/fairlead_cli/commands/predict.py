"""fairlead predict."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_json, print_table

if TYPE_CHECKING:
    import pandas as pd

    from fairlead.client.endpoint import Endpoint
    from fairlead_cli.prediction_run import Answered, Contract

SHOWN = 1_000
"""Rows of the printed table; --output and --json return all rows."""


def predict(
    name: Name,
    *,
    data: Annotated[Path, typer.Option(help="Rows: .csv or .parquet, one column a field; other columns are not sent.")],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write input columns, prediction ids and predictions: .csv, .csv.gz, .parquet or .jsonl.",
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The version that predicts. Default: the live one.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Send only the first rows.")] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Ask the endpoint for predictions.

    Sends the rows of a file, signed with your credentials. One version predicts the whole file, even while a canary is
    running. Prints the predictions, or writes them to --output beside the input columns.
    """
    from fairlead.client.client import PARALLEL
    from fairlead.client.endpoint import Endpoint
    from fairlead.publishing.input.tables import read_table
    from fairlead_cli.prediction_run import contract, run_pinned
    from fairlead_cli.predictions_file import check_ending
    from fairlead_cli.stack import api_url

    if output:
        check_ending(output)
    endpoint = Endpoint(api_url(where(stack)), parallel=PARALLEL)
    described = contract(endpoint, name, version) if version else None
    frame = read_table(data)
    if limit is not None:
        frame = frame.head(limit)

    def run(described: "Contract") -> None:
        _run(endpoint, described, frame, output=output, json=json)

    if described:
        run(described)
    else:
        run_pinned(endpoint, name, run, notify=note)


def _run(
    endpoint: "Endpoint", described: "Contract", frame: "pd.DataFrame", *, output: Path | None, json: bool
) -> None:
    from fairlead_cli.prediction_run import answers
    from fairlead_cli.rows import unused_columns

    unused = unused_columns(described.signature, frame)
    with _progress(len(frame)) as advance:
        arriving = _counted(answers(endpoint, described, frame), advance)
        if output:
            summary = _write(arriving, frame, output)
        else:
            summary, predictions = _collected(arriving)
    if unused:
        note(f"not sent, because {described.model} does not take them: {', '.join(unused)}")
    if json:
        print_json(summary if output else summary | {"predictions": predictions})
    elif output:
        typer.echo(f"{output}: {summary['rows']:,} rows by {_named(summary)}")
    else:
        typer.echo(_named(summary))
        print_table(*_table(predictions[:SHOWN]))
        if len(predictions) > SHOWN:
            note(f"… and {len(predictions) - SHOWN:,} more: --output FILE or --json has all")


def _write(arriving: "Iterator[Answered]", frame: "pd.DataFrame", output: Path) -> dict[str, Any]:
    from fairlead_cli.predictions_file import predictions_file, with_answers

    summary: dict[str, Any] = {}
    with predictions_file(output, frame) as write:
        for one in arriving:
            summary = _summed(summary, one)
            write(with_answers(frame.iloc[one.start : one.start + len(one.predictions)], one.predictions))
    return summary | {"file": str(output)}


def _collected(arriving: "Iterator[Answered]") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    summary: dict[str, Any] = {}
    predictions: list[dict[str, Any]] = []
    for one in arriving:
        summary = _summed(summary, one)
        predictions += one.predictions
    return summary, predictions


def _summed(summary: dict[str, Any], one: "Answered") -> dict[str, Any]:
    """Add a response to the run's facts; raises CallError if another version responded."""
    from fairlead.errors import CallError
    from fairlead_cli.prediction_run import IDENTITY

    releases = summary.get("releases", [])
    if any(summary.get(fact, one.identity[fact]) != one.identity[fact] for fact in IDENTITY):
        raise CallError(
            f"version {summary['version']} answered first, then version {one.identity['version']}", hint="ask again"
        )
    release = one.identity["release"]
    return {
        **one.identity,
        "release": release,
        "releases": releases if release in releases else [*releases, release],
        "rows": summary.get("rows", 0) + len(one.predictions),
    }


def _named(summary: dict[str, Any]) -> str:
    releases = " and ".join(summary["releases"])
    return f"{summary['model']} version {summary['version']}, release {releases}, {summary['digest'][:19]}…"


@contextmanager
def _progress(total: int) -> "Iterator[Any]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("predicting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda rows: bar.advance(task, rows)


def _counted(arriving: "Iterator[Answered]", advance: Any) -> "Iterator[Answered]":
    for one in arriving:
        yield one
        advance(len(one.predictions))


def _table(predictions: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    cells = [_cells(answer) for answer in predictions]
    return ["row", *cells[0]], [[position, *row.values()] for position, row in enumerate(cells)]


def _cells(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction's columns: a value, several values by name, or a label with its probability or score."""
    if "value" in answer:
        value = answer["value"]
        return value if isinstance(value, dict) else {"value": value}
    cells = {"label": answer["label"]}
    if "probabilities" in answer:
        cells["probability"] = f"{max(answer['probabilities'].values()):.4f}"
    if "score" in answer:
        cells["score"] = answer["score"]
    return cells
