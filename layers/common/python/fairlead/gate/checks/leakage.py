"""Leakage check: held-out rows that were trained on, inputs that reveal the target, constant and duplicate inputs."""

import hashlib
from collections.abc import Iterable

import numpy as np

from fairlead.gate.evidence import Column, Digests, Evidence, Rows, classes_of
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import wilson
from fairlead.gate.policy import Policy
from fairlead.gate.single_input import Skill, label_skill, sample, value_skill

NAME = "leakage"
SURE_SKILL = 0.95  # least lower bound of a leak's skill; good inputs of easy data sets stay below
MANY_REPEATED = 0.05
LISTED = 10


def leakage(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return findings on shared rows, repeated rows, single inputs, constant columns and duplicate columns."""
    return [
        _shared(evidence, policy),
        _repeated(evidence.held_out),
        *_single_inputs(evidence, policy),
        _constant(evidence.held_out),
        _duplicates(evidence.held_out),
    ]


def _shared(evidence: Evidence, policy: Policy) -> Finding:
    """Return a finding on held-out rows whose inputs are also training rows, beyond the share that repeats anyway.

    If training rows repeat among themselves, a new row is as likely to equal one: discrete data is not a leak. Rows
    duplicated before the split look the same, so the finding warns.
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
        detail = "" if shared <= policy.leakage.shared_rows * held_out.count else "a few rows may be equal by chance"
        return passed(NAME, words, **facts, detail=detail)
    if least > policy.leakage.shared_rows + repeated:
        return failed(NAME, words, **facts, detail="the metrics are too optimistic: split the rows again")
    detail = f"{repeated:.1%} of the training rows repeat too: discrete data, or rows duplicated before the split"
    return warned(NAME, words, **facts, detail=detail)


def repeated_share(digests: Digests) -> float:
    """Return the share of rows that have an equal row."""
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
        return [skipped(NAME, words, "the rows have no target or no inputs to check")]
    limit = policy.leakage.single_input
    suspects = {name: skill for name, skill in skills.items() if skill.skill >= limit}
    best = max(skills, key=lambda name: skills[name].skill)
    facts = {"threshold": f"skill < {limit:g}"}
    if not suspects:
        return [passed(NAME, words, **facts, figure=f"{skills[best].skill:.3f}", detail=f"the best is {best}")]
    return [_suspect(name, skill, facts) for name, skill in list(suspects.items())[:LISTED]]


def _suspect(name: str, skill: Skill, facts: dict[str, str]) -> Finding:
    words = f"{name} alone gives the target"
    if skill.lower >= SURE_SKILL:
        detail = "remove it if it was filled in after the outcome was known; else name it in leakage.ignore"
        return failed(NAME, words, **facts, figure=f"{skill.skill:.3f}", detail=detail)
    detail = f"too few rows to be sure: at least {max(skill.lower, 0):.3f}"
    return warned(NAME, words, **facts, figure=f"{skill.skill:.3f}", detail=detail)


def _skills(rows: Rows, evidence: Evidence, ignored: Iterable[str]) -> dict[str, Skill]:
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
            skills[column.name] = max(value_skill(part, target[:, at]) for at in range(target.shape[1]))
        else:
            skills[column.name] = label_skill(part, target, classes)
    return skills


def _constant(rows: Rows) -> Finding:
    names = [column.name for column in rows.columns if _is_constant(column)]
    return _listed(
        "inputs of one value only", names, "the model learns nothing from them, and drift cannot be measured"
    )


def _is_constant(column: Column) -> bool:
    first = column.values[:1]
    same = column.values == first
    return bool(same.all() or column.missing().all())


def _duplicates(rows: Rows) -> Finding:
    """Return a finding on columns with equal bytes and levels."""
    seen: dict[tuple[bytes, tuple[str | int, ...] | None], str] = {}
    twins = []
    for column in rows.columns:
        key = (_fingerprint(column), column.levels)
        if key in seen and not _is_constant(column):
            twins.append(f"{column.name} = {seen[key]}")
        seen.setdefault(key, column.name)
    return _listed("inputs that repeat another", twins, "the model gets the same fact twice")


def _fingerprint(column: Column) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(column.values), digest_size=16).digest()


def _listed(words: str, names: list[str], why: str) -> Finding:
    if not names:
        return passed(NAME, words, figure="0", threshold="0")
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return warned(
        NAME, words, figure=f"{len(names)}", threshold="0", detail=f"{', '.join(names[:LISTED])}{more}: {why}"
    )
