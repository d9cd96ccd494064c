"""Tests of the hypothesis that answers and target are independent, valid also if a class has only three rows.

A confidence interval shows how a metric varies with other rows of each class. Whether answers are better than chance is
another question: under chance the target is a random permutation of itself, for any answers.
"""

import math
from statistics import NormalDist

import numpy as np

from fairlead.gate.evidence import Codes, Floats, Predicted
from fairlead.gate.scores import midranks


def p_value(name: str, target: Codes, predicted: Predicted) -> float:
    """Return the one-sided p value of a ROC AUC or a balanced accuracy this high under chance."""
    if name == "roc_auc" and predicted.probabilities is not None:
        return _ranks(target, predicted.probabilities)
    return 1.0 if predicted.labels is None else _hits(target, predicted.labels)


def _ranks(target: Codes, probabilities: Floats) -> float:
    """Test the macro AUC by the variance of Mann and Whitney's U (Annals of Mathematical Statistics 18, 1947).

    Continuity-corrected. Classes share rows, so their AUCs are correlated: the mean of their standard errors is used as
    the standard error of their mean, which is never larger. Ties only narrow the distribution.
    """
    excess, spread = [], []
    for code in [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1]):
        inside = target == code
        own, rest = int(inside.sum()), int((~inside).sum())
        if not own or not rest:
            continue
        auc = (midranks(probabilities[:, code])[inside].sum() - own * (own + 1) / 2) / (own * rest)
        excess.append(auc - 0.5 - 0.5 / (own * rest))
        spread.append(math.sqrt((own + rest + 1) / (12 * own * rest)))
    return NormalDist().cdf(-float(np.mean(excess) / np.mean(spread))) if excess else 1.0


def _hits(target: Codes, labels: Codes) -> float:
    """Test how many rows of each class are answered correctly: Fisher's exact test with Bonferroni's correction."""
    known = (target >= 0) & (labels >= 0)
    classes = int(max(target.max(initial=0), labels.max(initial=0))) + 1
    rows, answered = (np.bincount(codes[known], minlength=classes) for codes in (target, labels))
    right = np.bincount(target[known & (target == labels)], minlength=classes)
    total, met = int(known.sum()), np.flatnonzero(rows)
    chances = [hypergeometric_tail(int(right[one]), total, int(rows[one]), int(answered[one])) for one in met]
    return min(1.0, min(chances, default=1.0) * len(met))


def hypergeometric_tail(least: int, total: int, marked: int, drawn: int) -> float:
    """Return the probability of at least `least` marked items in `drawn` of `total`, of which `marked` are marked.

    Terms are summed from the first one by the ratio of neighbours, which falls above the mean; 1 if `least` is not
    above the mean.
    """
    if least * total <= marked * drawn:
        return 1.0
    first = _log_choose(marked, least) + _log_choose(total - marked, drawn - least) - _log_choose(total, drawn)
    term = tail = math.exp(first)
    for hits in range(least, min(marked, drawn)):
        term *= (marked - hits) * (drawn - hits) / ((hits + 1) * (total - marked - drawn + hits + 1))
        tail += term
        if term < tail * 1e-16:
            break
    return min(1.0, tail)


def _log_choose(among: int, chosen: int) -> float:
    return math.lgamma(among + 1) - math.lgamma(chosen + 1) - math.lgamma(among - chosen + 1)
