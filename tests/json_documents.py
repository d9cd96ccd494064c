"""Checks every JSON document that a command prints in a test against the command's schema.

With FAIRLEAD_RECORD_DOCUMENTS=1 the first document of each kind is stored as an example for the test of the schemas.
"""

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from typer.main import get_current_context  # type: ignore[attr-defined]  # typer has its own copy of Click

from fairlead_cli import output, schemas

RECORDING = os.environ.get("FAIRLEAD_RECORD_DOCUMENTS") == "1"  # before a test takes such variables away
RECORDED = Path(__file__).parent / "recorded_documents"
TEMPORARY = re.compile(r'/[^" ]*/pytest-of-[^/]+/[^/]+/[^/]+/')
_json_text = output.json_text


class SchemaMismatchError(BaseException):
    """A command printed a document that its schema does not allow. The command line catches every Exception."""


def check_all() -> None:
    """Check the documents of all tests of this process."""
    output.json_text = _checked


def recorded(command: str, kind: int) -> Path:
    """Return the file of the recorded document of a kind: a position in the schema's `anyOf`."""
    return RECORDED / f"{command.replace(' ', '-')}-{kind + 1}.json"


@functools.cache
def validators(command: str) -> list[Draft202012Validator]:
    """Return a validator for each kind of document that a command can print."""
    schema = schemas.schema(command)
    kinds = schema.pop("anyOf")
    return [Draft202012Validator(schema | {"anyOf": [kind]}) for kind in kinds]


def kind_of(command: str, document: Any) -> int | None:
    """Return which kind of document it is; None if its schema allows it as none."""
    return next((kind for kind, one in enumerate(validators(command)) if one.is_valid(document)), None)


def _checked(result: Any) -> str:
    words = get_current_context().command_path.split()[1:]
    return check(" ".join(words) or "error", result)  # the root prints errors alone


def check(command: str, result: Any) -> str:
    """Return what a command prints for a result; raises SchemaMismatchError."""
    text = _json_text(result)
    document = json.loads(text)
    kind = kind_of(command, document)
    if kind is None:
        whole = Draft202012Validator(schemas.schema(command))
        raise SchemaMismatchError(f"fairlead {command} --json: {best_match(whole.iter_errors(document))}")
    if RECORDING and not recorded(command, kind).exists():
        recorded(command, kind).write_text(TEMPORARY.sub("", text) + "\n")
    return text
