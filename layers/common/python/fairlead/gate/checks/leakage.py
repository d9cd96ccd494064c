"""Leakage: held-out rows that were trained on, inputs that know the target, inputs that say nothing or the same."""

import hashlib
from collections.abc import Iterable

import numpy as np

from fairlead.gate.evidence import Column, Digests, Evidence, Rows, classes_of
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import wilson
from fairlead.gate.policy import Policy
from fairlead.gate.single_input import Alone, labels_alone, sample, values_alone

NAME = "leakage"
SURELY = 0.95  # a leak must be all but perfect beyond doubt; good inputs of easy data sets are not
MANY_REPEATED = 0.05
LISTED = 10


def leakage(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return findings on shared rows, repeated rows, single inputs, constant and duplicate columns."""
    return [
        _shared(evidence, policy),
        _repeated(evidence.held_out),
        *_single_inputs(evidence, policy),
        _constant(evidence.held_out),
        _duplicates(evidence.held_out),
    ]


def _shared(evidence: Evidence, policy: Policy) -> Finding:
    """Held-out rows whose inputs were trained on, beyond what rows repeat anyway.

    Where training rows repeat among themselves, a fresh row is as likely to meet one: discrete data is no leak. But
    rows duplicated before the split look the same, so that is said.
    """
    words = "held-out rows that were trained on"
    training, held_out = evidence.training, evidence.held_out
    if training is None or training.digests is None or held_out.digests is None:
        return skipped(NAME, words, "no training rows were given")
    shared = int(np.isin(held_out.digests, training.digests).sum())
    repeated = repeated_share(training.digests)
    least = wilson(shared, held_out.count, confidence=policy.confidence)[0]
    facts = {"figure": f"{shared:,} of {held_out.count:,}", "threshold": f"≤ {policy.leakage.shared_rows:.1%}"}
    if least <= policy.leakage.shared_rows:
        detail = "" if shared <= policy.leakage.shared_rows * held_out.count else "a few rows may meet by chance"
        return passed(NAME, words, **facts, detail=detail)
    if least > policy.leakage.shared_rows + repeated:
        return failed(NAME, words, **facts, detail="the figures of this gate flatter the model: split the rows again")
    detail = f"{repeated:.1%} of the training rows repeat too: discrete data, or rows duplicated before the split"
    return warned(NAME, words, **facts, detail=detail)


def repeated_share(digests: Digests) -> float:
    """Share of rows that are not the only one of their kind."""
    _, counts = np.unique(digests, return_counts=True)
    return float(counts[counts > 1].sum() / max(1, len(digests)))


def _repeated(rows: Rows) -> Finding:
    words = "held-out rows that repeat"
    if rows.digests is None:
        return skipped(NAME, words, "rows have no digests")
    share = repeated_share(rows.digests)
    make = passed if share <= MANY_REPEATED else warned
    detail = "" if share <= MANY_REPEATED else "repeated rows count several times: intervals are too narrow"
    return make(NAME, words, figure=f"{share:.1%}", threshold=f"≤ {MANY_REPEATED:.0%}", detail=detail)


def _single_inputs(evidence: Evidence, policy: Policy) -> list[Finding]:
    words = "inputs that alone give the target"
    skills = _skills(evidence.held_out, evidence, policy.leakage.ignore)
    if not skills:
        return [skipped(NAME, words, "the rows have no target or no inputs to look at")]
    limit = policy.leakage.single_input
    suspects = {name: skill for name, skill in skills.items() if skill.skill >= limit}
    best = max(skills, key=lambda name: skills[name].skill)
    facts = {"threshold": f"skill < {limit:g}"}
    if not suspects:
        return [passed(NAME, words, **facts, figure=f"{skills[best].skill:.3f}", detail=f"the best is {best}")]
    return [_suspect(name, skill, facts) for name, skill in list(suspects.items())[:LISTED]]


def _suspect(name: str, skill: Alone, facts: dict[str, str]) -> Finding:
    words = f"{name} alone gives the target"
    if skill.surely >= SURELY:
        detail = "was it filled in after the outcome was known? if not, name it in leakage.ignore"
        return failed(NAME, words, **facts, figure=f"{skill.skill:.3f}", detail=detail)
    detail = f"too few rows to be sure: at least {max(skill.surely, 0):.3f}"
    return warned(NAME, words, **facts, figure=f"{skill.skill:.3f}", detail=detail)


def _skills(rows: Rows, evidence: Evidence, ignored: Iterable[str]) -> dict[str, Alone]:
    if rows.target is None:
        return {}
    regression = evidence.signature.output.task == "regression"
    known = sample(rows.count)
    if not regression:
        known = known[rows.target[known] >= 0]
    if len(known) < 2:
        return {}
    target, classes = rows.target[known], len(classes_of(evidence.signature.output))
    skills = {}
    for column in rows.columns:
        if column.name in ignored:
            continue
        part = Column(name=column.name, kind=column.kind, values=column.values[known], levels=column.levels)
        if regression:
            skills[column.name] = max(values_alone(part, target[:, at]) for at in range(target.shape[1]))
        else:
            skills[column.name] = labels_alone(part, target, classes)
    return skills


def _constant(rows: Rows) -> Finding:
    names = [column.name for column in rows.columns if _is_constant(column)]
    return _listed("inputs of one value only", names, "the model learns nothing from them, and they cannot be watched")


def _is_constant(column: Column) -> bool:
    first = column.values[:1]
    same = column.values == first
    return bool(same.all() or column.missing().all())


def _duplicates(rows: Rows) -> Finding:
    """Equal columns have equal bytes; -0.0 and codes of other levels aside, which no engine tells apart either."""
    seen: dict[tuple[bytes, tuple[str | int, ...] | None], str] = {}
    twins = []
    for column in rows.columns:
        key = (_fingerprint(column), column.levels)
        if key in seen and not _is_constant(column):
            twins.append(f"{column.name} = {seen[key]}")
        seen.setdefault(key, column.name)
    return _listed("inputs that repeat another", twins, "the model reads the same fact twice")


def _fingerprint(column: Column) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(column.values), digest_size=16).digest()


def _listed(words: str, names: list[str], why: str) -> Finding:
    if not names:
        return passed(NAME, words, figure="0", threshold="0")
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return warned(
        NAME, words, figure=f"{len(names)}", threshold="0", detail=f"{', '.join(names[:LISTED])}{more}: {why}"
    )
