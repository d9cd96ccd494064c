"""fairlead feedback."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_facts, print_json, print_table

if TYPE_CHECKING:
    from fairlead.client.endpoint import Endpoint
    from fairlead_cli.outcomes_file import Progress, Truth

SHOWN = 10
FACTS = {
    "recorded": "recorded",
    "accepted": "accepted, predictions not known yet",
    "duplicate": "known before",
    "conflict": "in conflict with an earlier report",
    "invalid": "invalid",
}


def feedback(
    name: Name,
    *,
    data: Annotated[Path, typer.Option(help="Outcomes: .csv, .parquet or .jsonl, one row for each prediction.")],
    id_column: Annotated[str, typer.Option(help="The column of prediction ids.")] = "prediction_id",
    actual_column: Annotated[
        list[str], typer.Option(help="The column of outcomes; repeat the option for several targets.")
    ] = ["actual"],  # noqa: B006 - Typer's way to a default; never changed
    comment_column: Annotated[str | None, typer.Option(help="A column of comments, stored with the outcomes.")] = None,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Outcomes in one request.")] = 500,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Report outcomes of predictions to the endpoint.

    Sends the outcomes of a file by prediction id; rows without an outcome are skipped. The command is idempotent: run
    it again after an interruption, and it continues; nothing is counted twice. Exit code 1 if some outcomes conflict
    with earlier ones or are invalid; all others are recorded.
    """
    import msgspec

    from fairlead.client.endpoint import Endpoint
    from fairlead.errors import CallError
    from fairlead.model.signature import Output
    from fairlead_cli.outcomes_file import Columns, Progress, read_truth
    from fairlead_cli.stack import api_url, release_command

    url = api_url(where(stack))
    endpoint = Endpoint(url)
    live = endpoint.describe()
    if live["model"] != name:
        release = release_command(name, "VERSION", live["model"])
        raise CallError(f"{live['model']} is live, not {name}", hint=f"`{release}` makes it live")
    columns = Columns(id_column, tuple(actual_column), comment_column)
    truth = read_truth(data, columns, msgspec.convert(live["signature"]["output"], Output))
    progress = Progress(data, columns, url)
    _send(endpoint, truth, progress, batch)
    progress.done()
    _print(truth, progress, json=json)
    if progress.refused:
        raise typer.Exit(1)


def _send(endpoint: "Endpoint", truth: "Truth", progress: "Progress", batch: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    if progress.sent:
        note(f"{progress.sent:,} were sent before")
    columns = (TextColumn("sending outcomes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("", total=len(truth.outcomes), completed=progress.sent)
        try:
            for answer in endpoint.report(truth.outcomes[progress.sent :], most_rows=batch):
                results: list[dict[str, Any]] = answer["results"]
                progress.add(truth.rows[progress.sent : progress.sent + len(results)], results)
                bar.update(shown, completed=progress.sent)
        except BaseException:
            note(f"{progress.sent:,} of {len(truth.outcomes):,} were sent; the same command continues there")
            raise


def _print(truth: "Truth", progress: "Progress", *, json: bool) -> None:
    if json:
        from fairlead_cli.documents import ReportedOutcomes

        counted: dict[str, Any] = {status: progress.statuses[status] for status in FACTS}
        print_json(ReportedOutcomes(sent=progress.sent, without=truth.without, refused=progress.refused, **counted))
        return
    facts = [(said, progress.statuses[status]) for status, said in FACTS.items()]
    facts += [("left out, because they have no outcome", truth.without)]
    print_facts([("sent", f"{progress.sent:,}"), *((said, f"{count:,}") for said, count in facts if count)])
    if progress.refused:
        members = ("row", "prediction_id", "status", "detail")
        print_table(members, [[one.get(member, "") for member in members] for one in progress.refused[:SHOWN]])
    if len(progress.refused) > SHOWN:
        typer.echo(f"… and {len(progress.refused) - SHOWN:,} more: --json has all")
