"""Champion check: whether the candidate is better than the live version on the same rows, or not worse by a margin.

A proof of "not worse" on few rows often refuses equal models: if two equal models disagree on 6 % of rows, a margin of
0.01 passes 23 % of such candidates with 500 rows. So there is a third verdict, inconclusive. The policy decides whether
it refuses the version, or accepts it for canary and shadow, which see more rows.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from fairlead.gate import bootstrap, metrics
from fairlead.gate.bootstrap import Resample
from fairlead.gate.evidence import Champion, Evidence, Floats, Mask, Rows
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import mcnemar, paired_share_difference, rows_needed
from fairlead.gate.policy import Policy
from fairlead.gate.scores import scores

NAME = "champion"
RELATIVE = frozenset({"mae", "rmse", "loss"})
BESIDE = ("accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss", "brier", "mae", "rmse", "r2", "loss", "d2")
CERTAIN = 0.99  # several figures beside the deciding one: each warns only when nearly certain


class Gain(NamedTuple):
    """The improvement of the candidate, with both one-sided bounds at the policy's confidence.

    `worse` is the result of a two-sided test at that confidence.
    """

    value: float
    low: float
    high: float
    standard_error: float
    worse: bool


def champion(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return the verdict on the deciding metric, and the differences of the other metrics."""
    live = evidence.champion
    if live is None:
        return [skipped(NAME, "against the live version", evidence.no_champion)]
    words = f"against version {live.version}"
    if live.predicted is None or evidence.held_out.target is None:
        return [skipped(NAME, words, live.unanswered or "the rows have no target")]
    used = np.ones(evidence.held_out.count, dtype=np.bool_) if live.trained_on is None else ~live.trained_on
    if used.sum() < policy.champion.fewest_rows:
        detail = f"only {used.sum():,} held-out rows are not among those it was trained on"
        return [_inconclusive(words, detail, policy)]
    return _compared(evidence, live, used, policy, words)


def _compared(evidence: Evidence, live: Champion, used: Mask, policy: Policy, words: str) -> list[Finding]:
    output = evidence.signature.output
    rows = Rows(count=int(used.sum()), target=evidence.held_out.target[used])
    resample = Resample(rows.count)
    predicted = (evidence.predicted.take(used), live.predicted.take(used))  # type: ignore[union-attr]  # checked by the caller
    candidate, before = (scores(rows.target, one, output, resample, loss=evidence.loss) for one in predicted)
    auto = "loss" if evidence.loss else "mae" if output.task == "regression" else "accuracy"
    deciding = auto if policy.champion.metric == "auto" else policy.champion.metric
    if deciding not in candidate or deciding not in before:
        return [skipped(NAME, words, f"one of the two versions does not have the metric {deciding!r}")]
    note = _note(live, used)
    gain = _gain(deciding, candidate[deciding], before[deciding], policy.confidence)
    if deciding == "accuracy" and predicted[0].labels is not None and predicted[1].labels is not None:
        right = [answers.labels == rows.target for answers in predicted]
        only_before, only_now = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
        p_value = mcnemar(only_before, only_now)
        low, high = paired_share_difference(only_before, only_now, rows.count, confidence=2 * policy.confidence - 1)
        worse = only_now < only_before and p_value < 1 - policy.confidence
        gain = gain._replace(low=min(gain.low, low), high=max(gain.high, high), worse=worse)
        note = f"right alone: new {only_now:,}, live {only_before:,} rows, McNemar p = {p_value:.2g}; {note}"
    findings = [_with_figures(_decided(f"{deciding} {words}", gain, rows.count, policy, note, deciding), gain)]
    beside = [name for name in BESIDE if name != deciding and name in candidate and name in before]
    return findings + [_beside(name, candidate[name], before[name], words) for name in beside]


def _gain(name: str, candidate: Floats, before: Floats, confidence: float) -> Gain:
    """Return candidate minus champion, positive if better; relative to the champion if the metric has a unit."""
    with np.errstate(invalid="ignore"):  # R² of a constant target is infinite for both
        gained = candidate - before if metrics.better(name) == "higher" else before - candidate
    if name in RELATIVE:
        gained = np.divide(gained, before, out=np.zeros_like(gained), where=before > 0)
    low, high = bootstrap.interval(gained, 2 * confidence - 1) or (-np.inf, np.inf)
    _, most = bootstrap.interval(gained, confidence) or (-np.inf, np.inf)
    return Gain(float(gained[0]), low, high, bootstrap.standard_error(gained), most < 0)


def _decided(words: str, gain: Gain, rows: int, policy: Policy, note: str, name: str) -> Finding:
    margin = policy.champion.not_worse_by
    unit = " of its own" if name in RELATIVE else ""
    facts = {
        "figure": f"{gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})",
        "threshold": f"> -{margin:g}{unit}",
    }
    if gain.low > 0:
        return passed(NAME, words, **facts, detail=f"better; {note}")
    if gain.low > -margin:
        return passed(NAME, words, **facts, detail=f"not worse by {margin:g}; {note}")
    if gain.worse:
        return failed(NAME, words, **facts, detail=f"worse; {note}")
    needed = rows_needed(rows, gain.standard_error, margin, confidence=2 * policy.confidence - 1)
    decide = f"if the two are equal, about {needed:,} rows would decide" if needed else "a margin of 0 cannot be proved"
    return _inconclusive(words, f"{decide}; {note}", policy, **facts)


def _inconclusive(words: str, detail: str, policy: Policy, *, figure: str = "", threshold: str = "") -> Finding:
    return Finding(
        check=NAME,
        finding=words,
        verdict="inconclusive",
        figure=figure,
        threshold=threshold,
        detail=detail,
        refuses=policy.champion.inconclusive == "refuse",
    )


def _beside(name: str, candidate: Floats, before: Floats, words: str) -> Finding:
    gain = _gain(name, candidate, before, (1 + CERTAIN) / 2)
    make = warned if gain.high < 0 else passed
    unit = ", as a share of its own" if name in RELATIVE else ""
    shown = f"{gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}){unit}"
    return _with_figures(make(NAME, f"{name} {words}", figure=shown), gain)


def _with_figures(finding: Finding, gain: Gain) -> Finding:
    """Add the gain and its bounds as numbers for the report, if the bounds are finite."""
    if not np.isfinite([gain.low, gain.high]).all():
        return finding
    return msgspec.structs.replace(finding, figures={"gain": gain.value, "low": gain.low, "high": gain.high})


def _note(live: Champion, used: Mask) -> str:
    chosen = f"; it is {live.chosen}" if live.chosen else ""
    if live.trained_on is None:
        return f"on all {used.sum():,} rows; which of them it was trained on is not known{chosen}"
    left_out = int((~used).sum())
    return f"on {used.sum():,} rows" + (f", without {left_out:,} that it was trained on" if left_out else "") + chosen
