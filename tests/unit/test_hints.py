"""Commands that messages name can be run as printed: each is parsed by the command line that it names."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fairlead_cli.main import app

ROOT = Path(__file__).parents[2]
ROOMS = ("layers/common/python/fairlead", "cli", "functions", "local/fairlead_local")
QUOTED = re.compile(
    r"`((?:fairlead|aws|sam) [^`]+)`|next: (fairlead [^\n,;]+)|, then (fairlead [^\n,;`]+)|: (aws [^\n`]+)$"
)
SAMPLES = {"VERSION": "7", "NAME": "churn", "N": "7", "FILE": "model.joblib", "RELEASE": "r14"}
NUMBERS = re.compile(r"(?i)version|number|latest|keep|^to$|\.release\b")


def spelt(node: ast.AST) -> str:
    """A message as it is printed, with a sample for each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(spelt, node.values))
    if isinstance(node, ast.FormattedValue):
        source = ast.unparse(node.value)
        return "churn 7" if source == "which" else "7" if NUMBERS.search(source) else "churn"
    if isinstance(node, ast.BinOp):
        return spelt(node.left) + spelt(node.right)
    return ""


def _parts_and_docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from map(id, node.values)
        elif isinstance(node, ast.Expr):
            yield id(node.value)


def commands() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text())
            skipped = set(_parts_and_docstrings(tree))
            for node in ast.walk(tree):
                if id(node) in skipped or not isinstance(node, ast.JoinedStr | ast.Constant):
                    continue
                for found in QUOTED.finditer(spelt(node)):
                    command = next(filter(None, found.groups()))
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", command


FOUND = sorted(set(commands()))
FAIRLEAD = [one for one in FOUND if one[1].startswith("fairlead ")]
GROUP: Any = typer.main.get_command(app)


def test_messages_name_commands() -> None:
    assert len({command for _, command in FAIRLEAD}) > 20


@pytest.mark.parametrize(("place", "command"), FAIRLEAD)
def test_a_command_named_by_a_message_exists_and_its_arguments_parse(place: str, command: str) -> None:
    """A command without arguments is a mention: it must exist."""
    words = [SAMPLES.get(word, word) for word in shlex.split(command)]
    if len(words) == 2:
        assert words[1] in GROUP.commands
        return
    _parse(GROUP, words[0], words[1:], None)


def _parse(command: Any, name: str, words: list[str], parent: Any) -> None:
    """Parse as the command line does, one group after the other; a usage error is raised."""
    context = command.make_context(name, words, parent=parent)
    if hasattr(command, "commands"):
        name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        _parse(inner, name, list(rest), context)
