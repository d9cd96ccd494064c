"""Adds an environment to samconfig.toml. The file's bytes stay; the new tables follow them."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from fairlead.errors import NotFoundError, SettingsError

STACK = re.compile(r"(?=.{1,35}$)[a-z][a-z0-9]*(-(?!canary$)[a-z0-9]+)?")
"""The names that template.yaml takes (decision 111), within the length of docs/how-to/deploy-to-aws.md."""
PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9]+)=(?P<value>[^\"\\\n]*)")
DECLARED = re.compile(r"^Parameters:\n(?P<body>(?:[ #].*\n|\n)*)", re.MULTILINE)

TABLES = """
[{name}.global.parameters]
stack_name = "{name}"

[{name}.deploy.parameters]
capabilities = "CAPABILITY_IAM"
resolve_s3 = true
s3_prefix = "{name}"
confirm_changeset = false
fail_on_empty_changeset = false
parameter_overrides = {overrides}
"""


def add_environment(file: Path, name: str, parameters: Iterable[str]) -> None:
    """Append the environment `name` with the stack `name` and its parameters, each as Name=value, to a samconfig.toml.

    The stage has the stack's name, so the API's address says which model answers. Raises SettingsError for a name that
    is not a stack's or is in the file, for a parameter that the template beside it lacks; NotFoundError without file.
    """
    if not STACK.fullmatch(name):
        raise SettingsError(
            f"{name!r} is not a stack's name: lower-case letters and digits, at most one hyphen and 35 characters, "
            "and no environment `canary`",
            hint="for example churn, or churn-dev",
        )
    text = _read(file)
    held = _parsed(text, file)
    if other := next((environment for environment, facts in held.items() if name in _stacks(facts)), None):
        raise SettingsError(
            f"{file}: environment {other} deploys the stack {name} already", hint="choose another name for the stack"
        )
    if name in held:
        raise SettingsError(
            f"{file} has an environment {name} already",
            hint="choose another name, or edit the file",
        )
    overrides = {"StageName": name.replace("-", "_")} | _given(parameters, file.with_name("template.yaml"))
    written = " ".join(f'{key}="{value}"' if " " in value else f"{key}={value}" for key, value in overrides.items())
    tables = TABLES.format(name=name, overrides=json.dumps(written, ensure_ascii=False))
    whole = f"{text.rstrip()}\n{tables}"
    _parsed(whole, file)
    newline = "\r\n" if "\r\n" in text else "\n"
    file.write_bytes(whole.replace("\r\n", "\n").replace("\n", newline).encode())


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"there is no {file}", hint="run it in the project's folder, or create a project with `fairlead init DIR`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from error


def _parsed(text: str, file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}", hint="correct the file first") from error


def _stacks(environment: object) -> set[str]:
    """Return the stack names in an environment's tables, one for each command of sam."""
    commands = environment.values() if isinstance(environment, dict) else ()
    tables = (command.get("parameters") for command in commands if isinstance(command, dict))
    return {str(table.get("stack_name")) for table in tables if isinstance(table, dict)}


def _given(parameters: Iterable[str], template: Path) -> dict[str, str]:
    found = {}
    declared = _declared(template)
    for one in parameters:
        match = PARAMETER.fullmatch(one)
        if not match:
            raise SettingsError(
                f"{one!r} is no parameter", hint="write NAME=VALUE without quotation marks or backslashes in the value"
            )
        if declared and match["name"] not in declared:
            raise SettingsError(
                f"{template} has no parameter {match['name']}", hint="docs/reference/parameters.md lists them"
            )
        if match["name"] in found:
            raise SettingsError(f"{match['name']} is given twice", hint="leave one of them out")
        found[match["name"]] = match["value"]
    return found


def _declared(template: Path) -> set[str]:
    """Return the names of the template's parameters; none if there is no such file."""
    if not template.exists():
        return set()
    block = DECLARED.search(template.read_text())
    return set(re.findall(r"^  (\w+):", block["body"], flags=re.MULTILINE)) if block else set()
