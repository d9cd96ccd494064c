"""Packs rows of Python values into a matrix of doubles, several times as fast as `numpy.array`."""

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, overload

import numpy as np

from fairlead.model.signature import Kind

Rows = Sequence[tuple[Any, ...]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]
Column = np.ndarray[Any, np.dtype[Any]]


class NumberRows(Sequence[tuple[Any, ...]]):
    """Rows of numbers with their matrix of shape (rows, fields), missing as NaN, which all readers share.

    Rows that came as a matrix are made when the first is read: few requests need them.
    """

    def __init__(self, matrix: Matrix, rows: Rows | None = None) -> None:
        self.matrix = matrix
        self._given = rows

    @cached_property
    def _rows(self) -> Rows:
        return list(map(tuple, self.matrix.tolist())) if self._given is None else self._given

    def __len__(self) -> int:
        return len(self.matrix)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)

    @overload
    def __getitem__(self, place: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> tuple[Any, ...] | Rows:
        if isinstance(place, slice):
            return NumberRows(self.matrix[place], None if self._given is None else self._given[place])
        return self._rows[place]


class ColumnRows(Sequence[tuple[Any, ...]]):
    """Rows that came by column: arrays of doubles with NaN for missing, or of objects with None, by the fields' kinds.

    Tuples are made when the first is read, as other engines and messages need them.
    """

    def __init__(self, columns: Sequence[Column], kinds: Sequence[Kind]) -> None:
        self.columns = columns
        self._kinds = kinds

    def matrix(self, positions: Sequence[int]) -> Matrix:
        """Return these columns as a matrix of shape (rows, positions)."""
        return np.column_stack([self.columns[position] for position in positions])

    def chosen(self, which: Any) -> "ColumnRows":
        """Return the rows of a slice or of an array of positions."""
        return ColumnRows([column[which] for column in self.columns], self._kinds)

    @cached_property
    def _rows(self) -> Rows:
        return list(zip(*map(_values, self.columns, self._kinds), strict=True))

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)

    @overload
    def __getitem__(self, place: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> tuple[Any, ...] | Rows:
        return self.chosen(place) if isinstance(place, slice) else self._rows[place]


def values_at(rows: Rows, position: int) -> Sequence[Any]:
    """Return one column of rows."""
    return rows.columns[position].tolist() if isinstance(rows, ColumnRows) else [row[position] for row in rows]


def _values(column: Column, kind: Kind) -> list[Any]:
    """Return a column as Python values of its field's kind, None for missing."""
    values: list[Any] = column.tolist()
    if column.dtype == object:
        return values
    plain = {"number": float, "boolean": bool}.get(kind, int)
    return [None if value != value else plain(value) for value in values]  # noqa: PLR0124 - NaN differs from itself


def reader(positions: Sequence[int], width: int) -> Callable[[Rows], Matrix]:
    """Return a function that turns rows of `width` values into a matrix of shape (rows, positions), missing as NaN."""
    count = len(positions)
    take = None if list(positions) == list(range(width)) else taker(positions)
    pack = struct.Struct(f"{count}d").pack

    def read(rows: Rows) -> Matrix:
        if isinstance(rows, ColumnRows):
            return rows.matrix(positions)
        if isinstance(rows, NumberRows):
            return rows.matrix if take is None else rows.matrix[:, positions]
        chosen = rows if take is None else [take(row) for row in rows]
        try:
            matrix = np.frombuffer(b"".join([pack(*row) for row in chosen]))
        except struct.error:  # None: numpy makes it NaN
            matrix = np.array(chosen, dtype=np.float64)
        return matrix.reshape(len(rows), count)

    return read


def taker(positions: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a function that takes a row's values at these positions, as a tuple also for one position."""
    if len(positions) == 1:
        (position,) = positions
        return lambda row: (row[position],)
    return itemgetter(*positions)
