"""Adjusted Rand index of a clustering: the only held-out metric that the gate does not compute."""

from typing import Any

import numpy as np

from fairlead.model.manifest import Metric


def adjusted_rand(y: Any, labels: Any) -> Metric:
    """Return how well clusters agree with the target, whatever their numbers: 1 equal, 0 chance (scikit-learn's)."""
    from sklearn.metrics import adjusted_rand_score

    return Metric(value=float(adjusted_rand_score(np.asarray(y).ravel(), np.asarray(labels))))
