"""Tail probabilities and Holm's correction in pure Python, because the monitor function has neither NumPy nor SciPy."""

import math
from collections.abc import Sequence

STEPS = 500
SMALLEST = 1e-300
PRECISION = 1e-12
MOST_TERMS = 2_000


def f_tail(value: float, first: float, second: float) -> float:
    """Return P(F ≥ value) with `first` and `second` degrees of freedom, which need not be whole numbers."""
    if value <= 0:
        return 1.0
    whole = second + first * value
    return _beta(second / whole, first * value / whole, second / 2, first / 2)


def fisher_tail(successes: int, trials: int, *, others: int, of: int) -> float:
    """Return the probability of at least `successes` in `trials` if they are as likely as `others` in `of`.

    It is the one-sided exact test (Fisher 1934), a tail of the hypergeometric distribution.
    """
    drawn, most = successes + others, min(trials, successes + others)
    terms = range(successes, min(most, successes + MOST_TERMS) + 1)  # later terms are negligible
    whole = _choose(trials + of, drawn)
    return min(
        1.0, sum(math.exp(_choose(trials, k) + _choose(of, drawn - k) - whole) for k in terms if drawn - k <= of)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p values that bound the chance of any false finding.

    Holm, Scandinavian J. of Statistics 6, 1979. Unlike a bound on the share of false findings, it holds for any
    dependence between features; and one false finding already triggers an alarm.
    """
    adjusted, largest = [1.0] * len(p_values), 0.0
    for place, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[at] * (len(p_values) - place)))
        adjusted[at] = largest
    return adjusted


def _choose(of: int, drawn: int) -> float:
    """Return the logarithm of the binomial coefficient."""
    return math.lgamma(of + 1) - math.lgamma(drawn + 1) - math.lgamma(of - drawn + 1)


def _beta(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function; `rest` is 1 − x (Press et al., Numerical Recipes, 6.4)."""
    if x <= 0 or rest <= 0:
        return float(rest <= 0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1.0 / _safe(1.0 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, STEPS):
        for step in (
            m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _safe(1.0 + step * x * d)
            c = _safe(1.0 + step * x / c)
            found *= d * c
        if abs(d * c - 1.0) < PRECISION:
            break
    return found


def _safe(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST
