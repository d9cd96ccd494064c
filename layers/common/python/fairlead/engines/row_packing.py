"""Packs rows of Python values into a matrix of doubles, several times as fast as `numpy.array`."""

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, overload

import numpy as np

Rows = Sequence[tuple[Any, ...]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]


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


def reader(positions: Sequence[int], width: int) -> Callable[[Rows], Matrix]:
    """Return a function that turns rows of `width` values into a matrix of shape (rows, positions), missing as NaN."""
    count = len(positions)
    take = None if list(positions) == list(range(width)) else taker(positions)
    pack = struct.Struct(f"{count}d").pack

    def read(rows: Rows) -> Matrix:
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
