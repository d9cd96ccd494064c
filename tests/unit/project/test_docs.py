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
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGES = [path for path in DOCS if path.parent.parent == ROOT / "docs" and path.name != "README.md"]
ROOT_COMMAND: Any = typer.main.get_command(app)


def commands(group: Any = ROOT_COMMAND, prefix: str = "") -> dict[str, Any]:
    """Every command by the words that call it."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        words = f"{prefix}{name}"
        found |= commands(command, f"{words} ") if hasattr(command, "commands") else {words: command}
    return found


COMMANDS = commands()
TOLD = README + (ROOT / "docs/how-to/alarms.md").read_text()
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


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_inside_the_project_names_a_file_and_a_heading(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#\s]*)#?([^)\s]*)\)", path.read_text()):
        page = path.parent / target if target else path
        assert page.exists(), target
        assert not anchor or anchor in anchors(page), f"{target}#{anchor}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_page_is_linked_from_the_index_of_its_kind(path: Path) -> None:
    index = ROOT / ("docs/decisions/README.md" if path.parent.name == "decisions" else "docs/README.md")
    assert f"({path.relative_to(index.parent)})" in index.read_text()


def test_a_decision_has_one_file_one_number_and_a_status() -> None:
    files = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [int(path.name[:3]) for path in files]
    assert len(set(numbers)) == len(numbers)
    for number, path in zip(numbers, files, strict=True):
        title, _, status = path.read_text().splitlines()[:3]
        assert title.startswith(f"# {number}. ")
        assert re.match(r"Date: \d{4}-\d\d-\d\d · Status: (accepted|amended|superseded)", status), path.name


def test_a_superseded_decision_names_a_later_one() -> None:
    for path in (ROOT / "docs/decisions").glob("[0-9]*.md"):
        status = path.read_text().splitlines()[2]
        for later in re.findall(r"(?:superseded|amended) by \[(\d+)\]", status):
            assert int(later) > int(path.name[:3]), path.name


def test_the_readmes_first_model_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "README.md", "exec")
