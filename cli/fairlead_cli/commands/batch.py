"""fairlead batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from fairlead.aws.stack import Stack as Deployed
    from fairlead.batch.estimate import Estimate
    from fairlead.batch.job import Failure, JobPlan, Order
    from fairlead.model.manifest import Manifest
    from fairlead.registry.store import Registry

SHOWN = 5
"""Failures that are printed."""
MANY_LINES = 20
"""Lines of a refused row above which a stray quotation mark is likely."""


def batch(
    name: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model; without a version the live one.")],
    *,
    input: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--input", metavar="PATTERN", help="Rows: s3://…/*.csv, .jsonl or .parquet, or local files.")
    ],
    output: Annotated[
        str, typer.Option("--output", metavar="FOLDER", help="Results: s3://…/ or a folder of this machine.")
    ],
    local: Annotated[
        int | None,
        typer.Option("--local", min=1, metavar="N", help="Run in N processes of this machine. Default: on AWS."),
    ] = None,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Print rows, chunks, minutes and dollars, estimated from a trial of some rows, and stop."
        ),
    ] = False,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="COLUMNS",
            help="Input columns to copy into the results, with commas. Default: those that the model does not take.",
        ),
    ] = None,
    capture: Annotated[
        bool, typer.Option("--capture", help="Count a sample of the rows for drift, like rows of requests. AWS only.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Predict the rows of many or large files.

    Files are cut into chunks. Each chunk has one result file with ids, predictions and errors by row. To continue a job
    that was stopped, run the same command again.
    """
    from fairlead.batch.job import Order
    from fairlead.batch.steps import check_engine
    from fairlead.batch.version import named_version
    from fairlead.errors import SettingsError
    from fairlead.registry.connection import open_registry

    if capture and local:
        raise SettingsError("--capture needs the stack's batch function", hint="leave out --local or --capture")
    settings = where(stack)
    machine = None if local else _machine(settings, input, output)
    registry = open_registry(settings)
    facts, sha256 = named_version(registry, name, settings)
    note(f"{facts.model} version {facts.version}, sha256:{sha256[:12]}…")
    if machine:
        check_engine(facts)
    kept = None if keep is None else tuple(one.strip() for one in keep.split(",") if one.strip())
    order = Order(
        model=facts.model, version=facts.version, digest=sha256, input=input, output=output, keep=kept, capture=capture
    )
    if estimate:
        _print_estimate(_estimated(registry, order, facts, local, machine), json=json)
    elif machine:
        _run_on_aws(machine, order, facts, json=json)
    else:
        _run_here(registry, order, facts, local or 1, json=json)


def _machine(settings: Any, input_: str, output: str) -> "Deployed":
    """Return the stack whose state machine runs the job; raises SettingsError where it has none, or cannot run it."""
    from fairlead.aws.stack import find
    from fairlead.batch.steps import HERE, check_places
    from fairlead.errors import SettingsError

    check_places(input_, output)
    found = find(settings)
    if not found.batch_machine:
        hint = f"deploy it with the parameters BatchInput and BatchOutput, or {HERE}"
        raise SettingsError(f"stack {found.name!r} has no batch function", hint=hint)
    return found


def _estimated(
    registry: "Registry", order: "Order", facts: "Manifest", local: int | None, machine: "Deployed | None"
) -> "Estimate":
    from fairlead.batch.local_job import prepare

    prepared = prepare(registry, order, facts, write=False)
    return prepared.aws_estimate(machine.batch_concurrency) if machine else prepared.local_estimate(local or 1)


def _run_here(registry: "Registry", order: "Order", facts: "Manifest", processes: int, *, json: bool) -> None:
    from fairlead.batch.local_job import prepare
    from fairlead.batch.manifest import counts

    prepared = prepare(registry, order, facts, write=True)
    left = prepared.remaining()
    rows = 0
    with _progress() as show:
        show(prepared.plan.chunks - len(left), prepared.plan.chunks, "chunks")

        def advance(record: Any) -> None:
            nonlocal rows
            rows += record.rows
            left.pop()
            show(prepared.plan.chunks - len(left), prepared.plan.chunks, f"{rows:,} rows, chunks")

        failures = prepared.run(list(left), processes, advance)
    if failures:
        _refuse(prepared.plan, failures)
    manifest = prepared.finish()
    _print(order, {"job": manifest.job, **counts(manifest), "chunks": len(manifest.results)}, json=json)


def _run_on_aws(machine: "Deployed", order: "Order", facts: "Manifest", *, json: bool) -> None:
    from fairlead.aws.clients import client
    from fairlead.batch.executions import Executions, Progress
    from fairlead.batch.job import Names
    from fairlead.batch.locations import open_place, open_results
    from fairlead.batch.plan import Planner, request_of

    files, pattern = open_place(order.input)
    job = Planner(request_of(order, files, pattern), facts.signature, files).job
    results, folder = open_results(order.output)
    far = Progress(results, Names(folder, job))
    executions = Executions(client("stepfunctions"), machine.batch_machine)
    execution = executions.start(order)
    note(execution)
    with _progress() as show:
        found = executions.follow(execution, lambda: show(far.done(), far.total, "chunks"))
    _print(order, found | {"chunks": far.total}, json=json)


def _refuse(plan: "JobPlan", failures: "list[Failure]") -> None:
    from fairlead.batch.executions import AGAIN
    from fairlead.errors import CallError

    for failure in failures[:SHOWN]:
        note(f"  chunk {failure.chunk}: {failure.error}")
    if len(failures) > SHOWN:
        note(f"  … and {len(failures) - SHOWN} more")
    raise CallError(f"{len(failures)} of {plan.chunks} chunks of {plan.job} failed", hint=AGAIN)


def _print(order: "Order", found: dict[str, Any], *, json: bool) -> None:
    place = f"{order.output.rstrip('/')}/{found['job']}/"
    if found["missing_columns"]:
        note(f"no input has the columns {', '.join(found['missing_columns'])}: they are missing in every row")
    if found["longest"] > MANY_LINES:
        note(f"a refused row spans {found['longest']:,} lines: a quotation mark is misplaced or not closed")
    if json:
        version = {"model": order.model, "version": order.version, "digest": order.digest}
        print_json({**found, **version, "results": place})
        return
    typer.echo(f"{_rows(found['rows'])} by {order.model} version {order.version}: {place}results/")
    if found["refused"]:
        note(f"no prediction for {_rows(found['refused'])}: the column `error` says why")


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _print_estimate(found: "Estimate", *, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_facts(
        [
            ("rows", f"{found.rows:,}" if found.exact else f"about {found.rows:,}"),
            ("chunks", f"{found.chunks:,}, {found.done:,} of them done"),
            ("speed", f"{found.rows_per_second:,.0f} rows a second in one process of this machine"),
            ("minutes", f"{found.minutes:,.1f}"),
            *([("dollars", f"{found.dollars:,.2f}")] if found.dollars else []),
        ]
    )


@contextmanager
def _progress() -> "Iterator[Callable[[int, int, str], None]]":
    """Return a function that shows how many of all chunks are done, on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("planning", total=None)

        def show(done: int, total: int, said: str) -> None:
            if total:
                bar.update(task, completed=done, total=total, description=said)

        yield show
