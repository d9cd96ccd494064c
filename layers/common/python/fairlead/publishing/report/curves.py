"""ROC and precision-recall curves of one class against the rest, thinned for drawing."""

import numpy as np

from fairlead.gate.evidence import Evidence, Floats, Mask, classes_of
from fairlead.html.formatting import class_name
from fairlead.publishing.report.facts import Curve, Point

MOST_CURVES = 6
MOST_POINTS = 120


def curves(evidence: Evidence) -> tuple[Curve, ...]:
    """Return curves of the second of two classes, of the most common of more classes, or of outliers by their score."""
    target, predicted = evidence.held_out.target, evidence.predicted
    output = evidence.signature.output
    if target is None:
        return ()
    classes = classes_of(output)
    if predicted.scores is not None:
        return tuple(_curves([(class_name(-1, output), target == 0, -predicted.scores)]))
    if predicted.probabilities is None:
        return ()
    codes = [1] if len(classes) == 2 else _commonest(target, len(classes))
    named = [(class_name(classes[code], output), target == code, predicted.probabilities[:, code]) for code in codes]
    return tuple(_curves(named))


def _commonest(target: Floats, classes: int) -> list[int]:
    counts = np.bincount(target[target >= 0].astype(np.intp), minlength=classes)
    return sorted(np.argsort(-counts, kind="stable")[:MOST_CURVES].tolist())


def _curves(named: list[tuple[str, Mask, Floats]]) -> list[Curve]:
    """Return the curves of classes that have rows, are not all rows, and have finite scores."""
    return [
        _curve(name, positive, score)
        for name, positive, score in named
        if 0 < positive.sum() < len(positive) and np.isfinite(score).all()
    ]


def _curve(name: str, positive: Mask, score: Floats) -> Curve:
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]  # equal scores are one threshold
    hits = np.cumsum(positive[order])[last]
    alarms = last + 1
    positives, negatives = int(hits[-1]), int(len(score) - hits[-1])
    recall, precision = hits / positives, hits / alarms
    false_rate = (alarms - hits) / negatives
    roc_x, roc_y = np.r_[0.0, false_rate], np.r_[0.0, recall]
    return Curve(
        of=name,
        positives=positives,
        negatives=negatives,
        roc=_thinned(roc_x, roc_y),
        auc=float(np.sum(np.diff(roc_x) * (roc_y[1:] + roc_y[:-1]) / 2)),
        precision_recall=_thinned(np.r_[0.0, recall], np.r_[precision[0], precision]),
        average_precision=float(np.sum(np.diff(np.r_[0.0, recall]) * precision)),
    )


def _thinned(x: Floats, y: Floats) -> tuple[Point, ...]:
    """Return points at even distances along the curve, with both ends."""
    kept = np.arange(len(x))
    if len(x) > MOST_POINTS:
        along = np.r_[0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
        kept = np.unique(np.searchsorted(along, np.linspace(0, along[-1], MOST_POINTS)))
        kept[-1] = len(x) - 1
    return tuple((round(float(x[at]), 4), round(float(y[at]), 4)) for at in kept)
