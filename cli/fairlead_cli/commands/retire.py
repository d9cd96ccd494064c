"""fairlead retire."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Reason, Stack, where
from fairlead_cli.output import note, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.journal.records import Release


def retire(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, metavar="VERSION", help="The version to retire.")],
    *,
    reason: Reason = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, also where nothing is left that a rollback could go to.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """End a version's service for ever.

    Callers who pin it get 404 within five minutes, and it can be neither released nor rolled back to again; its record
    stays. It asks first where that leaves live without a release to go back to.
    """
    from fairlead.aws.stack import registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    opened, versions = releases(settings), registry(settings)
    fallbacks = opened.fallbacks(versions, name)
    lost = [one for one in fallbacks if one.version == version]
    left = [one for one in fallbacks if one.version != version]
    if lost and not left and not yes:
        _ask(lost)
    standing, done = opened.retire(versions, name, version, reason=reason)
    if lost and done:
        note(
            f"no rollback can go to {_listed(lost)} any more; {f'{_listed(left)} is left' if left else 'none is left'}"
        )
    if json:
        print_json(standing)
        return
    typer.echo(f"{name} version {version} {'is retired' if done else 'was retired already'}: {standing}")


def _ask(lost: "Sequence[Release]") -> None:
    """Go on where a person says so; raises ReleaseError otherwise, and where nobody can be asked."""
    from fairlead.errors import ReleaseError

    said = f"{_listed(lost)} is all that a rollback of live could go to"
    if not (sys.stdin.isatty() and typer.confirm(f"{said}. Retire it for ever?", err=True)):
        raise ReleaseError(f"{said}: it was not retired", hint="--yes retires it all the same")


def _listed(releases: "Sequence[Release]") -> str:
    return ", ".join(str(one) for one in releases)
