"""A sequential paired test of which of two releases is right more often on the same rows.

Each request is a bet against the hypothesis "the candidate is not better". The wealth is multiplied by 1 + λ·d, where d
(-1 to 1) is the candidate's advantage on the request's rows; it is the mean over several λ. Under the hypothesis the
wealth is a supermartingale, so it ever reaches 1/α with probability at most α. The test may therefore be evaluated at
any time and any number of times (Ville 1939; Waudby-Smith and Ramdas, Estimating means of bounded random variables by
betting, JRSS B 86, 2024). Bets are by request, because rows of one request are not independent.
"""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

ALPHA = 0.05
FEWEST = 30
"""Requests below which there is no verdict: no action may depend on a handful of requests."""
BETS = tuple(step / 20 for step in range(1, 20))

Verdict = Literal["better", "worse", "not yet decided"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate compared with another release: requests, rows, rows with equal answers, mean advantage (-1 to 1).

    `evidence_better` and `evidence_worse` are e-values: a value of at least e has probability 1/e at most under the
    hypothesis.
    """

    requests: int
    rows: int
    agreeing: int
    advantage: float
    evidence_better: float
    evidence_worse: float
    verdict: Verdict


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled request that both releases answered: rows, equal answers, rows the candidate won and lost."""

    rows: int
    agreeing: int
    won: int
    lost: int


def compare(requests: Iterable[Request], *, margin: float = 0.0, alpha: float = ALPHA) -> Comparison:
    """Compare two releases over requests in order; `margin` is the advantage that better or worse must exceed."""
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
    enough = 2 / alpha  # two hypotheses are tested
    if requests < FEWEST or max(better, worse) < enough:
        return "not yet decided"
    return "better" if better >= worse else "worse"


def _wealth(gains: Iterable[float]) -> float:
    """Return the largest wealth so far, at which the test may stop."""
    logs = [0.0] * len(BETS)
    largest = 0.0  # the logarithm
    for gain in gains:
        for place, bet in enumerate(BETS):
            logs[place] += math.log1p(bet * gain)
        top = max(logs)
        largest = max(largest, top + math.log(sum(math.exp(value - top) for value in logs) / len(logs)))
    return math.exp(min(largest, 700.0))
