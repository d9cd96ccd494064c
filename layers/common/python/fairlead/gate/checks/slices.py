"""Slices check: no group of rows may have a much larger loss than the other rows.

Every input is cut into its categories or quantiles, and each slice is tested against the other rows. Some slice is
always worse, so the test asks whether it is worse by more than the policy's gap. P values are corrected for the number
of slices. A slice found automatically fails only if it is broken, and warns if it is hard
(`fairlead.gate.slice_quality`).
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from fairlead.gate import row_slices
from fairlead.gate.bootstrap import Resample
from fairlead.gate.checks.metric_bounds import NO_METRIC
from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import benjamini_hochberg, holm, upper_tail
from fairlead.gate.losses import words
from fairlead.gate.policy import Policy
from fairlead.gate.row_slices import Cut
from fairlead.gate.scores import scores
from fairlead.gate.slice_quality import Losses, Slice, losses, measure
from fairlead.model.digits import digits

NAME = "slices"


def slices(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return a summary, and a finding for each named slice, each worse slice and the worst of the others."""
    loss = losses(evidence)
    if loss is None:
        return [skipped(NAME, "slices", NO_METRIC)]
    rules = policy.slices
    found, too_small = [], []
    for name, where in row_slices.named(evidence.held_out, rules.named):
        if where.sum() < rules.fewest_rows:
            too_small.append(skipped(NAME, name, f"{int(where.sum())} rows; the policy needs {rules.fewest_rows}"))
        else:
            one = Cut(where.astype(np.int16) - 1, [name])
            found.append(measure(one, 0, loss, evidence, rules, named=True))
    if rules.automatic:
        found += list(_automatic(evidence, loss, policy))
    if not found:
        return [*too_small, skipped(NAME, "slices", f"no slice has {rules.fewest_rows} rows")]
    return [*_judged(found, evidence, policy), *too_small]


def _automatic(evidence: Evidence, loss: Losses, policy: Policy) -> Iterator[Slice]:
    rules = policy.slices
    for column in evidence.held_out.columns:
        cut = row_slices.cut(column, quantiles=rules.quantiles, most_categories=rules.most_categories)
        if cut is None:
            continue
        counts = np.bincount(cut.codes[cut.codes >= 0], minlength=len(cut.names))
        for code in np.flatnonzero((counts >= rules.fewest_rows) & (counts <= len(loss.model) - rules.fewest_rows)):
            yield measure(cut, int(code), loss, evidence, rules, named=False)


def _judged(found: list[Slice], evidence: Evidence, policy: Policy) -> list[Finding]:
    rules = policy.slices
    correct = holm if rules.correction == "holm" else benjamini_hochberg
    p_values = correct(upper_tail(np.array([one.z for one in found])))
    worse = [bool(p < rules.level) for p in p_values]
    order = sorted(range(len(found)), key=lambda at: -found[at].z)
    lines = []
    for rank, at in enumerate(order):
        one = found[at]
        broken = worse[at] and one.broken
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
        figure=f"{words(evidence.loss)} {digits(one.loss)}, others {digits(one.rest)}"
        if regression
        else f"accuracy {1 - one.loss:.3f}, others {1 - one.rest:.3f}",
        threshold=f"≤ {policy.slices.largest_ratio:g} times" if regression else f"gap ≤ {policy.slices.largest_gap:g}",
        detail=f"{one.rows:,} rows"
        + (f", corrected p = {p_value:.2g}" if worse else "")
        + (", hard rather than broken" if worse and not broken else ""),
    )
    return msgspec.structs.replace(found, figures=_figures(one, evidence))


def _figures(one: Slice, evidence: Evidence) -> dict[str, float]:
    """Return the metrics of one slice without intervals, for the report."""
    where = one.cut.codes == one.code
    target = evidence.held_out.target[where]
    resample = Resample(one.rows, replicates=0)
    answers, output = evidence.predicted.take(where), evidence.signature.output
    found = scores(target, answers, output, resample, loss=evidence.loss)
    plain = {name: float(drawn[0]) for name, drawn in found.items() if np.isfinite(drawn[0])}
    return {"rows": float(one.rows), "loss": one.loss, "others": one.rest, **plain}
