"""fairlead rollback."""

from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Reason, Stack, where
from fairlead_cli.output import note, print_json, progress_steps


def rollback(
    name: Name,
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="VERSION|RELEASE",
            help="A version such as 7 or a release such as r13. Default: the previous release.",
        ),
    ] = "",
    away_from: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE", help="Only if live is at this release, or is shifting to it (see fairlead status)."
        ),
    ] = None,
    reason: Reason = "",
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Roll back to the previous release.

    Moves live only to a release that responds and can start cold: its manifest and blobs exist and have the right
    digests. A running deployment is stopped first.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    away_from = away_from.removeprefix("r") if away_from else None
    with progress_steps() as progress:
        done = releases(settings, progress=progress).rollback(
            open_registry(settings, patient=False), name, to=to, away_from=away_from, reason=reason
        )
    for doubt in done.doubts:
        note(f"WARNING: {doubt}")
    if json:
        print_json(done)
    elif done.moved:
        typer.echo(f"live: {done.live}, was {done.was}")
    else:
        typer.echo(f"live: {done.live}, as before; deployment {done.deployment} to {done.was} has ended")
