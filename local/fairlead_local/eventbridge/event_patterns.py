"""Event patterns of rules. A kind of match that is not supported is refused by name."""

import json
import operator
from collections.abc import Callable
from typing import Any

from fairlead_local.errors import ServiceError

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip
_ABSENT = object()


def read(text: str) -> dict[str, Any]:
    """Parse a pattern; raises InvalidEventPatternException."""
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise _invalid(f"it is not JSON: {error}") from error
    if not isinstance(pattern, dict) or not pattern:
        raise _invalid("it is not an object with members")
    _check(pattern)
    return pattern


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Return whether an event has every member of a pattern with one of its values."""
    for name, wanted in pattern.items():
        found = event.get(name, _ABSENT) if isinstance(event, dict) else _ABSENT
        if isinstance(wanted, dict):
            candidates = found if isinstance(found, list) else [found]
            if not any(matches(wanted, candidate) for candidate in candidates):
                return False
        elif not any(_allows(condition, found) for condition in wanted):
            return False
    return True


def _allows(condition: Any, found: Any) -> bool:
    if isinstance(condition, dict) and "exists" in condition:
        return condition["exists"] is (found is not _ABSENT)
    values = found if isinstance(found, list) else [found]
    return any(value is not _ABSENT and _fits(condition, value) for value in values)


def _fits(condition: Any, value: Any) -> bool:
    if not isinstance(condition, dict):
        return _same(condition, value)
    (kind, wanted), *_ = condition.items()
    return KINDS[kind](wanted, value)


def _same(wanted: Any, value: Any) -> bool:
    # In JSON, true is not 1.
    return wanted == value and isinstance(wanted, bool) is isinstance(value, bool)


def _anything_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        return not _fits(wanted, value)
    return not any(_same(one, value) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _numeric(wanted: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(wanted[::2], wanted[1::2], strict=True)
    return all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


KINDS: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": lambda wanted, value: isinstance(value, str) and value.lower() == wanted.lower(),
    "numeric": _numeric,
    "prefix": lambda wanted, value: isinstance(value, str) and value.startswith(wanted),
    "suffix": lambda wanted, value: isinstance(value, str) and value.endswith(wanted),
}


def _check(pattern: dict[str, Any]) -> None:
    for name, wanted in pattern.items():
        if name.startswith("$"):
            raise _invalid(f"the local cloud does not support {name}")
        if isinstance(wanted, dict):
            _check(wanted)
        elif not isinstance(wanted, list) or not wanted:
            raise _invalid(f"{name!r} must be an object or an array with members")
        else:
            for condition in wanted:
                _check_condition(name, condition)


def _check_condition(name: str, condition: Any) -> None:
    if isinstance(condition, list):
        raise _invalid(f"{name!r} holds an array within an array")
    if not isinstance(condition, dict):
        return
    if len(condition) != 1 or not {*condition} <= {*KINDS, "exists"}:
        raise _invalid(f"the local cloud does not support the match {sorted(condition)} of {name!r}")
    (kind, wanted), *_ = condition.items()
    if kind == "exists" and not isinstance(wanted, bool):
        raise _invalid("exists must be true or false")
    if kind == "numeric" and not (
        isinstance(wanted, list) and len(wanted) % 2 == 0 and {*wanted[::2]} <= {*COMPARISONS}
    ):
        raise _invalid(f"numeric takes pairs of a comparison and a number, not {wanted}")


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
