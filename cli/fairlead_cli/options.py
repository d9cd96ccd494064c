"""Options that several commands share, named once."""

import math
import os
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli import completion

if TYPE_CHECKING:
    from fairlead.settings import Operator

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The model, for example churn.", autocompletion=completion.models)
]
VERSION = partial(typer.Argument, min=1, metavar="VERSION", autocompletion=completion.versions)
"""The argument of a version; `help` says which."""
Version = Annotated[int | None, VERSION(help="Default: the latest.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; stored in the journal.")]
Stack = Annotated[str, typer.Option("--stack", envvar="FAIRLEAD_STACK", help="The deployed stack.")]
DEFAULT_STACK = "fairlead"


def finite(value: float) -> float:
    """Return the value of an option; raises BadParameter for infinity and for nan, which passes every limit."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number.")
    return value


def where(stack: str) -> "Operator":
    """Settings of the environment, with the stack from the command line."""
    from fairlead import settings

    return settings.operator({**os.environ, "FAIRLEAD_STACK": stack})
