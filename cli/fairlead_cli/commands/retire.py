"""fairlead retire."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, VERSION, Json, Name, Reason, Stack, where
from fairlead_cli.output import note, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.model.release import Release


def retire(
    name: Name,
    version: Annotated[int, VERSION(help="The version to retire.")],
    *,
    reason: Reason = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask for confirmation, even if no release is left for a rollback.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Retire a version permanently.

    Callers who pin it get 404 within five minutes. It can no longer be released or be the target of a rollback; its
    manifest stays in the registry. The command asks for confirmation if no release would be left for a rollback.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    opened, versions = releases(settings), open_registry(settings)
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
    """Ask for confirmation; raises ReleaseError if it is denied, or if there is no terminal."""
    from fairlead.errors import ReleaseError

    said = f"a rollback of live could go only to {_listed(lost)}"
    if not (sys.stdin.isatty() and typer.confirm(f"{said}. Retire it permanently?", err=True)):
        raise ReleaseError(f"{said}: the version was not retired", hint="--yes retires it without asking")


def _listed(releases: "Sequence[Release]") -> str:
    return ", ".join(str(one) for one in releases)
