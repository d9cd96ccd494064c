"""The documentation says what is there: commands, options, verbs, files, links."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from fairlead_cli.main import app

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ROOT_COMMAND: Any = typer.main.get_command(app)


def commands(group: Any = ROOT_COMMAND, prefix: str = "") -> dict[str, Any]:
    """Every command by the words that call it."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        words = f"{prefix}{name}"
        found |= commands(command, f"{words} ") if hasattr(command, "commands") else {words: command}
    return found


COMMANDS = commands()
TOLD = README + (ROOT / "docs/operations.md").read_text()
SAID = sorted(set(re.findall(r"(?:^ {4,}|`)(fairlead [^`\n]*)", TOLD, flags=re.MULTILINE)))


def options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def called(line: str) -> tuple[str, list[str]]:
    """The command a line calls, and the options it gives."""
    words = shlex.split(line.split(" #", maxsplit=1)[0])[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    return name, [word for word in words if word.startswith("--")]


@pytest.mark.parametrize("line", SAID)
def test_a_command_line_of_readme_and_operations_exists_with_its_options(line: str) -> None:
    name, given = called(line)
    assert name in COMMANDS, line
    assert set(given) <= options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readmes_table_and_teaches(name: str) -> None:
    assert f"| `fairlead {name}" in README
    assert COMMANDS[name].help
    assert "Example" in (COMMANDS[name].epilog or "")


def test_every_verb_that_is_spoken_of_is_in_the_makefile() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    said = {verb for path in DOCS for verb in re.findall(r"(?:`|    )make ([a-z]+)", path.read_text())}
    assert said
    assert said <= verbs


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_readmes_first_model_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "README.md", "exec")
