"""What a pickle would make, as facts: nothing here is executed, imported or looked up."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from fairlead.publishing.pickle_names import DTYPE, Name

LARGEST_ITEM = 1 << 20


class MalformedError(Exception):
    """The stream is no pickle that a fitted estimator makes; the message says why."""


@dataclass(slots=True, eq=False)
class Made:
    """An object that a call would make: the callable, its arguments, the state put into it."""

    by: Name
    arguments: Any
    state: Any = None


@dataclass(slots=True, eq=False)
class Items:
    """A list, a set, or a dictionary as its pairs."""

    kind: str
    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Element:
    """One array element: size in bytes, and whether it is a reference to an object."""

    size: int
    objects: bool = False


def pairs(value: Any) -> dict[str, Any]:
    """A dictionary's members with string keys."""
    if not isinstance(value, Items) or value.kind != "dict":
        return {}
    return {key: item for key, item in value.items if isinstance(key, str)}


def element_of(value: Any) -> Element:
    """The element that a numpy dtype describes, verified against its own state.

    numpy believes a pickled dtype: an object dtype that claims to hold none turns array bytes into pointers, and
    fields beyond the end of an element read other memory. Raises MalformedError for both.
    """
    if not isinstance(value, Made) or value.by != DTYPE:
        raise MalformedError("an array without a dtype")
    code, _, copied = (*value.arguments, None, None, None)[:3]
    shape = re.fullmatch(r"([biufcmMSUVO])(\d{1,7})", code) if isinstance(code, str) else None
    if shape is None or not copied:
        raise MalformedError(f"an array of {code!r}"[:80])
    kind, size = shape[1], int(shape[2]) * (4 if shape[1] == "U" else 1)
    if size > LARGEST_ITEM:
        raise MalformedError("an array with elements of more than a megabyte")
    if value.state is not None:
        _check_state(kind, size, value.state)
    return Element(size, objects=kind == "O")


def _check_state(kind: str, size: int, state: Any) -> None:
    if not isinstance(state, tuple) or len(state) not in (8, 9):
        raise MalformedError("a dtype with a strange state")
    _, _, inner, names, fields, stored, alignment, flags = state[:8]
    if kind in "SUV":
        if stored not in (size, -1) or not isinstance(alignment, int) or not -1 <= alignment <= 64 or _refers(flags):
            raise MalformedError("a dtype whose state contradicts its size")
        if fields is not None:
            _check_fields(size, fields)
        if inner is not None:
            _check_inner(size, inner)
        return
    if (inner, names, fields, stored, alignment) != (None, None, None, -1, -1) or flags != (63 if kind == "O" else 0):
        raise MalformedError("a dtype whose state contradicts its kind")


def _refers(flags: Any) -> bool:
    """Numpy's flags for elements that hold references, or that are pickled as a list."""
    return not isinstance(flags, int) or bool(flags & 0b101)


def _check_fields(size: int, fields: Any) -> None:
    for member in pairs(fields).values():
        if not isinstance(member, tuple) or len(member) < 2 or not isinstance(member[1], int):
            raise MalformedError("a structured dtype with a strange field")
        inner = element_of(member[0])
        if inner.objects or not 0 <= member[1] <= size - inner.size:
            raise MalformedError("a structured dtype whose fields do not fit")


def _check_inner(size: int, inner: Any) -> None:
    if not isinstance(inner, tuple) or len(inner) != 2:
        raise MalformedError("a dtype with a strange subarray")
    shape = inner[1] if isinstance(inner[1], tuple) else (inner[1],)
    element = element_of(inner[0])
    if element.objects or count_of(shape) * element.size != size:
        raise MalformedError("a dtype whose subarray does not fit")


def count_of(shape: Any) -> int:
    """Elements in an array of this shape."""
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise MalformedError("an array with a strange shape")
    return math.prod(shape)
