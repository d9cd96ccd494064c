"""Slices: no group of rows may be answered much worse than the others.

Every input is cut into its categories or quantiles, and each slice is tested against the other rows: not whether it is
worse, which some slice always is, but whether it is worse by more than the policy's gap; the p values are corrected
for the number of slices. A slice found automatically also has to be broken and not merely hard: the model's advantage
over a constant answer must be less than half of what it is on the other rows.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from fairlead.gate import slicing
from fairlead.gate.evidence import Codes, Evidence, Floats, classes_of
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import benjamini_hochberg, holm, upper_tail
from fairlead.gate.policy import Policy
from fairlead.gate.resampling import Resample
from fairlead.gate.scores import scores
from fairlead.gate.slicing import Cut

NAME = "slices"


class Slice(NamedTuple):
    """One slice's loss against the others': shares of wrong labels, or mean absolute errors."""

    name: str
    rows: int
    loss: float
    rest: float
    z: float
    advantage: float
    advantage_elsewhere: float
    cut: Cut
    code: int
    named: bool


class Losses(NamedTuple):
    """Each row's loss by the model, and by the best constant answer to all rows."""

    model: Floats
    constant: Floats


def slices(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return a finding for the whole, each named slice, each failing one, and the worst of the others."""
    losses = _losses(evidence)
    if losses is None:
        return [skipped(NAME, "slices", "the rows have no target or the answers are no predictions of it")]
    rules = policy.slices
    found, too_small = [], []
    for name, where in slicing.named(evidence.held_out, rules.named):
        if where.sum() < rules.fewest_rows:
            too_small.append(skipped(NAME, name, f"{int(where.sum())} rows, the policy asks {rules.fewest_rows}"))
        else:
            one = Cut(where.astype(np.int16) - 1, [name])
            found.append(_slice(one, 0, losses, evidence, policy, named=True))
    if rules.automatic:
        found += list(_automatic(evidence, losses, policy))
    if not found:
        return [*too_small, skipped(NAME, "slices", f"no slice has {rules.fewest_rows} rows")]
    return [*_judged(found, evidence, policy), *too_small]


def _automatic(evidence: Evidence, losses: Losses, policy: Policy) -> Iterator[Slice]:
    rules = policy.slices
    for column in evidence.held_out.columns:
        cut = slicing.cut(column, quantiles=rules.quantiles, most_categories=rules.most_categories)
        if cut is None:
            continue
        counts = np.bincount(cut.codes[cut.codes >= 0], minlength=len(cut.names))
        for code in np.flatnonzero((counts >= rules.fewest_rows) & (counts <= len(losses.model) - rules.fewest_rows)):
            yield _slice(cut, int(code), losses, evidence, policy, named=False)


def _losses(evidence: Evidence) -> Losses | None:
    target, predicted = evidence.held_out.target, evidence.predicted
    if target is None:
        return None
    if evidence.signature.output.task == "regression":
        if predicted.values is None:
            return None
        constant = np.abs(target - np.median(target, axis=0)).mean(axis=1)
        return Losses(np.abs(predicted.values - target).mean(axis=1), constant)
    if predicted.labels is None or not classes_of(evidence.signature.output):
        return None
    wrong, constant = predicted.labels != target, target != _commonest(target)
    return Losses(wrong.astype(np.float64), constant.astype(np.float64))


def _slice(cut: Cut, code: int, losses: Losses, evidence: Evidence, policy: Policy, *, named: bool) -> Slice:
    """Measure one slice; its z says how surely it is worse than the policy allows."""
    where = cut.codes == code
    target = evidence.held_out.target[where]
    inside, rest, rest_constant = losses.model[where], losses.model[~where], losses.constant[~where]
    if evidence.signature.output.task == "regression":
        z = _ratio_z(inside, rest, policy.slices.largest_ratio)
        constant = float(np.abs(target - np.median(target, axis=0)).mean())
    else:
        z = _gap_z(inside, rest, policy.slices.largest_gap)
        constant = float((target != _commonest(target)).mean())
    loss, others = float(inside.mean()), float(rest.mean()) if len(rest) else float("nan")
    return Slice(
        name=cut.names[code],
        rows=len(inside),
        loss=loss,
        rest=others,
        z=z,
        advantage=_advantage(loss, constant),
        advantage_elsewhere=_advantage(others, float(rest_constant.mean())) if len(rest) else 0.0,
        cut=cut,
        code=code,
        named=named,
    )


def _gap_z(inside: Floats, rest: Floats, gap: float) -> float:
    """How many standard errors against a slice that is wrong at most `gap` more often than the rest.

    One right and one wrong row are added to each side (Agresti, Caffo, The American Statistician 54, 2000).
    """
    if len(rest) == 0:
        return -np.inf
    shares = [(values.sum() + 1) / (len(values) + 2) for values in (inside, rest)]
    spread = sum(share * (1 - share) / (len(v) + 2) for share, v in zip(shares, (inside, rest), strict=True))
    return float((shares[0] - shares[1] - gap) / np.sqrt(spread))


def _ratio_z(inside: Floats, rest: Floats, ratio: float) -> float:
    """How many standard errors against a mean error in the slice of at most `ratio` times the rest's."""
    if len(rest) < 2:
        return -np.inf
    spread = inside.var(ddof=1) / len(inside) + ratio**2 * rest.var(ddof=1) / len(rest)
    difference = float(inside.mean() - ratio * rest.mean())
    return difference / float(np.sqrt(spread)) if spread > 0 else (np.inf if difference > 0 else -np.inf)


def _advantage(loss: float, constant: float) -> float:
    return 1 - loss / constant if constant > 0 else 0.0


def _judged(found: list[Slice], evidence: Evidence, policy: Policy) -> list[Finding]:
    rules = policy.slices
    correct = holm if rules.correction == "holm" else benjamini_hochberg
    p_values = correct(upper_tail(np.array([one.z for one in found])))
    worse = [bool(p < rules.level) for p in p_values]
    order = sorted(range(len(found)), key=lambda at: -found[at].z)
    lines = []
    for rank, at in enumerate(order):
        one = found[at]
        broken = worse[at] and (one.named or one.advantage < one.advantage_elsewhere / 2)
        if one.named or worse[at] or rank < rules.listed:
            lines.append(_line(one, evidence, policy, worse=worse[at], broken=broken, p_value=float(p_values[at])))
    failures = sum(line.verdict == "fail" for line in lines)
    summary = f"{len(found)} slices of at least {rules.fewest_rows} rows, {rules.correction} at {rules.level:g}"
    make = failed if failures else passed
    return [make(NAME, "slices", figure=f"{failures} broken", threshold="0", detail=summary), *lines]


def _line(one: Slice, evidence: Evidence, policy: Policy, *, worse: bool, broken: bool, p_value: float) -> Finding:
    regression = evidence.signature.output.task == "regression"
    make = failed if broken else warned if worse else passed
    found = make(
        NAME,
        one.name,
        figure=f"MAE {one.loss:.4g}, others {one.rest:.4g}"
        if regression
        else f"accuracy {1 - one.loss:.3f}, others {1 - one.rest:.3f}",
        threshold=f"≤ {policy.slices.largest_ratio:g} times" if regression else f"gap ≤ {policy.slices.largest_gap:g}",
        detail=f"{one.rows:,} rows"
        + (f", corrected p = {p_value:.2g}" if worse else "")
        + (", hard rather than broken" if worse and not broken else ""),
    )
    return msgspec.structs.replace(found, figures=_figures(one, evidence))


def _figures(one: Slice, evidence: Evidence) -> dict[str, float]:
    """Every figure on the rows of one slice, without intervals: what the report lists."""
    where = one.cut.codes == one.code
    target = evidence.held_out.target[where]
    resample = Resample(one.rows, replicates=0)
    found = scores(target, evidence.predicted.take(where), evidence.signature.output, resample)
    plain = {name: float(drawn[0]) for name, drawn in found.items() if np.isfinite(drawn[0])}
    return {"rows": float(one.rows), "loss": one.loss, "others": one.rest, **plain}


def _commonest(target: Codes) -> int:
    known = target[target >= 0]
    return int(np.bincount(known).argmax()) if len(known) else -1
