"""Reads a JSON body of rows piece by piece, to name the row and the member that are wrong.

Whole-document decoders keep the last of two members of one name and end at the first fault; this one keeps every
member and goes no further than it is asked to.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.errors import FieldError, NotJsonError, RowsError

MOST_ERRORS = 20
"""Faults that one answer names; reading ends with the last of them."""
_SPACE = re.compile(r"[ \t\n\r]*")


class Source:
    """JSON text and the place that was read up to; every method raises NotJsonError at a fault of the grammar."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    def next(self) -> str:
        """Return the next character that is no white space; empty at the end."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches everywhere
        return self.text[self.at : self.at + 1]

    def take(self, expected: str) -> str:
        """Return the next character and go past it; it must be one of these."""
        char = self.next()
        if not char or char not in expected:
            raise self._fault(f"expecting {' or '.join(map(repr, expected))}")
        self.at += 1
        return char

    def value(self) -> Any:
        """Return the next value; integers inside an array or an object are floats."""
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
        """Return the text of the next value."""
        self.next()
        start = self.at
        self.value()
        return self.text[start : self.at]

    def names(self) -> Iterator[str]:
        """Yield each member's name of the object that comes next; the reader takes the value before it goes on."""
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
        """Check that nothing follows."""
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


def rows(body: bytes | str, member: str, refused: type[RowsError]) -> Iterator[str]:
    """Yield the text of each row of `{member: [row, …]}`; raises NotJsonError, and `refused` for another shape."""
    source = Source(text_of(body))
    shape = f'the body must be an object {{"{member}": [{{…}}, …]}}'
    if source.next() != "{":
        raise refused(f"{shape}, got {shown(source.value())}")
    seen = []
    for name in source.names():
        seen.append(name)
        if seen != [member]:
            source.value()
            raise refused(f"{shape}, got the members {', '.join(map(repr, seen))}"[:500])
        if source.next() != "[":
            raise refused(f"`{member}` must be an array of rows, got {shown(source.value())}")
        yield from _elements(source)
    source.end()
    if not seen:
        raise refused(f"{shape}, got no members")


def value_of(text: str) -> Any:
    """Return the value that the text of a row or of a member spells."""
    return Source(text).value()


def members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the members of an object in their order, duplicates too: names, and the texts of their values."""
    source = Source(text)
    for name in source.names():
        yield name, source.piece()


def refusal(refused: type[RowsError], errors: Sequence[FieldError], *, hint: str = "") -> RowsError:
    """Make the error that names these faults, of which there is at least one."""
    first = errors[0]
    where = f"row {first['row']}" + (f", field {first['field']!r}" if first["field"] else "")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return refused(
        f"{where}: expected {first['expected']}, got {first['got']}{more}", errors=errors[:MOST_ERRORS], hint=hint
    )


def shown(value: Any) -> str:
    """Return what came, shortened and in ASCII: values only where they are small."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN, Infinity or a number too large"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def is_plain(value: Any) -> bool:
    """Say whether every number in a value is finite and every string Unicode text; half a surrogate pair is none."""
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
    """Yield the text of each element of the array that comes next."""
    source.take("[")
    more = "," if source.next() != "]" else source.take("]")
    while more == ",":
        yield source.piece()
        more = source.take(",]")


def _integer(digits: str) -> int | float:
    """Keep integers that any field could mean; one of hundreds of digits is as good as infinite."""
    return int(digits) if len(digits) < 300 else math.inf


_SCALAR = json.JSONDecoder(parse_int=_integer)
_INSIDE = json.JSONDecoder(parse_int=float)  # takes any number of digits without a Python call for each
