"""The matrix of a request whose fields are all numbers: made once, and checked at once where a request has no rows."""

from collections.abc import Sequence

import numpy as np

from fairlead.api.instances import Row
from fairlead.engines.row_packing import Matrix, NumberRows, reader
from fairlead.model.signature import Signature


class NumberMatrix:
    """Matrices of one signature; `most_rows` is the limit of a request."""

    def __init__(self, signature: Signature, *, most_rows: int) -> None:
        fields = signature.inputs
        kinds = {field.kind for field in fields}
        self._pack = reader(range(len(fields)), len(fields)) if kinds <= {"number", "integer"} else None
        self._largest = np.array([field.largest for field in fields]) if kinds == {"number"} else None
        self._most_rows = most_rows

    def packed(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return checked rows with their matrix, so that the engine and the range check do not each make it."""
        return rows if self._pack is None or isinstance(rows, NumberRows) else NumberRows(self._pack(rows), rows)

    def rows(self, matrix: Matrix) -> NumberRows | None:
        """Return the rows of a matrix in the signature's order.

        None where a value or the shape may be at fault, or is missing: the reader of rows then decides and names it.
        """
        largest = self._largest
        if largest is None or not 0 < len(matrix) <= self._most_rows or matrix.shape[1] != len(largest):
            return None
        # NaN and infinities are within no limit.
        return NumberRows(matrix) if bool((np.abs(matrix) <= largest).all()) else None
