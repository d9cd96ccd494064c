"""SciPy's splines: evaluation searches knots and reads coefficients without looking."""

import numpy as np

from fairlead.engines.native_state.state import REALS, State, class_of


def _delegates(spline: State, abscissae: str) -> bool:
    """Return whether the spline is a separate object, which was checked, as in SciPy 1.17 and later."""
    inner = spline.get("_delegate_to")
    kind = spline.owner.rpartition(".")[2].removeprefix("_")
    if inner is not None and class_of(inner) not in CHECKS:
        spline.refuse("_delegate_to", f"a _{kind}", class_of(inner))
    return inner is not None and abscissae not in spline


def check_bspline(spline: State) -> None:
    """Require ascending knots and a coefficient for each basis function."""
    if _delegates(spline, "t"):
        return
    degree = spline.integer("k", 0, 1000)
    knots = spline.array("t", (None,), REALS)
    bases = len(knots) - degree - 1
    if bases < degree + 1:
        spline.refuse("t", f"{2 * degree + 2} knots at least for degree {degree}", len(knots))
    if not np.isfinite(knots).all() or (np.diff(knots) < 0).any() or knots[degree] >= knots[bases]:
        spline.refuse("t", "finite knots in ascending order")
    coefficients = spline.get("c")
    if type(coefficients) is not np.ndarray or coefficients.dtype.kind not in "fc" or coefficients.ndim < 1:
        spline.refuse("c", "an array of numbers", type(coefficients).__name__)
    if len(coefficients) < bases:
        spline.refuse("c", f"{bases} coefficients at least", len(coefficients))
    spline.integer("axis", 0, coefficients.ndim - 1)


def check_polynomials(pieces: State) -> None:
    """Require a polynomial for each interval between ascending breakpoints."""
    if _delegates(pieces, "x"):
        return
    breaks = pieces.array("x", (None,), REALS)
    if len(breaks) < 2 or not np.isfinite(breaks).all() or (np.diff(breaks) <= 0).any():
        pieces.refuse("x", "finite breakpoints in ascending order")
    coefficients = pieces.get("c")
    if type(coefficients) is not np.ndarray or coefficients.dtype.kind not in "fc" or coefficients.ndim < 2:
        pieces.refuse("c", "an array of numbers with two dimensions", type(coefficients).__name__)
    if coefficients.shape[0] < 1 or coefficients.shape[1] != len(breaks) - 1:
        pieces.refuse("c", f"coefficients of {len(breaks) - 1} intervals", coefficients.shape)


CHECKS = {
    "scipy.interpolate._bsplines.BSpline": check_bspline,
    "scipy.interpolate._bsplines._BSpline": check_bspline,
    "scipy.interpolate._interpolate.PPoly": check_polynomials,
    "scipy.interpolate._interpolate._PPoly": check_polynomials,
}
