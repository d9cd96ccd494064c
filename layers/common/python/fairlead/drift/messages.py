"""The sentence of a drift finding."""

from fairlead.drift.comparison import BaselineComparison
from fairlead.drift.thresholds import Thresholds, Verdict
from fairlead.model.baseline import Numbers

MENTIONED = 0.001
"""Share of rows from which missing, unseen and outside values are mentioned."""


def words(seen: BaselineComparison, p: float | None, limits: Thresholds, verdict: Verdict) -> str:
    """Return a finding as a sentence."""
    if seen.rows == 0:
        return "no row was captured"
    parts = [_judged(seen, p, limits, verdict), *_counted(seen)]
    return "; ".join(parts)


def _judged(seen: BaselineComparison, p: float | None, limits: Thresholds, verdict: Verdict) -> str:
    if seen.test is None:
        return f"{seen.rows:,} rows, from too few callers and times of day to estimate their variance"
    sample = f"{seen.rows:,} rows, an effective sample of {seen.test.effective_rows:,.0f}"
    if p is None:
        return f"{sample} where {limits.effective_rows:,.0f} are needed"
    result = {"drift": "drift", "none": "no significant drift"}[verdict]
    return f"{result}: PSI {seen.psi:.2f} (at least {limits.psi:g}), p {_small(p)} (at most {limits.level:g}), {sample}"


def _counted(seen: BaselineComparison) -> list[str]:
    """Return the shares of missing, unseen and outside values that are large enough to be mentioned."""
    found = []
    if abs(seen.missing - seen.missing_before) >= MENTIONED:
        found.append(f"missing {seen.missing:.1%}, before {seen.missing_before:.1%}")
    if seen.unseen is not None and seen.unseen >= MENTIONED:
        before = f", before {seen.unseen_before:.1%}" if seen.unseen_before else ""
        found.append(f"{seen.unseen:.1%} in categories that the baseline does not name{before}")
    if seen.out_of_range is not None and isinstance(seen.cells.seen, Numbers):
        known = seen.cells.seen
        by_chance = 2 / (1 + sum(known.counts))  # expected share beyond the smallest and the largest of as many values
        if seen.out_of_range >= max(MENTIONED, 3 * by_chance):
            what = "characters, the lengths" if seen.cells.text else "the range"
            found.append(f"{seen.out_of_range:.1%} outside {known.low:.6g} to {known.high:.6g}, {what} of the baseline")
    return found


def _small(p: float) -> str:
    return "below 1e-12" if p < 1e-12 else f"{p:.2g}"
