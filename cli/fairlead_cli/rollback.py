"""fairlead rollback."""

from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import print_json, telling


def rollback(
    name: Name,
    *,
    away_from: Annotated[
        str | None,
        typer.Option(metavar="RELEASE", help="Only if this release is still live (fairlead status shows its number)."),
    ] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Go back to the previous release.

    Moves live back once previous has proved that it still answers.
    """
    from fairlead.stack import registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    with telling() as tell:
        done = releases(settings, progress=tell).rollback(registry(settings), name, away_from=away_from)
    if json:
        print_json(done)
        return
    typer.echo(f"live: {done.live}, was {done.was}")
