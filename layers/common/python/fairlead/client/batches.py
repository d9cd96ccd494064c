"""Rows as request bodies: JSON of bounded rows and bytes."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from fairlead.errors import DataError

ROWS_PER_CALL = 1_000
BYTES_PER_CALL = 2 * 1024 * 1024
"""A third of Lambda's 6 MB: escaping the body inside the proxy event can double it."""

USUAL = frozenset({str, int, float, bool, type(None)})
"""Types that need no look at each value."""
UNENCODABLE = (TypeError, ValueError, RecursionError)

Instance = Mapping[str, Any]


class Batch(NamedTuple):
    """Consecutive rows, each encoded, of the array `member`; `first_row` counts from the caller's first."""

    member: str
    first_row: int
    rows: Sequence[bytes]

    def body(self, *, explain: bool = False) -> bytes:
        """Return the request's body; with `explain` it asks for the reasons of each prediction."""
        end = b'],"parameters":{"explain":true}}' if explain else b"]}"
        return b'{"%s":[' % self.member.encode() + b",".join(self.rows) + end

    def halves(self) -> "tuple[Batch, Batch]":
        """Return the batch in two, for an endpoint that found it too large."""
        half = len(self.rows) // 2
        second = Batch(self.member, self.first_row + half, self.rows[half:])
        return Batch(self.member, self.first_row, self.rows[:half]), second


def batches(
    instances: Iterable[Instance], *, most_rows: int = ROWS_PER_CALL, member: str = "instances", first_row: int = 0
) -> Iterator[Batch]:
    """Cut rows into batches of at most `most_rows` rows and BYTES_PER_CALL bytes; a larger row goes alone.

    The first of `instances` is the caller's row `first_row`. NaN, NaT and NA become null. Raises DataError for a value
    that JSON cannot represent, infinity among them.
    """
    encode = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number").encode
    rows: list[bytes] = []
    size, first = 0, first_row
    for number, instance in enumerate(instances, first_row):
        row = _encoded(encode, number, instance)
        if rows and (len(rows) == most_rows or size + len(row) > BYTES_PER_CALL):
            yield Batch(member, first, rows)
            rows, size, first = [], 0, number
        rows.append(row)
        size += len(row) + 1
    if rows:
        yield Batch(member, first, rows)


def _encoded(encode: Any, number: int, instance: Instance) -> bytes:
    try:
        usual = USUAL.issuperset(map(type, instance.values()))
        row: bytes = encode(instance if usual else {name: _checked(value) for name, value in instance.items()})
    except UNENCODABLE as error:
        raise _refused(encode, number, instance) from error
    if b"null" in row:  # msgspec writes infinity as it writes NaN
        for field, value in instance.items():
            if _is_infinite(value):
                raise DataError(f"row {number}, {field}: JSON has no infinity", hint="leave the value out if unknown")
    return row


def _checked(value: Any) -> Any:
    """Return a value that JSON has; raises TypeError for bytes, which msgspec writes as base64."""
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(type(value).__name__)
    if isinstance(value, Decimal) and not value.is_finite():  # msgspec writes them bare
        return float(value)
    return value


def _refused(encode: Any, number: int, instance: Instance) -> DataError:
    """Return the error that names the value, or the column's name, that JSON cannot represent."""
    for field, value in instance.items():
        if not _encodes(encode, value):
            kind = "text with lone surrogates" if isinstance(value, str) else type(value).__name__
            hint = "send numbers, strings, true, false or null"
            return DataError(f"row {number}, {field}: JSON has no {kind}", hint=hint)
    return DataError(f"row {number}: JSON has no such names of columns", hint="name each column by a string")


def _is_infinite(value: Any) -> bool:
    try:
        return not isinstance(value, str) and math.isinf(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _encodes(encode: Any, value: Any) -> bool:
    try:
        encode(_checked(value))
    except UNENCODABLE:
        return False
    return True


def _plain(value: Any) -> Any:
    """Return a scalar of NumPy or pandas as a Python value, None for a missing one."""
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        return value.item()
    raise TypeError(type(value).__name__)
