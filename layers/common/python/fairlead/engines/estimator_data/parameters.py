"""Parameters whose type is right and whose value would still do harm: file readers, caches, expressions."""

from collections.abc import Callable
from typing import Any

from fairlead.engines.estimator_data.expressions import ends_soon
from fairlead.errors import ModelFileError


def check(label: str, name: str, value: Any) -> None:
    """Raise ModelFileError where the value of an attribute of this name would do harm; `label` is its class."""
    rule = RULES.get(name)
    if rule is not None and (why := rule(value)):
        raise ModelFileError(f"{label}.{name} {why[0]}", hint=why[1])


def _input(value: Any) -> tuple[str, str] | None:
    if value == "content":
        return None
    return f"is {value!r}: it would read files that a caller names"[:120], "fit it with input='content'"


def _pattern(value: Any) -> tuple[str, str] | None:
    if value is None or ends_soon(value):
        return None
    return (
        "is a regular expression that may never end",
        r"use one without groups that repeat, such as the default (?u)\b\w\w+\b",
    )


def _memory(value: Any) -> tuple[str, str] | None:
    return None if value is None else ("caches on disk", "fit the pipeline with memory=None")


RULES: dict[str, Callable[[Any], tuple[str, str] | None]] = {
    "input": _input,
    "memory": _memory,
    "pattern": _pattern,
    "token_pattern": _pattern,
}
