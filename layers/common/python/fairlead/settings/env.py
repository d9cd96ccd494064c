"""How one setting is read; each raises SettingsError naming the variable."""

import math
from collections.abc import Mapping

from fairlead.errors import SettingsError


def required(env: Mapping[str, str], name: str) -> str:
    """Return a text that must be there."""
    value = env.get(name)
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def names(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Return what stands between commas; nothing where it is not set."""
    return frozenset(part for text in env.get(name, "").split(",") if (part := text.strip()))


def whole(env: Mapping[str, str], name: str, otherwise: int, *, of: str = "") -> int:
    """Return a number above 0, `otherwise` where it is not set; `of` is its unit."""
    value = env.get(name) or str(otherwise)
    if not value.isdecimal() or int(value) < 1:
        unit = f" of {of}" if of else ""
        raise SettingsError(f"{name} must be a whole number{unit} above 0, got {value!r}")
    return int(value)


def share(env: Mapping[str, str], name: str) -> float:
    """Return a number from 0 to 1, 0 where it is not set."""
    value = env.get(name) or "0"
    number = _number(value)
    if not 0 <= number <= 1:
        raise SettingsError(f"{name} must be a number from 0 to 1, got {value!r}")
    return number


def milliseconds(env: Mapping[str, str], name: str) -> float:
    """Return a time that must be there and above 0."""
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
