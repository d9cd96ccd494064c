"""Checks a block's columns against the signature, a column at a time, and names the values that a field does not take.

The rules are those of a request. In CSV everything is text: the field's kind tells how to read it, and the words that
publishing reads as missing are missing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.api.field_errors import expected_of, shown
from fairlead.engines.row_packing import ColumnRows
from fairlead.model.signature import LARGEST_INTEGER, Field, Signature
from fairlead.publishing.input.tables import MISSING

Array = np.ndarray[Any, Any]
TRUTH = dict.fromkeys(("true", "True", "TRUE"), 1.0) | dict.fromkeys(("false", "False", "FALSE"), 0.0)
NOT = float("inf")
"""Stands for a value that is no number: no field takes it."""
_decode = msgspec.json.Decoder(list[float]).decode


def checked(signature: Signature, columns: Mapping[str, Any], rows: int) -> tuple[ColumnRows, dict[int, str]]:
    """Return a block's rows by column, and by position what is wrong with a row, which no engine may get then."""
    faults: dict[int, str] = {}
    arrays = []
    for field in signature.inputs:
        column = columns.get(field.name)
        column = [None] * rows if column is None else column
        values, wrong = _numbers(field, column) if _is_number(field) else _strings(field, column)
        for place in np.flatnonzero(wrong).tolist():
            said = f"{field.name}: expected {expected_of(field)}, got {_got(column[place])}"
            faults[place] = f"{faults[place]}; {said}" if place in faults else said
        arrays.append(values)
    return ColumnRows(arrays, [field.kind for field in signature.inputs]), faults


def _is_number(field: Field) -> bool:
    """Return whether a field's values are numbers to the engine: categories may be integers."""
    return field.kind in {"number", "integer", "boolean"} or (
        field.kind == "category" and bool(field.categories) and isinstance(field.categories[0], int)  # type: ignore[index]  # not empty
    )


def _numbers(field: Field, column: Any) -> tuple[Array, Array]:
    """Return a column as doubles, missing as NaN, and which values are wrong."""
    values = _doubles(field, column)
    if field.kind == "number":
        wrong = np.abs(values) > field.largest
    else:
        wrong = (np.abs(values) > LARGEST_INTEGER) | (np.floor(values) != values) & ~np.isnan(values)
        for place in np.flatnonzero(np.abs(values) == LARGEST_INTEGER).tolist():
            wrong[place] = _is_beyond(column[place])
        if field.closed and field.categories:
            wrong |= ~np.isin(values, field.categories) & ~np.isnan(values)
    if not field.nullable:
        wrong |= np.isnan(values)
    return values, wrong


def _is_beyond(value: Any) -> bool:
    """Return whether a value is beyond the largest integer, or a double that may be rounded to it."""
    plain = value.as_py() if hasattr(value, "as_py") else value
    try:
        return isinstance(plain, float) or abs(int(plain)) > LARGEST_INTEGER
    except ValueError:
        return True


def _doubles(field: Field, column: Any) -> Array:
    if isinstance(column, tuple):  # CSV
        return _read_truths(column) if field.kind == "boolean" else _read_numbers(column)
    if hasattr(column, "to_numpy"):  # Arrow
        number = _arrow_numbers(column, truths=field.kind == "boolean")
        if number is not None:
            return number
        column = column.to_pylist()
    return _python_numbers(column, truths=field.kind == "boolean")


def _read_numbers(cells: Sequence[str]) -> Array:
    """Return numbers from text; JSON's reader is several times as fast as `float`, and reads the usual spellings."""
    try:
        values = _decode(f"[{','.join(cells)}]")
    except (msgspec.DecodeError, UnicodeError):
        return np.array([_number(cell) for cell in cells])
    return np.array(values if len(values) == len(cells) else [_number(cell) for cell in cells])


def _number(cell: str) -> float:
    try:
        return float("nan") if cell in MISSING else float(cell) if "_" not in cell else NOT
    except ValueError:
        return NOT


def _read_truths(cells: Sequence[str]) -> Array:
    return np.array([TRUTH.get(cell, float("nan") if cell in MISSING else NOT) for cell in cells])


def _arrow_numbers(column: Any, *, truths: bool) -> Array | None:
    """Return an array of Arrow as doubles; None where its type is not the field's, or integers are too large."""
    import pyarrow as pa

    kind = column.type
    numeric = pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    if not (pa.types.is_null(kind) or (pa.types.is_boolean(kind) if truths else numeric)):
        return None
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid:
        return None


def _python_numbers(values: Sequence[Any], *, truths: bool) -> Array:
    kinds: set[type[Any]] = {bool} if truths else {int, float}
    if not truths and set(map(type, values)) <= kinds:
        try:
            return np.array(values, dtype=np.float64)
        except OverflowError:
            pass
    return np.array([_double(value, kinds) for value in values])


def _double(value: Any, kinds: set[type[Any]]) -> float:
    if value is None:
        return float("nan")
    try:
        return float(value) if type(value) in kinds else NOT
    except OverflowError:
        return NOT


def _strings(field: Field, column: Any) -> tuple[Array, Array]:
    """Return a column of strings as objects, missing as None, and which values are wrong."""
    if hasattr(column, "to_pylist"):
        column = column.to_pylist()
    missing: Callable[[Any], bool] = MISSING.__contains__ if isinstance(column, tuple) else _is_none
    values = np.fromiter((None if missing(value) else value for value in column), dtype=object, count=len(column))
    known = set(field.categories or ()) if field.closed else None
    wrong = np.array(
        [
            not field.nullable
            if value is None
            else type(value) is not str or (known is not None and value not in known)
            for value in values
        ],
        dtype=bool,
    )
    return values, wrong


def _is_none(value: Any) -> bool:
    return value is None


def _got(value: Any) -> str:
    """Return a value as an error shows it."""
    if hasattr(value, "as_py"):
        value = value.as_py()
    if value is None or value == "":
        return "nothing"
    try:
        return shown(value)
    except (TypeError, ValueError):
        return shown(str(value))
