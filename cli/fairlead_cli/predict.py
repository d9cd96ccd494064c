"""fairlead predict."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_json, print_table

IDENTITY = ("model", "version", "digest", "release")


def predict(
    name: Name,
    *,
    data: Annotated[Path, typer.Option(help="Rows: .csv or .parquet, one column a field; others are left out.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Send only the first rows.")] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Ask the live endpoint for predictions.

    Sends the rows of a file, signed with your credentials, and prints the answers.
    """
    import msgspec

    from fairlead.calling import Endpoint
    from fairlead.errors import CallError
    from fairlead.signature import Signature
    from fairlead_cli.rows import read_instances
    from fairlead_cli.stack import api_url

    endpoint = Endpoint(api_url(where(stack)))
    live = endpoint.describe()
    if live["model"] != name:
        raise CallError(f"{live['model']} is live, not {name}", hint=f"`fairlead release {name} VERSION` makes it live")
    signature = msgspec.convert(live["signature"], Signature)
    instances, dropped = read_instances(data, signature, limit=limit)
    if dropped:
        note(f"not sent, because {name} does not take them: {', '.join(dropped)}")
    answer = _merged(list(endpoint.predict(instances, most_rows=live["most_rows"])))
    if json:
        print_json(answer)
        return
    typer.echo(f"{name} version {answer['version']}, release {answer['release']}, {answer['digest'][:19]}…")
    print_table(*_table(answer["predictions"]))


def _merged(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer of all batches; raises CallError if a release came in between, because they would not compare."""
    from fairlead.errors import CallError

    identity = {name: answers[0][name] for name in IDENTITY}
    for answer in answers:
        if {name: answer[name] for name in IDENTITY} != identity:
            changed = f"release {identity['release']} answered first, then release {answer['release']}"
            raise CallError(f"live has moved meanwhile: {changed}", hint="ask again")
    return {**identity, "predictions": [row for answer in answers for row in answer["predictions"]]}


def _table(predictions: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    cells = [_cells(answer) for answer in predictions]
    return ["row", *cells[0]], [[position, *row.values()] for position, row in enumerate(cells)]


def _cells(answer: dict[str, Any]) -> dict[str, Any]:
    """One answer's columns: a value, several values by name, or a label with its probability or score."""
    if "value" in answer:
        value = answer["value"]
        return value if isinstance(value, dict) else {"value": value}
    cells = {"label": answer["label"]}
    if "probabilities" in answer:
        cells["probability"] = f"{max(answer['probabilities'].values()):.4f}"
    if "score" in answer:
        cells["score"] = answer["score"]
    return cells
