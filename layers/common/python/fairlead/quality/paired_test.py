"""Which of two releases is right more often, on the same rows: an answer that is valid whenever one looks.

Each request is a bet against "the candidate is no better": wealth grows by 1 + λ·d, where d (-1 to 1) is by how much
the candidate did better on its rows, and is the mean over several λ. Under that hypothesis wealth is a
supermartingale, so it ever reaches 1/α with probability at most α, however often it is looked at (Ville 1939;
Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 86, 2024). Bets are by request,
because the rows of one are not independent of each other.
"""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

ALPHA = 0.05
FEWEST = 30
"""Requests below which there is no verdict: a handful of lucky ones is no evidence to act on."""
BETS = tuple(step / 20 for step in range(1, 20))

Verdict = Literal["better", "worse", "not yet decided"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate against the other release: requests and rows compared, rows that agree, mean advantage (-1 to 1).

    `evidence_better` and `evidence_worse` are e-values: the chance to see so much without cause is at most 1/e.
    """

    requests: int
    rows: int
    agreeing: int
    advantage: float
    evidence_better: float
    evidence_worse: float
    verdict: Verdict


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One labelled request, answered by both: rows, rows on which they agree, rows won and lost by the candidate."""

    rows: int
    agreeing: int
    won: int
    lost: int


def compare(requests: Iterable[Request], *, margin: float = 0.0, alpha: float = ALPHA) -> Comparison:
    """Compare over requests in the order they came; `margin` is by how much the candidate must be better (or worse)."""
    seen = [one for one in requests if one.rows]
    gains = [(one.won - one.lost) / one.rows for one in seen]
    better = _wealth((gain - margin) / (1 + margin) for gain in gains)
    worse = _wealth((-gain - margin) / (1 + margin) for gain in gains)
    return Comparison(
        requests=len(seen),
        rows=sum(one.rows for one in seen),
        agreeing=sum(one.agreeing for one in seen),
        advantage=sum(gains) / len(gains) if gains else 0.0,
        evidence_better=better,
        evidence_worse=worse,
        verdict=_verdict(len(seen), better, worse, alpha),
    )


def _verdict(requests: int, better: float, worse: float, alpha: float) -> Verdict:
    enough = 2 / alpha  # two questions are asked
    if requests < FEWEST or max(better, worse) < enough:
        return "not yet decided"
    return "better" if better >= worse else "worse"


def _wealth(gains: Iterable[float]) -> float:
    """Return the largest wealth so far: stopping there would have been allowed."""
    logs = [0.0] * len(BETS)
    largest = 0.0  # the logarithm
    for gain in gains:
        for place, bet in enumerate(BETS):
            logs[place] += math.log1p(bet * gain)
        top = max(logs)
        largest = max(largest, top + math.log(sum(math.exp(value - top) for value in logs) / len(logs)))
    return math.exp(min(largest, 700.0))
