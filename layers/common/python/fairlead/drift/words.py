"""A finding in words."""

from fairlead.baseline import Categories
from fairlead.drift.looking import Looked
from fairlead.drift.thresholds import Thresholds, Verdict

RATHER_MANY = 0.001
"""Share of rows below which missing, unseen and outside are not spoken of."""


def words(seen: Looked, p: float | None, limits: Thresholds, verdict: Verdict) -> str:
    """Say what was found, in a sentence or two."""
    if seen.rows == 0:
        return "no row was captured"
    parts = [_judged(seen, p, limits, verdict), *_counted(seen)]
    return "; ".join(parts)


def _judged(seen: Looked, p: float | None, limits: Thresholds, verdict: Verdict) -> str:
    if seen.test is None:
        return f"{seen.rows:,} rows, of too few callers and times of day to know how they vary"
    worth = f"{seen.rows:,} rows, worth {seen.test.effective_rows:,.0f} independent ones"
    if p is None:
        return f"{worth}, where {limits.effective_rows:,.0f} are needed"
    said = {"drift": "moved", "none": "not shown to have moved"}[verdict]
    return f"{said}: PSI {seen.psi:.2f} (drift from {limits.psi:g} on), p {_small(p)} (up to {limits.level:g}), {worth}"


def _counted(seen: Looked) -> list[str]:
    """What is missing, new or outside, where it is worth a word."""
    found = []
    if max(seen.missing, seen.missing_before) >= RATHER_MANY and _changed(seen.missing, seen.missing_before):
        found.append(f"missing {seen.missing:.1%}, before {seen.missing_before:.1%}")
    if seen.unseen is not None and seen.unseen_before is not None and seen.unseen >= RATHER_MANY:
        before = f", before {seen.unseen_before:.1%}" if seen.unseen_before else ""
        found.append(f"{seen.unseen:.1%} in categories that the baseline does not name{before}")
    if (
        seen.out_of_range is not None
        and seen.out_of_range >= RATHER_MANY
        and not isinstance(seen.cells.seen, Categories)
    ):
        low, high = seen.cells.seen.low, seen.cells.seen.high
        found.append(f"{seen.out_of_range:.1%} outside {low:.6g} to {high:.6g}, the range of the baseline")
    return found


def _changed(now: float, before: float) -> bool:
    return abs(now - before) >= RATHER_MANY


def _small(p: float) -> str:
    return "below 1e-12" if p < 1e-12 else f"{p:.2g}"
