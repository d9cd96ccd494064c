"""Held-out metrics: how good the answers are that will be served, by scikit-learn's own definitions.

`low` and `high` bound 95 % confidence intervals where a closed form exists: Wilson's for accuracy, the normal one for
means over rows (MAE, log loss).
"""

import math
from typing import Any, Protocol

import numpy as np

from fairlead.manifest import Metric
from fairlead.signature import Output

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


class Answers(Protocol):
    """What an engine answered, one item a row; the parts its task does not have are None."""

    @property
    def labels(self) -> Any: ...  # noqa: D102 - named by the class
    @property
    def probabilities(self) -> Any: ...  # noqa: D102
    @property
    def values(self) -> Any: ...  # noqa: D102


def held_out(output: Output, y: Any, answers: Answers) -> dict[str, Metric]:
    """Metrics of the answers against the true target; empty without one.

    classification: accuracy, balanced_accuracy, f1 (macro); with probabilities log_loss, and roc_auc (one against the
    rest, macro) where every class is present. regression: mae, rmse, r2, averaged over several targets.
    anomaly: as classification, if the target is 1 for inliers and -1 for outliers. clustering: adjusted_rand.
    """
    if y is None:
        return {}
    truth = np.asarray(y)
    truth = truth[:, 0] if truth.ndim == 2 and truth.shape[1] == 1 else truth
    if output.task == "regression":
        return _regression(truth.astype(float), np.asarray(answers.values, dtype=float))
    labels = np.asarray(answers.labels, dtype=object)
    if output.task == "clustering":
        return _clustering(truth, labels)
    if output.task == "anomaly" and not set(truth.tolist()) <= {1, -1}:
        return {}
    classes = list(output.classes or (-1, 1))
    figures = _labels(_codes(classes, truth), _codes(classes, labels))
    if answers.probabilities is not None:
        figures |= _probabilities(_codes(classes, truth), np.asarray(answers.probabilities, dtype=float))
    return figures


def _codes(classes: list[Any], labels: np.ndarray) -> np.ndarray:
    """Labels as positions in `classes`, so that no metric has to compare booleans with strings."""
    position = {value: code for code, value in enumerate(classes)}
    return np.array([position[value] for value in labels.tolist()])


def _labels(truth: np.ndarray, answered: np.ndarray) -> dict[str, Metric]:
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    # Balanced accuracy is the mean recall over classes that occur; sklearn's own function warns where one does not.
    present = np.unique(truth)
    return {
        "accuracy": _share(float(accuracy_score(truth, answered)), len(truth)),
        "balanced_accuracy": Metric(
            value=float(recall_score(truth, answered, labels=present, average="macro", zero_division=0))
        ),
        "f1": Metric(value=float(f1_score(truth, answered, average="macro", zero_division=0))),
    }


def _probabilities(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Metric]:
    from sklearn.metrics import roc_auc_score

    width = probabilities.shape[1]
    sums = probabilities.sum(axis=1, keepdims=True)
    chosen = (probabilities / np.where(sums > 0, sums, 1.0))[np.arange(len(truth)), truth]
    losses = -np.log(np.clip(chosen, np.finfo(float).eps, 1.0))
    figures = {"log_loss": _mean(losses)}
    if len(np.unique(truth)) < width or width < 2:
        return figures
    scores = [roc_auc_score(truth == code, probabilities[:, code]) for code in range(width)]
    value = float(scores[1] if width == 2 else np.mean(scores))
    return figures | {"roc_auc": Metric(value=value)}


def _regression(truth: np.ndarray, values: np.ndarray) -> dict[str, Metric]:
    from sklearn.metrics import r2_score, root_mean_squared_error

    truth, values = truth.reshape(len(truth), -1), values.reshape(len(values), -1)
    figures = {
        "mae": _mean(np.abs(truth - values).mean(axis=1)),
        "rmse": Metric(value=float(root_mean_squared_error(truth, values))),
    }
    if len(truth) > 1:  # R² of one row is not defined
        figures["r2"] = Metric(value=float(r2_score(truth, values)))
    return figures


def _clustering(truth: np.ndarray, labels: np.ndarray) -> dict[str, Metric]:
    from sklearn.metrics import adjusted_rand_score

    return {"adjusted_rand": Metric(value=float(adjusted_rand_score(truth, labels.astype(int))))}


def _share(value: float, rows: int) -> Metric:
    """A share of rows with Wilson's interval."""
    spread = Z * math.sqrt(value * (1 - value) / rows + Z * Z / (4 * rows * rows))
    middle, scale = value + Z * Z / (2 * rows), 1 + Z * Z / rows
    return Metric(value=value, low=(middle - spread) / scale, high=(middle + spread) / scale)


def _mean(per_row: np.ndarray) -> Metric:
    """A mean over rows with the normal interval."""
    value = float(per_row.mean())
    if len(per_row) < 2:
        return Metric(value=value)
    half = Z * float(per_row.std(ddof=1)) / math.sqrt(len(per_row))
    return Metric(value=value, low=value - half, high=value + half)
