"""fairlead retire."""

from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Reason, Stack, where
from fairlead_cli.output import print_json


def retire(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, metavar="VERSION", help="The version to retire.")],
    *,
    reason: Reason = "",
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """End a version's service for ever.

    Callers who pin it get 404 within five minutes, and it cannot be released again; its record stays.
    """
    from fairlead.stack import registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    standing, done = releases(settings).retire(registry(settings), name, version, reason=reason)
    if json:
        print_json(standing)
        return
    typer.echo(f"{name} version {version} {'is retired' if done else 'was retired already'}: {standing}")
