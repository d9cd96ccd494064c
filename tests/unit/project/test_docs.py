"""The documentation matches the code: commands, options, verbs, files, links."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from fairlead.errors import FairleadError, InternalError, RequestError, UnavailableError
from fairlead_cli.main import app
from fairlead_local.cloudformation import templates

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
        if getattr(command, "invoke_without_command", False):
            found[words] = command
    return found


COMMANDS = commands()
TEXT = "\n".join(path.read_text() for path in DOCS if path.parent.name != "decisions")
SAID = sorted(set(re.findall(r"(?:^ {4,}|`)(fairlead [a-z][^`\n]*)", TEXT, flags=re.MULTILINE)))


def options(command: Any) -> set[str]:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    return {name for parameter in shown for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def called(line: str) -> tuple[str, list[str]]:
    """The command a line calls, and the options it gives."""
    words = shlex.split(line.split(" #", maxsplit=1)[0])[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    return name, [word for word in words if word.startswith("--")]


@pytest.mark.parametrize("line", SAID)
def test_a_command_line_in_the_docs_exists_with_its_options(line: str) -> None:
    name, given = called(line)
    assert name in COMMANDS, line
    assert set(given) <= options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_reference_and_help_has_an_example(name: str) -> None:
    reference = (ROOT / "docs/reference/cli.md").read_text()
    assert f"| `fairlead {name}" in reference
    for option in options(COMMANDS[name]):
        assert not option.startswith("--") or re.search(rf"`{option}[ `]", reference), option
    assert COMMANDS[name].help
    assert "Example" in (COMMANDS[name].epilog or "")


def problems(root: type[FairleadError]) -> set[str]:
    """The codes of an error class and of those below it."""
    return {root.code}.union(*(problems(one) for one in root.__subclasses__()))


def test_every_problem_code_is_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/http-api.md").read_text()
    gateway = re.findall(r'"code":"(\w+)"', (ROOT / "template.yaml").read_text())
    codes = problems(RequestError) | problems(UnavailableError) | {InternalError.code, *gateway}
    for code in codes - {"invalid_rows", "unavailable"}:  # classes that are never raised themselves
        assert f"`{code}`" in reference, code


def test_every_parameter_and_output_of_the_template_is_in_the_reference() -> None:
    template = templates.parse((ROOT / "template.yaml").read_text())
    reference = (ROOT / "docs/reference/parameters.md").read_text()
    for name, facts in template["Parameters"].items():
        assert f"| `{name}` | `{facts['Default']}` |" in reference or f"| `{name}` | |" in reference, name
        assert " ".join(facts["Description"].split()) in reference, name
    for name, facts in template["Outputs"].items():
        assert f"| `{name}` | {' '.join(facts['Description'].split())} |" in reference, name


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


def test_the_files_to_touch_for_an_extension_exist() -> None:
    text = (ROOT / "docs/how-to/extend-fairlead.md").read_text()
    cells = re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE)
    named = [one for cell in cells for one in re.findall(r"`([^`]+)`", cell) if "/" in one and "<" not in one]
    paths = [re.sub(r"^P/", "layers/common/python/fairlead/", one) for one in named]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_that_a_page_names_exists(path: Path) -> None:
    package = ROOT / "layers/common/python/fairlead"
    for named in re.findall(r"`([a-z_]+/[a-z_/.]+)`", path.read_text()):
        if (package / named.split("/")[0]).is_dir():
            assert (package / named).exists() or (package / f"{named}.py").exists(), named


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


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_in_the_docs_compiles(path: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.DOTALL):
        compile(block, path.name, "exec")


def test_the_readme_fits_two_screens_and_has_a_first_model() -> None:
    assert len(README.splitlines()) <= 110
    assert "```python" in README
