"""The coefficients of linear models as plain arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.model.explanation import Linear
from fairlead.publishing.explain.output_links import NotExactError
from fairlead.publishing.explain.tree_arrays import packed


def coefficients_of(model: Any, means: Callable[[], Any], width: int) -> Linear:
    """Return the coefficients of a linear model over `width` columns, and the mean of each column.

    Raises NotExactError for another estimator.
    """
    name = type(model).__name__
    if not isinstance(getattr(model, "coef_", None), np.ndarray) or not hasattr(model, "intercept_"):
        raise NotExactError(f"no exact method is known for {name}")
    coefficients = np.atleast_2d(model.coef_).astype(np.float64).T
    if len(coefficients) != width:
        raise NotExactError(f"{name} has coefficients for {len(coefficients)} of {width} columns")
    intercepts = np.broadcast_to(np.ravel(model.intercept_).astype(np.float64), coefficients.shape[1:])
    return Linear(
        coefficients=packed(coefficients, "<f8"),
        intercepts=packed(intercepts, "<f8"),
        means=packed(means(), "<f8"),
    )
