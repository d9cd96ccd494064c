"""Reads a JSON body of rows piece by piece, for the readers that name each wrong row and member.

Whole-document decoders keep the last of two members of one name and stop at the first fault. This reader keeps every
member, and it stops where its caller stops.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from fairlead.api.field_errors import shown
from fairlead.errors import NotJsonError, RowsError

_SPACE = re.compile(r"[ \t\n\r]*")


class Source:
    """JSON text and the position read so far; every method raises NotJsonError where the text breaks JSON's grammar."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    def next(self) -> str:
        """Return the next character that is not white space, without reading it; empty at the end."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches everywhere
        return self.text[self.at : self.at + 1]

    def take(self, expected: str) -> str:
        """Read the next character and return it; it must be one of `expected`."""
        char = self.next()
        if not char or char not in expected:
            raise self._fault(f"expecting {' or '.join(map(repr, expected))}")
        self.at += 1
        return char

    def value(self) -> Any:
        """Read the next value and return it; integers inside an array or an object become floats."""
        decoder = _INSIDE if self.next() in {"[", "{"} else _SCALAR
        try:
            value, self.at = decoder.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise self._fault(error.msg) from error
        except RecursionError as error:
            raise NotJsonError("the body is nested too deeply") from error
        return value

    def piece(self) -> str:
        """Read the next value and return its text."""
        self.next()
        start = self.at
        self.value()
        return self.text[start : self.at]

    def names(self) -> Iterator[str]:
        """Yield the names of the next object's members; the caller reads each value before the next name."""
        self.take("{")
        more = "," if self.next() != "}" else self.take("}")
        while more == ",":
            if self.next() != '"':
                raise self._fault("expecting a name in double quotes")
            name = self.value()
            self.take(":")
            yield name
            more = self.take(",}")

    def end(self) -> None:
        """Check that only white space follows."""
        if self.next():
            raise self._fault("nothing may follow the object")

    def _fault(self, message: str) -> NotJsonError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        return NotJsonError(f"the body is not JSON: {message} at line {line}, column {column}")


def text_of(body: bytes | str) -> str:
    """Return the body as text; raises NotJsonError where its bytes are not UTF-8."""
    try:
        return body.decode() if isinstance(body, bytes) else body
    except UnicodeError as error:
        raise NotJsonError(f"the body is not UTF-8: {error}") from error


def rows(body: bytes | str, member: str, refused: type[RowsError], *, beside: str = "") -> Iterator[str]:
    """Yield the text of each row of `{member: [row, …]}`; raises NotJsonError, and `refused` for another shape.

    A member named `beside` may stand in the object once, with any value.
    """
    source = Source(text_of(body))
    shape = f'the body must be an object {{"{member}": [{{…}}, …]}}'
    if source.next() != "{":
        raise refused(f"{shape}, got {shown(source.value())}")
    seen = []
    for name in source.names():
        seen.append(name)
        if name == beside and seen.count(name) == 1:
            source.value()
            continue
        if name != member or seen.count(name) > 1:
            source.value()
            raise refused(f"{shape}, got the members {', '.join(map(repr, seen))}"[:500])
        if source.next() != "[":
            raise refused(f"`{member}` must be an array of rows, got {shown(source.value())}")
        yield from _elements(source)
    source.end()
    if member not in seen:
        raise refused(f"{shape}, got {f'the member {seen[0]!r} alone' if seen else 'no members'}")


def value_of(text: str) -> Any:
    """Return the value of a row's or a member's text."""
    return Source(text).value()


def members(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, text of the value) for each member of an object, in order and with duplicates."""
    source = Source(text)
    for name in source.names():
        yield name, source.piece()


def is_plain(value: Any) -> bool:
    """Return whether every number in a value is finite and every string is Unicode text, without lone surrogates."""
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += [*part, *part.values()]
        elif isinstance(part, list):
            parts += part
        elif isinstance(part, float):
            if not math.isfinite(part):
                return False
        elif isinstance(part, str) and any("\ud800" <= char <= "\udfff" for char in part):
            return False
    return True


def _elements(source: Source) -> Iterator[str]:
    """Yield the text of each element of the next array."""
    source.take("[")
    more = "," if source.next() != "]" else source.take("]")
    while more == ",":
        yield source.piece()
        more = source.take(",]")


def _integer(digits: str) -> int | float:
    """Return an integer of fewer than 300 digits, else a float, which may be infinite: no field takes it."""
    return int(digits) if len(digits) < 300 else float(digits)


def _no_number(_: str) -> float:
    """Return NaN for NaN and the infinities, which are not JSON. Only a number beyond doubles becomes infinite."""
    return math.nan


_SCALAR = json.JSONDecoder(parse_int=_integer, parse_constant=_no_number)
_INSIDE = json.JSONDecoder(parse_int=float, parse_constant=_no_number)  # float takes any digits without a Python call
