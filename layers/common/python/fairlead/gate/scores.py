"""Formulas of metrics, each a function of sums over rows.

Element 0 of each array is the metric, equal to scikit-learn's; the others are its bootstrap replicates.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from fairlead.gate.bootstrap import Resample
from fairlead.gate.evidence import Codes, Floats, Loss, Mask, Predicted, classes_of
from fairlead.gate.losses import best_constant, row_losses
from fairlead.model.signature import Output, Scalar

CALIBRATION_BINS = 10
SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)  # as scikit-learn's log_loss


def scores(
    target: Any, predicted: Predicted, output: Output, resample: Resample, *, loss: Loss | None = None
) -> dict[str, Floats]:
    """Return all metrics that are functions of sums, with their replicates; for a regressor also its own loss."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if output.task == "regression":
            if predicted.values is None:
                return {}
            found = regression(target, predicted.values, resample)
            return found | (own_loss(loss, target, predicted.values, resample) if loss else {})
        classes = classes_of(output)
        if not classes or predicted.labels is None:
            return {}
        found = labelled(target, predicted.labels, classes, resample)
        if predicted.probabilities is not None:
            found |= probabilistic(target, predicted.probabilities, resample)
        return found


def labelled(target: Codes, labels: Codes, classes: tuple[Scalar, ...], resample: Resample) -> dict[str, Floats]:
    """Return accuracy, balanced accuracy (mean recall), macro F1 and the recall of each class."""
    total, size = resample.total, resample.size()
    actual = np.stack([total(target == code) for code in range(len(classes))])
    answered = np.stack([total(labels == code) for code in range(len(classes))])
    right = np.stack([total((target == code) & (labels == code)) for code in range(len(classes))])
    present = actual[:, 0] > 0
    recalls = right / actual
    f1 = 2 * right / (actual + answered)
    met = (actual + answered)[:, 0] > 0
    found = {
        "accuracy": right.sum(axis=0) / size,
        # A class with rows, none of which a replicate drew, does not count in that replicate.
        "balanced_accuracy": _mean(recalls[present]),
        "f1": _mean(f1[met]),
    }
    return found | {f"recall:{classes[code]}": recalls[code] for code in np.flatnonzero(present)}


def probabilistic(target: Codes, probabilities: Floats, resample: Resample) -> dict[str, Floats]:
    """Return ROC AUC (one against the rest, macro), log loss, Brier score and calibration error.

    The true class of a row has probability 0 if the model does not know the class.
    """
    size = resample.size()
    known = target >= 0
    own = np.where(known, np.take_along_axis(probabilities, np.maximum(target, 0)[:, None], axis=1)[:, 0], 0.0)
    loss = -np.log(np.clip(own, SMALLEST_PROBABILITY, 1.0))
    squares = (probabilities**2).sum(axis=1) - 2 * own + 1
    binary = probabilities.shape[1] == 2
    return {
        "roc_auc": _auc(target, probabilities, resample),
        "log_loss": resample.total(loss) / size,
        "brier": resample.total(squares / 2 if binary else squares) / size,
        "calibration_error": _calibration_error(target, probabilities, resample),
    }


def regression(target: Floats, values: Floats, resample: Resample) -> dict[str, Floats]:
    """Return MAE, RMSE, R² and bias (mean of answer minus truth), each the mean over targets."""
    total, size = resample.total, resample.size()
    parts: dict[str, list[Floats]] = {"mae": [], "rmse": [], "r2": [], "bias": []}
    for truth, value in zip(target.T, values.T, strict=True):
        error = value - truth
        squares = total(error**2)
        centred = truth - truth.mean()  # sums of squares lose digits where the mean is far from zero
        spread = total(centred**2) - total(centred) ** 2 / size
        parts["mae"].append(total(np.abs(error)) / size)
        parts["rmse"].append(np.sqrt(squares / size))
        parts["r2"].append(1 - squares / spread)
        parts["bias"].append(total(error) / size)
    return {name: np.mean(part, axis=0) for name, part in parts.items()}


def own_loss(loss: Loss, target: Floats, values: Floats, resample: Resample) -> dict[str, Floats]:
    """Return the mean loss, and D²: one minus its share of the best constant's loss (scikit-learn's d2 scores)."""
    total = resample.total
    own = total(row_losses(loss, target, values).mean(axis=1))
    constant = np.broadcast_to(best_constant(loss, target), target.shape)
    return {"loss": own / resample.size(), "d2": 1 - own / total(row_losses(loss, target, constant).mean(axis=1))}


def auc_terms(positive: Mask, score: Floats) -> Floats:
    """Return each row's placement value: the share of negatives below a positive, or of positives above a negative.

    Their means are the AUC, and resampling them resamples it to first order (DeLong, DeLong, Clarke-Pearson,
    Biometrics 44, 1988); ranks as in Sun and Xu, IEEE Signal Processing Letters 21 (2014).
    """
    ranks = midranks(score)
    terms = np.empty(len(score))
    terms[positive] = (ranks[positive] - midranks(score[positive])) / (~positive).sum()
    terms[~positive] = 1 - (ranks[~positive] - midranks(score[~positive])) / positive.sum()
    return terms


def midranks(values: npt.NDArray[np.float64]) -> Floats:
    """Return ranks from 1; equal values share their mean rank."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(values) else np.empty(0, dtype=np.intp)
    counts = np.diff(np.r_[first, len(values)])
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    return ranks


def _auc(target: Codes, probabilities: Floats, resample: Resample) -> Floats:
    columns = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    parts = []
    for code in columns:
        positive = target == code
        if positive.all() or not positive.any():
            continue
        terms = auc_terms(positive, probabilities[:, code])
        above = resample.total(np.where(positive, terms, 0.0)) / resample.total(positive)
        below = resample.total(np.where(positive, 0.0, terms)) / resample.total(~positive)
        parts.append(above + below - terms[positive].mean())
    return _mean(np.stack(parts)) if parts else np.full(1, np.nan)


def _calibration_error(target: Codes, probabilities: Floats, resample: Resample) -> Floats:
    """Return the mean gap of stated and observed shares over ten equal bins (Naeini, Cooper, Hauskrecht, AAAI 2015).

    It is that of the second of two classes, else of the class with the largest probability. Resampling noise adds to
    every bin's absolute value; the replicates' mean excess over the value is subtracted from them.
    """
    if probabilities.shape[1] == 2:
        stated, observed = probabilities[:, 1], target == 1
    else:
        best = probabilities.argmax(axis=1)
        stated, observed = probabilities[np.arange(len(best)), best], target == best
    inside = np.minimum((stated * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gaps = [np.abs(resample.total((stated - observed) * (inside == b))) for b in range(CALIBRATION_BINS)]
    error: Floats = np.sum(gaps, axis=0) / resample.size()
    if len(error) > 1:
        error[1:] = np.maximum(error[1:] - (error[1:].mean() - error[0]), 0.0)
    return error


def _mean(parts: Floats) -> Floats:
    """Return the mean over classes; a class does not count in a replicate that drew none of its rows."""
    exists = np.isfinite(parts)
    mean: Floats = np.where(exists, parts, 0.0).sum(axis=0) / exists.sum(axis=0)
    return mean
