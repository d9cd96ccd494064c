"""Split check: held-out rows are distributed as the training rows; later or of other groups if the policy asks it."""

from collections.abc import Iterator

import numpy as np

from fairlead.gate.evidence import Column, Evidence, Rows
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import holm, kolmogorov_smirnov, total_variation
from fairlead.gate.policy import Policy

NAME = "split"
FEW_UNKNOWN = 0.01
LISTED = 5


def split(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return findings on unknown classes, shift between training and held-out rows, time order and groups."""
    findings = [_unknown_classes(evidence)]
    training = evidence.training
    if training is None:
        return [*findings, skipped(NAME, "held-out rows like the training rows", "no training rows were given")]
    findings.append(_shift(training, evidence, policy))
    if policy.split.time is not None:
        findings.append(_time_order(training, evidence.held_out, policy.split.time))
    if policy.split.group is not None:
        findings.append(_shared_groups(training, evidence.held_out, policy.split.group))
    return findings


def _unknown_classes(evidence: Evidence) -> Finding:
    words = "held-out rows of a class the model does not know"
    target = evidence.held_out.target
    if target is None or evidence.signature.output.task != "classification":
        return skipped(NAME, words, "the target is not a class")
    unknown = int((target < 0).sum())
    facts = {"figure": f"{unknown:,} of {len(target):,}", "threshold": f"≤ {FEW_UNKNOWN:.0%}"}
    if unknown == 0:
        return passed(NAME, words, **facts)
    make = warned if unknown <= FEW_UNKNOWN * len(target) else failed
    return make(NAME, words, **facts, detail="no training row has it; shuffle the rows before the split")


def _shift(training: Rows, evidence: Evidence, policy: Policy) -> Finding:
    """Return a finding on the shift of inputs and target.

    A shift needs an effect size and a corrected p value, because either alone misleads.
    """
    words = "held-out rows like the training rows"
    distances = dict(_distances(training, evidence.held_out, evidence.signature.output.task == "regression"))
    if not distances:
        return skipped(NAME, words, "training and held-out rows have no column in common")
    names = list(distances)
    p_values = holm(np.array([distances[name][1] for name in names]))
    moved = [
        name
        for name, p in zip(names, p_values, strict=True)
        if p < policy.split.level and distances[name][0] >= policy.split.largest_shift
    ]
    worst = max(names, key=lambda name: distances[name][0])
    facts = {"figure": f"{distances[worst][0]:.3f} ({worst})", "threshold": f"< {policy.split.largest_shift:g}"}
    if not moved:
        return passed(NAME, words, **facts)
    moved.sort(key=lambda name: -distances[name][0])
    listed = ", ".join(f"{name} by {distances[name][0]:.2f}" for name in moved[:LISTED])
    if policy.split.time is not None:
        return warned(NAME, words, **facts, detail=f"later rows moved, which a time split allows: {listed}")
    detail = f"{listed}: shuffle the rows before the split, or name the time column in the policy"
    return failed(NAME, words, **facts, detail=detail)


def _distances(training: Rows, held_out: Rows, regression: bool) -> Iterator[tuple[str, tuple[float, float]]]:
    before = {column.name: column for column in training.columns}
    for column in held_out.columns:
        if column.name in before:
            yield column.name, _distance(before[column.name], column)
    if training.target is None or held_out.target is None:
        return
    if regression:
        yield "the target", kolmogorov_smirnov(training.target[:, 0], held_out.target[:, 0])
        return
    most = int(max(training.target.max(), held_out.target.max())) + 1
    counts = [np.bincount(rows.target[rows.target >= 0], minlength=most) for rows in (training, held_out)]
    yield "the target", total_variation(*(count.astype(np.float64) for count in counts))


def _distance(before: Column, after: Column) -> tuple[float, float]:
    if before.levels is None or after.levels is None:
        return kolmogorov_smirnov(before.values, after.values)
    if after.kind == "text":
        return 0.0, 1.0
    levels = {level: code for code, level in enumerate(dict.fromkeys([*before.levels, *after.levels]))}
    counts = []
    for column in (before, after):
        places = np.array([levels[level] for level in column.levels or ()] + [len(levels)])
        counts.append(np.bincount(places[column.values], minlength=len(levels) + 1).astype(np.float64))
    return total_variation(*counts)


def _time_order(training: Rows, held_out: Rows, name: str) -> Finding:
    words = f"held-out rows after the training rows, by {name}"
    if training.order is None or held_out.order is None:
        return failed(NAME, words, detail=f"the rows have no time column {name!r}")
    early = int((held_out.order < np.nanmax(training.order)).sum())
    facts = {"figure": f"{early:,} of {held_out.count:,} earlier", "threshold": "0"}
    return failed(NAME, words, **facts) if early else passed(NAME, words, **facts)


def _shared_groups(training: Rows, held_out: Rows, name: str) -> Finding:
    words = f"held-out rows of other groups, by {name}"
    if training.groups is None or held_out.groups is None:
        return failed(NAME, words, detail=f"the rows have no group column {name!r}")
    shared = int(np.isin(held_out.groups, training.groups).sum())
    facts = {"figure": f"{shared:,} of {held_out.count:,} rows of a group trained on", "threshold": "0"}
    return failed(NAME, words, **facts) if shared else passed(NAME, words, **facts)
