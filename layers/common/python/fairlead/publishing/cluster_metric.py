"""The one held-out figure that is not the gate's: clusters against a known grouping."""

from typing import Any

import numpy as np

from fairlead.model.manifest import Metric


def adjusted_rand(y: Any, labels: Any) -> Metric:
    """How well clusters agree with the target, up to their numbering: 1 the same, 0 by chance (scikit-learn's)."""
    from sklearn.metrics import adjusted_rand_score

    return Metric(value=float(adjusted_rand_score(np.asarray(y).ravel(), np.asarray(labels))))
