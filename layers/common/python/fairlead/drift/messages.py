"""A finding in words."""

from fairlead.drift.comparison import Looked
from fairlead.drift.thresholds import Thresholds, Verdict
from fairlead.model.baseline import Numbers

WORTH_A_WORD = 0.001
"""Share of rows from which on missing, unseen and outside are spoken of."""


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
    if abs(seen.missing - seen.missing_before) >= WORTH_A_WORD:
        found.append(f"missing {seen.missing:.1%}, before {seen.missing_before:.1%}")
    if seen.unseen is not None and seen.unseen >= WORTH_A_WORD:
        before = f", before {seen.unseen_before:.1%}" if seen.unseen_before else ""
        found.append(f"{seen.unseen:.1%} in categories that the baseline does not name{before}")
    if seen.out_of_range is not None and isinstance(seen.cells.seen, Numbers):
        known = seen.cells.seen
        by_chance = 2 / (1 + sum(known.counts))  # beyond the smallest and the largest of so many
        if seen.out_of_range >= max(WORTH_A_WORD, 3 * by_chance):
            what = "characters, the lengths" if seen.cells.text else "the range"
            found.append(f"{seen.out_of_range:.1%} outside {known.low:.6g} to {known.high:.6g}, {what} of the baseline")
    return found


def _small(p: float) -> str:
    return "below 1e-12" if p < 1e-12 else f"{p:.2g}"
