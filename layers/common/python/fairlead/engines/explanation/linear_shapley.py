"""Exact Shapley values of linear models: coefficient times the distance from the mean row, for each column."""

from typing import Any

import numpy as np

from fairlead.engines.explanation.leaf_paths import unpacked
from fairlead.errors import IntegrityError
from fairlead.model.explanation import Linear

Array = np.ndarray[Any, Any]


class LinearShapley:
    """Shapley values of one linear model over the columns of its matrix."""

    def __init__(self, linear: Linear, columns: int) -> None:
        self._coefficients = unpacked(linear.coefficients)
        self._intercepts = unpacked(linear.intercepts)
        self._means = unpacked(linear.means)
        outputs = self._intercepts.shape
        if self._coefficients.shape != (columns, *outputs) or self._means.shape != (columns,) or len(outputs) != 1:
            raise IntegrityError("the explanation's coefficients are malformed")
        self.expected = self._means @ self._coefficients + self._intercepts

    def explain(self, matrix: Array, outputs: Array) -> tuple[Array, Array]:
        """Return contributions to one output of each row, shape (rows, columns), and all sums, (rows, outputs)."""
        contributions = (matrix - self._means) * self._coefficients.T[outputs]
        return contributions, matrix @ self._coefficients + self._intercepts
