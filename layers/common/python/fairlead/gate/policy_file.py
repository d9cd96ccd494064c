"""Reader of a policy in TOML; an unknown key or a value out of range is refused with its line, table and key."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from fairlead.errors import SettingsError
from fairlead.gate.checks import CHECKS
from fairlead.gate.metrics import FIGURES
from fairlead.gate.policy import Condition, NamedSlice, Policy


def parse(text: str, *, name: str = "the policy") -> Policy:
    """Return the policy in a TOML text; raises SettingsError with the line, the table and the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not TOML: {error}") from error
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), text, name) from error
    for key in policy.checks:
        if key not in CHECKS:
            raise _unknown(key, CHECKS, f"{_place(text, ('checks', key), name)}, [checks]")
    for table in ("at_least", "at_most"):
        for key in getattr(policy.metrics, table):
            if key not in FIGURES and not key.startswith("recall:"):
                raise _unknown(key, FIGURES, f"{_place(text, ('metrics', table, key), name)}, [metrics.{table}]")
    return policy


def _refusal(message: str, text: str, name: str) -> SettingsError:
    """Return the error with its line, table and key; msgspec's messages end with ` - at `$.table.key``."""
    reason, _, where = message.partition(" - at `")
    path = tuple(re.findall(r"[^.]+", re.sub(r"\[[^\]]*\]", "", where.rstrip("`").removeprefix("$"))))
    unknown = re.search(r"unknown field `(.+)`", reason)
    if unknown:
        place = _place(text, (*path, unknown[1]), name)
        known = [field.name for field in msgspec.structs.fields(_field(path))]
        return _unknown(unknown[1], known, f"{place}, [{'.'.join(path)}]" if path else place)
    choices = get_args(_field(path)) if path else ()
    hint = "one of " + ", ".join(choices) if choices and all(isinstance(choice, str) for choice in choices) else ""
    where = f"{_place(text, path, name)}, {'.'.join(path) or 'top level'}"
    return SettingsError(f"{where}: {reason[:1].lower()}{reason[1:]}", hint=hint)


def _unknown(key: str, known: Iterable[str], where: str) -> SettingsError:
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "known: " + ", ".join(known)
    return SettingsError(f"{where}: unknown key {key!r}", hint=hint)


def _field(path: tuple[str, ...]) -> Any:
    """Return the type of the field at a path; for an array of tables, the table's type."""
    inner: dict[tuple[str, ...], Any] = {("slices", "named"): NamedSlice, ("slices", "named", "where"): Condition}
    found: Any = Policy
    for depth, part in enumerate(path, start=1):
        found = {field.name: field.type for field in msgspec.structs.fields(found)}[part]
        found = inner.get(path[:depth], found)
    return found


def _place(text: str, path: tuple[str, ...], name: str) -> str:
    """Return the file's name and the line of a key: the first line that assigns it, else its table's header."""
    if not path:
        return name
    header, found = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        table = re.match(r"\s*\[+([^\]]+)\]+", line)
        header = table[1].strip() if table else header
        full = tuple(part.strip(" \"'") for part in header.split(".") if part.strip())
        assigned = re.match(r"\s*([\w\"'.:\- ]+?)\s*=", line)
        key = full + (tuple(part.strip(" \"'") for part in assigned[1].split(".")) if assigned else ())
        if key == path and (assigned or table):
            return f"{name} line {number}"
        if found is None and (key == path[: len(key)] and len(key) >= max(1, len(path) - 1)):
            found = number
    return f"{name} line {found}" if found else name
