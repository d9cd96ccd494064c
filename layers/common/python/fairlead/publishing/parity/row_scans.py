"""The size from which a nearest-neighbour model is faster on sklearn, because a graph scans all training rows."""

from typing import Any

from fairlead.publishing.input.inner_estimators import last_estimator

MOST_VALUES = 20_000
"""Training rows × features that a graph scans for each row. A fixed limit, not a timing, so that publishing the same
model twice chooses the same engine."""


def slower_on_onnx(estimator: Any) -> str:
    """Return why sklearn serves a nearest-neighbour model; empty if onnx is not slower."""
    model = last_estimator(estimator)
    if not hasattr(model, "kneighbors") or not hasattr(model, "n_samples_fit_"):
        return ""
    values = int(model.n_samples_fit_) * int(model.n_features_in_)
    if values <= MOST_VALUES:
        return ""
    return (
        f"a graph would scan {values:,} training values for every row ({model.n_samples_fit_:,} rows × "
        f"{model.n_features_in_} features, more than {MOST_VALUES:,}): sklearn is the faster engine"
    )
