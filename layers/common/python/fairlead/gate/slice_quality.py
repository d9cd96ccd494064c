"""Quality of a slice: how much worse it is than the other rows, and whether it is broken or hard.

Rows next to a decision boundary are wrong more often with any model. Such a slice is hard; refusing it would refuse
every model. A slice is broken if the model is surely worse than a constant answer (the slice's most common class or
median). It is also broken if probabilities that are calibrated on the other rows do not explain half of the gap.
"""

from typing import Any, NamedTuple

import numpy as np

from fairlead.gate.evidence import Evidence, Floats, Loss, Mask, classes_of
from fairlead.gate.intervals import gap_z, normal_quantile, ratio_z
from fairlead.gate.losses import best_constant, row_losses
from fairlead.gate.policy import Slices
from fairlead.gate.row_slices import Cut

ABSOLUTE = Loss(kind="absolute")
CALIBRATED = 0.05
"""Largest gap between stated and observed errors on the other rows up to which probabilities count as calibrated."""


class Losses(NamedTuple):
    """Each row's loss, and for classifiers with probabilities the loss minus the loss that they stated."""

    model: Floats
    unforeseen: Floats | None


class Slice(NamedTuple):
    """One slice's mean loss against the other rows': shares of wrong labels, or mean absolute errors.

    `z` is by how many standard errors the slice is worse than the policy allows.
    """

    name: str
    rows: int
    loss: float
    rest: float
    z: float
    broken: bool
    cut: Cut
    code: int
    named: bool


def losses(evidence: Evidence) -> Losses | None:
    """Return each row's loss; None if there is no target or no prediction of it."""
    target, predicted = evidence.held_out.target, evidence.predicted
    if target is None:
        return None
    if evidence.signature.output.task == "regression":
        if predicted.values is None:
            return None
        return Losses(row_losses(evidence.loss or ABSOLUTE, target, predicted.values).mean(axis=1), None)
    if predicted.labels is None or not classes_of(evidence.signature.output):
        return None
    wrong = (predicted.labels != target).astype(np.float64)
    if predicted.probabilities is None:
        return Losses(wrong, None)
    return Losses(wrong, wrong - (1 - predicted.probabilities.max(axis=1)))


def measure(cut: Cut, code: int, loss: Losses, evidence: Evidence, rules: Slices, *, named: bool) -> Slice:
    """Measure one slice; a slice that the policy names counts as broken if it is worse."""
    where = cut.codes == code
    inside, rest = loss.model[where], loss.model[~where]
    regression = evidence.signature.output.task == "regression"
    constant = _constant_loss(evidence.held_out.target[where], (evidence.loss or ABSOLUTE) if regression else None)
    return Slice(
        name=cut.names[code],
        rows=len(inside),
        loss=float(inside.mean()),
        rest=float(rest.mean()) if len(rest) else float("nan"),
        z=ratio_z(inside, rest, rules.largest_ratio) if regression else gap_z(inside, rest, rules.largest_gap),
        broken=named or _loses(inside - constant, rules.level) or _unforeseen(loss, where, inside, rest),
        cut=cut,
        code=code,
        named=named,
    )


def _constant_loss(target: Any, loss: Loss | None) -> Floats:
    if loss is not None:
        apart: Floats = row_losses(loss, target, np.broadcast_to(best_constant(loss, target), target.shape))
        return apart.mean(axis=1)
    known = target[target >= 0]
    missed: Floats = np.not_equal(target, np.bincount(known).argmax() if len(known) else -1).astype(np.float64)
    return missed


def _loses(difference: Floats, level: float) -> bool:
    """Return whether the mean of these paired differences is above zero at this level."""
    error = float(difference.std(ddof=1)) / np.sqrt(len(difference)) if len(difference) > 1 else np.inf
    return float(difference.mean()) > max(normal_quantile(1 - level), 0.0) * error


def _unforeseen(loss: Losses, where: Mask, inside: Floats, rest: Floats) -> bool:
    if loss.unforeseen is None or len(rest) == 0:
        return False
    elsewhere = float(loss.unforeseen[~where].mean())
    surprise = float(loss.unforeseen[where].mean()) - elsewhere
    return abs(elsewhere) <= CALIBRATED and surprise > float(inside.mean() - rest.mean()) / 2
