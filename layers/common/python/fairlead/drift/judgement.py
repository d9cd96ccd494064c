"""Judgement of a window: the inputs and answers whose distribution differs from the baseline, and by how much."""

from collections.abc import Mapping, Sequence

import msgspec

from fairlead.drift.cells import Of, cells_of
from fairlead.drift.comparison import BaselineComparison, compare_with_baseline
from fairlead.drift.counters import Counters
from fairlead.drift.distributions import holm
from fairlead.drift.effective_sample import tables
from fairlead.drift.messages import words
from fairlead.drift.thresholds import Thresholds, Verdict
from fairlead.model.baseline import Baseline
from fairlead.model.signature import Scalar

LEAST_WEIGHT = 0.1
VERDICTS: tuple[Verdict, ...] = ("drift", "none", "not enough data")


class DriftFinding(msgspec.Struct, frozen=True, kw_only=True):
    """An input, `label`, or a score (of a class or a target) in this window, compared with the baseline.

    `p` is corrected over everything judged; None with too few rows to test. Shares are of rows, 0–1: `missing` values,
    `unseen` categories that the baseline does not name, numbers `out_of_range`; the last two are None if they do not
    apply. `importance` is the input's share (0–1) of the model's permutation importance; None for answers or if it is
    not known. `rank` is 1 for the largest effect weighted by importance. `words` is the finding as a sentence.
    """

    feature: Scalar
    of: Of
    verdict: Verdict
    psi: float
    p: float | None
    rows: int
    effective_rows: float
    missing_before: float
    missing: float
    unseen_before: float | None
    unseen: float | None
    out_of_range: float | None
    importance: float | None
    rank: int
    words: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of a window by rank; `drift` is whether any drifted, `enough` whether any could be judged."""

    drift: bool
    enough: bool
    rows: int
    requests: int
    findings: tuple[DriftFinding, ...]


def judge(
    baseline: Baseline,
    counters: Counters,
    *,
    thresholds: Thresholds | None = None,
    importances: Mapping[str, float] | None = None,
) -> Judgement:
    """Judge the merged counters of a window; `importances` by input replace the baseline's."""
    limits = thresholds or Thresholds()
    things = cells_of(baseline)
    compared = [compare_with_baseline(one, table) for one, table in zip(things, tables(things, counters), strict=True)]
    shares = _shares(baseline, importances)
    found = [
        _finding(seen, p, limits, shares.get(str(seen.cells.name)) if seen.cells.of == "input" else None)
        for seen, p in zip(compared, _corrected(compared, limits), strict=True)
    ]
    found.sort(key=lambda one: (-VERDICTS.index(one.verdict), one.psi * _weight(one, len(shares))), reverse=True)
    return Judgement(
        drift=any(one.verdict == "drift" for one in found),
        enough=any(one.verdict != "not enough data" for one in found),
        rows=sum(counts.get("rows", 0) for counts in counters.clusters.values()),
        requests=sum(counts.get("requests", 0) for counts in counters.clusters.values()),
        findings=tuple(msgspec.structs.replace(one, rank=rank) for rank, one in enumerate(found, start=1)),
    )


def _corrected(compared: Sequence[BaselineComparison], limits: Thresholds) -> list[float | None]:
    """Return p values corrected over all tests with enough effective rows; None for the others."""
    tests = [
        seen.test if seen.test and seen.test.effective_rows >= limits.effective_rows else None for seen in compared
    ]
    adjusted = iter(holm([test.p for test in tests if test]))
    return [next(adjusted) if test else None for test in tests]


def _finding(seen: BaselineComparison, p: float | None, limits: Thresholds, importance: float | None) -> DriftFinding:
    verdict: Verdict = "not enough data"
    if p is not None:
        verdict = "drift" if p <= limits.level and seen.psi >= limits.psi else "none"
    return DriftFinding(
        feature=seen.cells.name,
        of=seen.cells.of,
        verdict=verdict,
        psi=seen.psi,
        p=p,
        rows=seen.rows,
        effective_rows=seen.test.effective_rows if seen.test else 0.0,
        missing_before=seen.missing_before,
        missing=seen.missing,
        unseen_before=seen.unseen_before,
        unseen=seen.unseen,
        out_of_range=seen.out_of_range,
        importance=importance,
        rank=0,
        words=words(seen, p, limits, verdict),
    )


def _shares(baseline: Baseline, importances: Mapping[str, float] | None) -> dict[str, float]:
    """Return each input's share of the total importance; empty if no importance is known."""
    known = importances
    if known is None:
        known = {one.name: one.importance for one in baseline.features if one.importance is not None}
    whole = sum(max(0.0, one) for one in known.values())
    return {name: max(0.0, one) / whole for name, one in known.items()} if whole else {}


def _weight(one: DriftFinding, inputs: int) -> float:
    """Return the weight of a finding: 1 for an input of average importance and for answers.

    It is never 0, because correlated inputs hide each other's importance.
    """
    return 1.0 if one.importance is None else max(LEAST_WEIGHT, one.importance * inputs)
