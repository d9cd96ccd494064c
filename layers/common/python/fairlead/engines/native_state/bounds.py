"""Counts that size a loop or an array of every estimator: workers, classes, steps of a transformation."""

from typing import Any

import numpy as np

from fairlead.engines.native_state.state import State, attribute

MOST_WORKERS = 1024
"""Threads or processes that an estimator may ask for; each is started."""

LOOPS = {
    "sklearn.decomposition._lda.LatentDirichletAllocation": {"max_doc_update_iter": 10_000},
    "sklearn.kernel_approximation.AdditiveChi2Sampler": {"sample_steps": 1_000},
    "sklearn.kernel_approximation.PolynomialCountSketch": {"degree": 1_000},
    "sklearn.preprocessing._polynomial.PolynomialFeatures": {"_max_degree": 1_000, "_n_out_full": 10_000_000},
}
"""Limits of a transformation's repeated steps, by class and attribute."""


def check_bounds(state: State) -> None:
    """Require counts that a fitted estimator can have."""
    if "n_jobs" in state:
        state.integer("n_jobs", -MOST_WORKERS, MOST_WORKERS)
    if "n_classes_" in state and "classes_" in state:
        _check_classes(state)
    for name, most in LOOPS.get(state.owner, {}).items():
        if name in state:
            state.integer(name, 0, most)


def _check_classes(state: State) -> None:
    """Answers are made in arrays of `n_classes_` columns; several outputs have a list of both."""
    classes: Any = state.get("classes_")
    if isinstance(classes, list) and not isinstance(state.get("n_classes_"), (int, np.integer)):
        counts = np.asarray(state.get("n_classes_")).tolist()
        known = [len(attribute(one, "shape") or ()) and len(one) for one in classes]
        if counts != known:
            state.refuse("n_classes_", f"{known}, as classes_ has", counts)
    else:
        state.integer("n_classes_", len(classes), len(classes))
