"""Reads single settings by type; each function raises SettingsError naming the variable."""

import math
from collections.abc import Mapping

from fairlead.errors import SettingsError


def required(env: Mapping[str, str], name: str) -> str:
    """Return a variable's text, which must not be empty."""
    value = env.get(name)
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def names(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the names of a comma-separated list; empty if the variable is not set."""
    return frozenset(part for text in env.get(name, "").split(",") if (part := text.strip()))


def whole(env: Mapping[str, str], name: str, otherwise: int, *, of: str = "") -> int:
    """Return a whole number above 0, `otherwise` if the variable is not set; `of` is its unit."""
    value = env.get(name) or str(otherwise)
    if not value.isdecimal() or int(value) < 1:
        unit = f" of {of}" if of else ""
        raise SettingsError(f"{name} must be a whole number{unit} above 0, got {value!r}")
    return int(value)


def share(env: Mapping[str, str], name: str) -> float:
    """Return a number from 0 to 1, 0 if the variable is not set."""
    value = env.get(name) or "0"
    number = _number(value)
    if not 0 <= number <= 1:
        raise SettingsError(f"{name} must be a number from 0 to 1, got {value!r}")
    return number


def milliseconds(env: Mapping[str, str], name: str) -> float:
    """Return milliseconds above 0; the variable must be set."""
    value = required(env, name)
    number = _number(value)
    if not 0 < number < math.inf:
        raise SettingsError(f"{name} must be a number of milliseconds above 0, got {value!r}")
    return number


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan  # inside no bounds
