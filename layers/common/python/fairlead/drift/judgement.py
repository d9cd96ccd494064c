"""Judging a window: which inputs and answers are distributed otherwise than in the baseline, and by how much."""

from collections.abc import Mapping, Sequence

import msgspec

from fairlead.drift.cells import Of, cells_of
from fairlead.drift.comparison import Looked, look
from fairlead.drift.counters import Counters
from fairlead.drift.distributions import holm
from fairlead.drift.effective_sample import tables
from fairlead.drift.messages import words
from fairlead.drift.thresholds import Thresholds, Verdict
from fairlead.model.baseline import Baseline
from fairlead.model.signature import Scalar

LEAST_WEIGHT = 0.1
VERDICTS: tuple[Verdict, ...] = ("drift", "none", "not enough data")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One input, or `label`, or a score (of a class, of a target), in this window against the baseline.

    `p` is corrected over everything judged; None where there was too little to test. Shares are of rows, 0–1:
    missing, of categories that the baseline does not name (`unseen`), of numbers outside the range it saw; those two
    are None where they do not apply. `importance` is its share (0–1) of what the model relies on, None for answers or
    where it is unknown. `rank` is 1 for what moved most where the model relies on it most. `words` says it all.
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
    """What a window shows: findings by rank, and whether any is drift. `enough` says whether any could be judged."""

    drift: bool
    enough: bool
    rows: int
    requests: int
    findings: tuple[Finding, ...]


def judge(
    baseline: Baseline,
    counters: Counters,
    *,
    thresholds: Thresholds | None = None,
    importances: Mapping[str, float] | None = None,
) -> Judgement:
    """Judge the merged counters of a window; `importances` by input replace those in the baseline."""
    limits = thresholds or Thresholds()
    things = cells_of(baseline)
    looked = [look(one, table) for one, table in zip(things, tables(things, counters), strict=True)]
    shares = _shares(baseline, importances)
    found = [
        _finding(seen, p, limits, shares.get(str(seen.cells.name)) if seen.cells.of == "input" else None)
        for seen, p in zip(looked, _corrected(looked, limits), strict=True)
    ]
    found.sort(key=lambda one: (-VERDICTS.index(one.verdict), one.psi * _weight(one, len(shares))), reverse=True)
    return Judgement(
        drift=any(one.verdict == "drift" for one in found),
        enough=any(one.verdict != "not enough data" for one in found),
        rows=sum(counts.get("rows", 0) for counts in counters.clusters.values()),
        requests=sum(counts.get("requests", 0) for counts in counters.clusters.values()),
        findings=tuple(msgspec.structs.replace(one, rank=rank) for rank, one in enumerate(found, start=1)),
    )


def _corrected(looked: Sequence[Looked], limits: Thresholds) -> list[float | None]:
    """P values corrected over everything there is enough of; None for the rest."""
    tests = [seen.test if seen.test and seen.test.effective_rows >= limits.effective_rows else None for seen in looked]
    adjusted = iter(holm([test.p for test in tests if test]))
    return [next(adjusted) if test else None for test in tests]


def _finding(seen: Looked, p: float | None, limits: Thresholds, importance: float | None) -> Finding:
    verdict: Verdict = "not enough data"
    if p is not None:
        verdict = "drift" if p <= limits.level and seen.psi >= limits.psi else "none"
    return Finding(
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
    """Each input's share of what the model relies on; empty where nothing is known."""
    known = importances
    if known is None:
        known = {one.name: one.importance for one in baseline.features if one.importance is not None}
    whole = sum(max(0.0, one) for one in known.values())
    return {name: max(0.0, one) / whole for name, one in known.items()} if whole else {}


def _weight(one: Finding, inputs: int) -> float:
    """1 for an input of average importance and for answers; never 0, as inputs that say the same hide one another."""
    return 1.0 if one.importance is None else max(LEAST_WEIGHT, one.importance * inputs)
