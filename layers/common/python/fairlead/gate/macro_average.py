"""The uncertainty of macro averages that a bootstrap misses: classes without variation in any replicate.

A class whose rows are all right stays all right in every bootstrap replicate, even if it has few rows. Its part of the
average gets Wilson's interval instead. Parts are joined as in Zou and Donner, "Construction of confidence limits about
effect measures" (Statistics in Medicine 27, 2008): squared distances of independent parts add up.
"""

import math

import numpy as np

from fairlead.gate.evidence import Codes, Floats, Predicted
from fairlead.gate.intervals import wilson


def reach(name: str, target: Codes, predicted: Predicted, classes: int, *, confidence: float) -> tuple[float, float]:
    """Return how far below and above its value a macro average may lie because of classes without variation.

    `name` is balanced_accuracy, f1 or roc_auc. Trials of a class are its rows; for roc_auc they are disjoint pairs of a
    row of the class and another row.
    """
    shares, trials = _parts(name, target, predicted, classes)
    below = [1 - wilson(count, count, confidence=confidence)[0] for count in trials[shares == 1]]
    above = [wilson(0, count, confidence=confidence)[1] for count in trials[shares == 0]]
    return math.hypot(*below) / max(len(shares), 1), math.hypot(*above) / max(len(shares), 1)


def _parts(name: str, target: Codes, predicted: Predicted, classes: int) -> tuple[Floats, Floats]:
    """Return each class's part of the average if that is 0 or 1, else NaN, and its trials."""
    if name == "roc_auc" and predicted.probabilities is not None:
        return _separated(target, predicted.probabilities)
    labels = np.asarray(predicted.labels)
    rows = np.bincount(target[target >= 0], minlength=classes).astype(np.float64)
    right = np.bincount(target[target == labels], minlength=classes)
    answered = np.bincount(labels[labels >= 0], minlength=classes)
    whole = (right == rows) & ((answered == rows) | (name != "f1"))
    shares = np.where(right == 0, 0.0, np.where(whole, 1.0, np.nan))
    return shares[rows > 0], rows[rows > 0]


def _separated(target: Codes, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return for each class 1 if all its rows score above the others, 0 if all score below, else NaN; and trials."""
    shares, trials = [], []
    for code in [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1]):
        inside = target == code
        own, rest = probabilities[inside, code], probabilities[~inside, code]
        if not len(own) or not len(rest):
            continue
        shares.append(1.0 if own.min() > rest.max() else 0.0 if own.max() < rest.min() else np.nan)
        trials.append(float(min(len(own), len(rest))))
    return np.array(shares), np.array(trials)
