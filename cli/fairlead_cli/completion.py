"""Completes names of models and numbers of versions in the shell, from the registry of the stack.

A shell cannot show an error of a completion. So errors are ignored: without rights or network nothing is completed.
"""

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fairlead.registry.store import Registry


def models(context: typer.Context, incomplete: str) -> list[str]:
    """Return the models whose names begin with what was typed."""
    registry = _registry(context)
    return [] if registry is None else [name for name in registry.models() if name.startswith(incomplete)]


def versions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the versions of the model named before, newest first."""
    registry, name = _registry(context), context.params.get("name")
    if registry is None or not name:
        return []
    return [str(number) for number in reversed(registry.versions(name)) if str(number).startswith(incomplete)]


def _registry(context: typer.Context) -> "Registry | None":
    """Open the registry for one quick listing; None where it cannot be opened."""
    from fairlead import settings
    from fairlead.errors import FairleadError
    from fairlead.registry.connection import open_registry

    stack = context.params.get("stack")
    try:
        where = settings.operator({**os.environ, **({"FAIRLEAD_STACK": stack} if stack else {})})
        registry = open_registry(where, patient=False)
        registry.models()
    except FairleadError:
        return None
    return registry
