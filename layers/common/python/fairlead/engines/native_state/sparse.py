"""Sparse matrices: SciPy's native code follows indices and pointers without looking."""

from typing import Any

import numpy as np

from fairlead.engines.native_state.state import NUMBERS, State

KINDS = NUMBERS + "c"
INDEX = "i"


def _shape(matrix: State, dimensions: tuple[int, ...] = (2,)) -> tuple[int, ...]:
    shape = matrix.get("_shape")
    if type(shape) is not tuple or not all(
        isinstance(length, (int, np.integer)) and 0 <= length < 2**62 for length in shape
    ):
        matrix.refuse("_shape", "whole numbers", shape)
    if len(shape) not in dimensions:
        matrix.refuse("_shape", f"{dimensions[0]} numbers", shape)
    return tuple(int(length) for length in shape)


def _check_pointers(matrix: State, rows: int, columns: int, stored: int) -> None:
    """Require pointers that ascend from 0 inside what is stored, and indices of columns that exist."""
    pointers = matrix.array("indptr", (rows + 1,), INDEX)
    indices = matrix.array("indices", (None,), INDEX)
    if pointers[0] != 0:
        matrix.refuse("indptr[0]", "0", pointers[0])
    falling = np.flatnonzero(pointers[1:] < pointers[:-1])
    if falling.size:
        matrix.refuse(f"indptr[{falling[0] + 1}]", "at least the pointer before it", pointers[falling[0] + 1])
    if pointers[-1] > min(len(indices), stored):
        matrix.refuse(f"indptr[{rows}]", f"at most {min(len(indices), stored)}, what is stored", pointers[-1])
    matrix.within("indices", indices, 0, columns)


def check_rows(matrix: State) -> None:
    """Check a matrix stored by rows; a vector is one row."""
    *rows, columns = _shape(matrix, (1, 2))
    _check_pointers(matrix, rows[0] if rows else 1, columns, len(matrix.array("data", (None,), KINDS)))


def check_columns(matrix: State) -> None:
    """Check a matrix stored by columns."""
    rows, columns = _shape(matrix)
    _check_pointers(matrix, columns, rows, len(matrix.array("data", (None,), KINDS)))


def check_blocks(matrix: State) -> None:
    """Check a matrix stored by rows of blocks."""
    rows, columns = _shape(matrix)
    blocks = matrix.array("data", (None, None, None), KINDS)
    _, height, width = blocks.shape
    if not height or not width or rows % height or columns % width:
        matrix.refuse("data", "blocks that tile the shape", blocks.shape)
    _check_pointers(matrix, rows // height, columns // width, len(blocks))


def check_coordinates(matrix: State) -> None:
    """Check a matrix stored as coordinates."""
    shape = _shape(matrix, (1, 2))
    stored = len(matrix.array("data", (None,), KINDS))
    coords: Any = matrix.get("coords") or (matrix.get("row"), matrix.get("col"))
    if type(coords) is not tuple or len(coords) != len(shape):
        matrix.refuse("coords", f"{len(shape)} arrays", type(coords).__name__)
    for axis, (found, length) in enumerate(zip(coords, shape, strict=True)):
        place = f"coords[{axis}]"
        matrix.within(place, matrix.as_array(place, found, (stored,), INDEX), 0, length)


def check_diagonals(matrix: State) -> None:
    """Check a matrix stored by diagonals."""
    rows, columns = _shape(matrix)
    offsets = matrix.array("offsets", (None,), INDEX)
    matrix.array("data", (len(offsets), None), KINDS)
    matrix.within("offsets", offsets, -max(rows, 1) + 1, max(columns, 1))


def refuse_kind(matrix: State) -> None:
    """Refuse a format that is for building matrices: no fitted estimator holds one."""
    matrix.refuse("the format", "csr, csc or coo")


CHECKS = {
    f"scipy.sparse._{name}.{name}_{kind}": rule
    for name, rule in {
        "csr": check_rows,
        "csc": check_columns,
        "bsr": check_blocks,
        "coo": check_coordinates,
        "dia": check_diagonals,
        "lil": refuse_kind,
        "dok": refuse_kind,
    }.items()
    for kind in ("matrix", "array")
}
