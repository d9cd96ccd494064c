"""Judging a window: which inputs and answers are distributed otherwise than in the baseline, and by how much."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from fairlead.baseline import Baseline
from fairlead.drift.cells import Of
from fairlead.drift.counters import Counters
from fairlead.signature import Scalar

Verdict = Literal["drift", "none", "not enough data"]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding of drift needs, all of it: effect, evidence, and enough of what evidence is made of.

    `psi` is the least population stability index, `level` the largest p value after Holm's correction over everything
    judged, `effective_rows` the fewest independent rows a window must be worth, `clusters` the fewest clusters.
    """

    psi: float = 0.1
    level: float = 0.001
    effective_rows: float = 50.0
    clusters: float = 5.0


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
    raise NotImplementedError
