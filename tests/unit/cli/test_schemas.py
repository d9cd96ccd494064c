"""The schemas of --json: every command has one, every kind of document was printed in a test, the page lists all."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from fairlead_cli import schemas
from fairlead_cli.documents import DOCUMENTS
from fairlead_cli.main import app
from tests import json_documents

PAGE = Path(__file__).parents[3] / "docs/reference/json.md"
WITHOUT = {"console", "local", "local up", "local demo"}
"""Commands that run until Ctrl-C have no result."""
ALWAYS = {"schema"}
"""Prints JSON without --json."""
KINDS = [(name, kind) for name, kinds in DOCUMENTS.items() for kind in range(len(kinds) + 1)]


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield above + name, command
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_with_a_result_prints_it_as_json_by_a_schema() -> None:
    with_json = {name for name, one in COMMANDS.items() if any("--json" in option.opts for option in one.params)}
    assert with_json | ALWAYS == set(COMMANDS) - WITHOUT
    assert set(DOCUMENTS) - {"error"} == with_json | ALWAYS


@pytest.mark.parametrize("command", DOCUMENTS)
def test_schemas_are_of_the_dialect_and_know_no_other_member(command: str) -> None:
    schema = schemas.schema(command)
    Draft202012Validator.check_schema(schema)
    objects = [one for one in schema["$defs"].values() if "properties" in one]
    assert objects
    assert all(one["additionalProperties"] is False and one.get("description") for one in objects)


@pytest.mark.parametrize(("command", "kind"), [one for one in KINDS if one[1] < len(DOCUMENTS[one[0]])])
def test_every_kind_of_document_was_printed_by_a_command(command: str, kind: int) -> None:
    """Record them again: FAIRLEAD_RECORD_DOCUMENTS=1 pytest tests/unit/cli tests/functional/cli …."""
    document = json.loads(json_documents.recorded(command, kind).read_text())
    assert json_documents.kind_of(command, document) == kind


def test_a_member_that_the_schema_lacks_is_refused() -> None:
    document = json.loads(json_documents.recorded("init", 0).read_text())
    assert json_documents.kind_of("init", document | {"new": 1}) is None


def test_one_commands_schema_and_all_schemas_are_printed() -> None:
    """Without the packages of the extra `publish`, which a caller's installation lacks."""
    code = "import sys; sys.modules['numpy'] = None; from fairlead_cli.main import main; main()"
    every = subprocess.run([sys.executable, "-c", code, "schema"], capture_output=True, text=True, check=True)
    one = CliRunner().invoke(app, ["schema", "fleet", "add"])

    assert json.loads(every.stdout).keys() == DOCUMENTS.keys()
    assert json.loads(one.stdout) == json.loads(every.stdout)["fleet add"]
    assert json.loads(one.stdout)["$defs"]["Environment"]["required"] == ["environment", "file"]


def test_an_unknown_command_is_refused_with_the_name_that_is_near() -> None:
    done = CliRunner().invoke(app, ["schema", "verions"])
    assert (done.exit_code, done.stdout) == (6, "")
    assert "did you mean versions?" in done.stderr


def test_the_page_has_a_row_for_each_command() -> None:
    rows = re.findall(r"^\| `.*$", PAGE.read_text(), flags=re.MULTILINE)
    assert rows == [_row(command) for command in DOCUMENTS]


def _row(command: str) -> str:
    schema = schemas.schema(command)
    kinds = schema["anyOf"] if command == "error" else schema["anyOf"][:-1]
    name = command if command == "error" else f"fairlead {command}"
    return f"| `{name}` | {'; or '.join(_described(kind, schema['$defs']) for kind in kinds)} |"


def _described(kind: dict[str, Any], definitions: dict[str, Any]) -> str:
    if kind.get("type") == "array":
        return f"a list of {_described(kind['items'], definitions)}"
    if "$ref" not in kind:
        return {"null": "null", "object": "an object"}[kind["type"]]
    definition = definitions[kind["$ref"].rpartition("/")[2]]
    return ", ".join(f"`{name}`" for name in definition["properties"])
