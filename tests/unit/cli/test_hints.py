"""Commands that messages name can be run as printed: each is parsed by the command line that it names."""

from typing import Any

import pytest
import typer

from fairlead_cli.main import app
from tests.hints import commands

FOUND = sorted(set(commands()))
GROUP: Any = typer.main.get_command(app)


def test_messages_name_commands() -> None:
    assert len({command for _, command in FOUND}) > 15


@pytest.mark.parametrize(("place", "command"), FOUND, ids=lambda one: one if isinstance(one, str) else " ".join(one))
def test_a_command_named_by_a_message_exists_and_its_arguments_parse(place: str, command: tuple[str, ...]) -> None:
    """A command without arguments is a mention: it must exist."""
    if len(command) == 2:
        assert command[1] in GROUP.commands
    else:
        _parse(GROUP, command[0], list(command[1:]), None)


def _parse(command: Any, name: str, words: list[str], parent: Any) -> None:
    """Parse as the command line does, one group after the other; a usage error is raised."""
    context = command.make_context(name, words, parent=parent)
    if hasattr(command, "commands"):
        name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        _parse(inner, name, list(rest), context)
