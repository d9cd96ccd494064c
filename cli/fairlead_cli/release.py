"""fairlead release."""

from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import print_json, telling


def release(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, metavar="VERSION", help="The version to make live.")],
    *,
    switch_model: Annotated[
        bool, typer.Option("--switch-model", help="Let another model answer than the one that is live.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Make a version live.

    Freezes it in a new release, proves that it answers, points previous at what was live, then live at it.
    """
    from fairlead.stack import registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    with telling() as tell:
        done = releases(settings, progress=tell).release(registry(settings), name, version, switch_model=switch_model)
    if json:
        print_json(done)
        return
    if not done.moved:
        typer.echo(f"{done.live} is live already: nothing to do")
        return
    typer.echo(f"live: {done.live}, was {done.was}")
