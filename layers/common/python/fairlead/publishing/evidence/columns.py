"""Conversion of rows in signature order to columns, and of answers to numpy arrays, block by block."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fairlead.errors import DataError
from fairlead.gate.evidence import Codes, Column, Floats, Predicted, classes_of
from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.signature.infer import to_rows

BLOCK = 20_000
"""Rows of a block at most; fewer for wide tables, so that a block has about BLOCK_VALUES values."""
BLOCK_VALUES = 2_000_000
FEWEST_ROWS = 50

Row = tuple[Any, ...]


def blocks(signature: Signature, X: Any) -> Iterator[list[Row]]:
    """Yield rows in signature order, a bounded number at a time; raises DataError as `to_rows` does."""
    frame = to_frame(X)
    size = max(FEWEST_ROWS, min(BLOCK, BLOCK_VALUES // max(1, len(signature.inputs))))
    for start in range(0, len(frame), size):
        yield to_rows(signature, frame.iloc[start : start + size])


class Columns:
    """Columns of a known number of rows, filled block by block."""

    def __init__(self, signature: Signature, rows: int) -> None:
        self._rows = rows
        self._at = 0
        self._makers = [
            _Levels(field, rows) if _has_levels(field) else _Numbers(field, rows) for field in signature.inputs
        ]

    def add(self, rows: Sequence[Row]) -> None:
        """Append a block."""
        for maker, values in zip(self._makers, zip(*rows, strict=True), strict=True):
            maker.add(self._at, values)
        self._at += len(rows)

    def done(self) -> tuple[Column, ...]:
        """Return the finished columns."""
        return tuple(maker.done() for maker in self._makers)


class _Numbers:
    def __init__(self, field: Field, rows: int) -> None:
        self._field = field
        self._values = np.empty(rows)

    def add(self, at: int, values: Sequence[Any]) -> None:
        self._values[at : at + len(values)] = values  # numpy reads None as NaN

    def done(self) -> Column:
        return Column(name=self._field.name, kind=self._field.kind, values=self._values)


class _Levels:
    def __init__(self, field: Field, rows: int) -> None:
        self._field = field
        self._codes: dict[Any, int] = {}
        self._values: Codes = np.empty(rows, dtype=np.int32)

    def add(self, at: int, values: Sequence[Any]) -> None:
        codes = self._codes
        self._values[at : at + len(values)] = [
            -1 if value is None else codes.setdefault(value, len(codes)) for value in values
        ]

    def done(self) -> Column:
        return Column(name=self._field.name, kind=self._field.kind, values=self._values, levels=tuple(self._codes))


def _has_levels(field: Field) -> bool:
    return field.kind in {"category", "text"}


def predicted(answers: Answers, output: Output) -> Predicted:
    """Return one block of answers as arrays; a label that is not a class becomes -1."""
    if output.task == "regression":
        values = np.asarray(answers.values, dtype=np.float64)
        return Predicted(values=values.reshape(len(values), -1))
    if output.task == "clustering":
        return Predicted(labels=np.asarray(answers.labels, dtype=np.int32))
    labels = codes_of(answers.labels or [], classes_of(output))
    return Predicted(labels=labels, probabilities=_floats(answers.probabilities), scores=_floats(answers.scores))


def _floats(figures: Sequence[Any] | None) -> Floats | None:
    return None if figures is None else np.asarray(figures, dtype=np.float64)


def joined(parts: Sequence[Predicted]) -> Predicted:
    """Concatenate blocks of answers."""
    found: dict[str, Any] = {}
    for name in Predicted.__struct_fields__:
        arrays = [getattr(part, name) for part in parts]
        found[name] = None if not arrays or arrays[0] is None else np.concatenate(arrays)
    return Predicted(**found)


def codes_of(labels: Sequence[Any], classes: Sequence[Any]) -> Codes:
    """Return each label's position in `classes`; -1 for other labels."""
    position = {value: code for code, value in enumerate(classes)}
    return np.array([position.get(label, -1) for label in labels], dtype=np.int32)


def target_of(output: Output, y: Any, rows: int) -> Codes | Floats | None:
    """Return the target as class codes or as floats (rows, targets); None if there is none or the task has no target.

    Raises DataError if the number of values is wrong or a regression's target is not a finite number.
    """
    classes = classes_of(output)
    if y is None or (output.task != "regression" and not classes):
        return None
    array = np.asarray(y)
    if len(array) != rows:
        raise DataError(f"the target has {len(array):,} values for {rows:,} rows")
    if output.task != "regression":
        return codes_of(array.ravel().tolist(), classes)
    try:
        values = array.astype(np.float64).reshape(rows, -1)
    except (ValueError, TypeError) as error:
        raise DataError(f"the target of a regression is not a number: {error}") from error
    empty = int((~np.isfinite(values)).any(axis=1).sum())
    if empty:
        raise DataError(f"{empty:,} rows have no target", hint="leave out rows without a known outcome")
    return values
