"""Packs rows of Python values into a matrix of doubles, several times as fast as `numpy.array`."""

import struct
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

Rows = Sequence[tuple[Any, ...]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]


def reader(positions: Sequence[int], width: int) -> Callable[[Rows], Matrix]:
    """Return a function that turns rows of `width` values into a matrix of shape (rows, positions), missing as NaN."""
    count = len(positions)
    take = None if list(positions) == list(range(width)) else taker(positions)
    pack = struct.Struct(f"{count}d").pack

    def read(rows: Rows) -> Matrix:
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
