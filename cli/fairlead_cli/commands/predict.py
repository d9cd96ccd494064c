"""fairlead predict."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from fairlead.client.endpoint import Endpoint
    from fairlead.publishing.input.pieces import TableFile
    from fairlead_cli.prediction_run import Contract
    from fairlead_cli.predictions_file import Run

MOST_REASONS = 3
"""Fields of a printed row's reasons; --output and --json have all fields."""
SHOWN = 1_000
"""Rows of the printed table; --output and --json return all rows."""


def predict(
    name: Name,
    *,
    data: Annotated[
        Path, typer.Option(help="Rows: .csv or .parquet, one column per field; other columns are not sent.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write input columns, prediction ids and predictions: .csv, .csv.gz, .parquet or .jsonl.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the unfinished run of the same rows to the same --output.")
    ] = False,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The version that predicts. Default: the live one.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Send only the first rows.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also return the reasons of each prediction: contributions by field.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Ask the endpoint for predictions.

    Sends the rows of a file, signed with your credentials. One version predicts the whole file, even while a canary is
    running. Prints the predictions, or writes them to --output beside the input columns. That file appears when it is
    complete; --resume continues a run that was stopped.
    """
    from fairlead.client.client import PARALLEL
    from fairlead.client.endpoint import Endpoint
    from fairlead.publishing.input.pieces import TableFile
    from fairlead_cli.prediction_run import contract, run_pinned
    from fairlead_cli.predictions_file import check_output
    from fairlead_cli.stack import api_url

    if output:
        check_output(output, data)
    endpoint = Endpoint(api_url(where(stack)), parallel=PARALLEL)
    described = contract(endpoint, name, version) if version else None
    table = TableFile(data, limit=limit)
    asked: dict[str, Any] = {"limit": limit, "explain": explain or None}
    begun = _begun(output, table, asked | {"model": name} | ({"version": version} if version else {}), resume=resume)
    if begun:
        described = contract(endpoint, name, begun.identity["version"])

    def run(described: "Contract") -> None:
        if output:
            _write(endpoint, described, table, output, _run_of(described, table, asked, begun), json=json)
        else:
            _print(endpoint, described, table, explain=explain, json=json)

    if described:
        run(described)
    else:
        run_pinned(endpoint, name, run, notify=note)


def _begun(output: Path | None, table: "TableFile", asked: dict[str, Any], *, resume: bool) -> "Run | None":
    """Return the run to continue; raises SettingsError if it had other rows or options."""
    from fairlead.errors import SettingsError
    from fairlead_cli.predictions_file import check_same, unfinished

    if not output:
        if resume:
            raise SettingsError("--resume continues a file", hint="name the file with --output")
        return None
    if not resume:
        return None
    begun = unfinished(output)
    if begun is None:
        note(f"{output} has no unfinished run: starting at the first row")
        return None
    check_same(begun, table, asked)
    note(f"continuing after {begun.rows:,} of {table.rows:,} rows, with version {begun.identity['version']}")
    return begun


def _run_of(described: "Contract", table: "TableFile", asked: dict[str, Any], begun: "Run | None") -> "Run":
    from fairlead.errors import SettingsError
    from fairlead_cli.predictions_file import AGAIN, Run

    identity = described.identity()
    if begun is None:
        return Run(input=table.digest, asked=asked, identity=identity)
    if begun.identity != identity:
        raise SettingsError(f"version {described.version} is not the one that the unfinished run used", hint=AGAIN)
    return begun


def _write(
    endpoint: "Endpoint", described: "Contract", table: "TableFile", output: Path, run: "Run", *, json: bool
) -> None:
    from fairlead_cli.prediction_run import answers
    from fairlead_cli.predictions_file import predictions_file, with_answers

    resumed = run.rows
    with _kept(output), predictions_file(output, run, table) as file, _progress(table.rows, resumed) as advance:
        for one in answers(endpoint, described, table, start=resumed, explain=bool(run.asked.get("explain"))):
            file.write(with_answers(one.rows, one.predictions), one.release)
            advance(len(one.predictions))
    _note_unused(described, table)
    summary = _summary(described, run.releases, run.rows)
    if json:
        from fairlead_cli.documents import PredictionsFile

        print_json(PredictionsFile(**summary, resumed_at=resumed, file=str(output)))
    else:
        typer.echo(f"{output}: {run.rows:,} rows by {_named(summary)}")


@contextmanager
def _kept(output: Path) -> Iterator[None]:
    """Print how to continue a run that stops."""
    from fairlead_cli.predictions_file import unfinished

    try:
        yield
    except BaseException:
        run = unfinished(output)
        if run:
            note(f"{run.rows:,} rows are kept: the same command with --resume continues there")
        raise


def _print(endpoint: "Endpoint", described: "Contract", table: "TableFile", *, explain: bool, json: bool) -> None:
    """Print the predictions: all as JSON, the first as a table."""
    from fairlead_cli.prediction_run import answers

    predictions: list[Any] = []
    releases: dict[str, None] = {}
    with _progress(table.rows, 0) as advance:
        for one in answers(endpoint, described, table, explain=explain):
            releases[one.release] = None
            predictions += one.predictions if json else one.predictions[: SHOWN - len(predictions)]
            advance(len(one.predictions))
    _note_unused(described, table)
    summary = _summary(described, list(releases), table.rows)
    if json:
        from fairlead_cli.documents import Predictions

        print_json(Predictions(**summary, predictions=predictions))
        return
    typer.echo(_named(summary))
    print_table(*_table(predictions))
    if table.rows > SHOWN:
        note(f"… and {table.rows - SHOWN:,} more: --output FILE or --json has all")


def _note_unused(described: "Contract", table: "TableFile") -> None:
    from fairlead_cli.rows import unused_columns

    unused = unused_columns(described.signature, table.columns)
    if unused:
        note(f"not sent, because {described.model} does not take them: {', '.join(unused)}")


def _summary(described: "Contract", releases: list[str], rows: int) -> dict[str, Any]:
    return described.identity() | {"release": releases[-1], "releases": releases, "rows": rows}


def _named(summary: dict[str, Any]) -> str:
    releases = " and ".join(summary["releases"])
    return f"{summary['model']} version {summary['version']}, release {releases}, {summary['digest'][:19]}…"


@contextmanager
def _progress(total: int, done: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("predicting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda rows: bar.advance(task, rows)


def _table(predictions: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    cells = [_cells(answer) for answer in predictions]
    return ["row", *cells[0]], [[position, *row.values()] for position, row in enumerate(cells)]


def _cells(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction's columns: its answer, and the largest contributions where it has reasons."""
    return _answer_cells(answer) | ({"reasons": _largest(answer["explanation"])} if "explanation" in answer else {})


def _largest(explanation: dict[str, Any]) -> str:
    """Return the fields that move a prediction most, with sign: `bill_length_mm +0.31, sex -0.04`."""
    found = sorted(explanation["contributions"].items(), key=lambda one: -abs(one[1]))
    return ", ".join(f"{name} {value:+.3g}" for name, value in found[:MOST_REASONS])


def _answer_cells(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a value, several values by name, or a label with its probability or score."""
    if "value" in answer:
        value = answer["value"]
        return value if isinstance(value, dict) else {"value": value}
    cells = {"label": answer["label"]}
    if "probabilities" in answer:
        cells["probability"] = f"{max(answer['probabilities'].values()):.4f}"
    if "score" in answer:
        cells["score"] = answer["score"]
    return cells
