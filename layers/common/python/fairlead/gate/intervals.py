"""Confidence intervals and tests that need no resampling, each with its source."""

import math
from statistics import NormalDist

import numpy as np

from fairlead.gate.evidence import Floats


def normal_quantile(probability: float) -> float:
    """Return a quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(probability)


def wilson(successes: float, trials: float, *, confidence: float) -> tuple[float, float]:
    """Return the two-sided score interval of a share (Wilson 1927; Brown, Cai, DasGupta, Statistical Science 16, 2001).

    Unlike a bootstrap interval, it keeps a width if every row is right.
    """
    if trials <= 0:
        return 0.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(max(share * (1 - share), 0.0) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the two-sided exact p value that two models are right equally often (McNemar 1947).

    The arguments count rows on which only one model is right. Above 1,000 such rows the normal approximation with
    continuity correction is used, which then agrees to three digits.
    """
    rows = first_only + second_only
    if rows == 0:
        return 1.0
    fewer = min(first_only, second_only)
    if rows > 1000:
        z = (abs(first_only - second_only) - 1) / math.sqrt(rows)
        return min(1.0, 2 * NormalDist().cdf(-max(z, 0.0)))
    tail = sum(math.comb(rows, k) for k in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**rows))


def holm(p_values: Floats) -> Floats:
    """Return adjusted p values that bound the chance of any false finding.

    Holm, Scandinavian J. of Statistics 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    remaining = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * remaining))
    return adjusted


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return adjusted p values that bound the share of false findings (Benjamini, Hochberg, JRSS B 57, 1995)."""
    order = np.argsort(p_values, kind="stable")[::-1]
    ranks = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(p_values[order] * len(p_values) / ranks))
    return adjusted


def upper_tail(z: Floats | float) -> Floats:
    """Return the one-sided p values of standard normal figures."""
    normal = NormalDist()
    return np.array([normal.cdf(-float(value)) for value in np.atleast_1d(z)])


def rows_needed(
    rows: int, standard_error: float, distance: float, *, confidence: float, power: float = 0.8
) -> int | None:
    """Return how many rows show, with this power, that a value lies `distance` inside its bound; None if no number can.

    The standard error falls with the square root of the rows, so n × ((z + z') × se / distance)².
    """
    if distance <= 0:
        return None
    z = normal_quantile((1 + confidence) / 2) + normal_quantile(power)
    return max(rows + 1, math.ceil(rows * (z * standard_error / distance) ** 2))


def paired_share_difference(first_only: int, second_only: int, rows: int, *, confidence: float) -> tuple[float, float]:
    """Return the two-sided interval of (second_only − first_only) / rows, with half a row added to each of four cells.

    Agresti and Min, Statistics in Medicine 24 (2005): it keeps a width if the two models never disagree.
    """
    size = rows + 2
    difference = (second_only - first_only) / size
    spread = math.sqrt(max(first_only + second_only + 1 - (second_only - first_only) ** 2 / size, 0.0)) / size
    z = normal_quantile((1 + confidence) / 2)
    return difference - z * spread, difference + z * spread


def kolmogorov_smirnov(first: Floats, second: Floats) -> tuple[float, float]:
    """Return the largest distance between two distributions and its asymptotic p value (Smirnov 1948; Stephens 1970).

    Missing values count as the smallest value, so that a change in missing values is a distance too.
    """
    first, second = (np.sort(np.where(np.isnan(values), -np.inf, values)) for values in (first, second))
    both = np.concatenate([first, second])
    below = [np.searchsorted(values, both, side="right") / len(values) for values in (first, second)]
    distance = float(np.abs(below[0] - below[1]).max())
    root = math.sqrt(len(first) * len(second) / len(both))
    reach = (root + 0.12 + 0.11 / root) * distance
    if reach < 0.2:  # the series converges slowly there, and the p value is 1 to many digits
        return distance, 1.0
    series = sum((-1) ** (k - 1) * math.exp(-2 * k * k * reach * reach) for k in range(1, 101))
    return distance, min(1.0, max(0.0, 2 * series))


def total_variation(first: Floats, second: Floats) -> tuple[float, float]:
    """Return the total variation distance of two tables of counts, and the χ² p value that their distribution is equal.

    The χ² tail is the cube-root normal approximation (Wilson, Hilferty, PNAS 17, 1931).
    """
    met = (first + second) > 0
    first, second = first[met], second[met]
    distance = float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
    freedom = len(first) - 1
    if freedom == 0:
        return distance, 1.0
    expected = np.outer([first.sum(), second.sum()], first + second) / (first.sum() + second.sum())
    statistic = float(((np.stack([first, second]) - expected) ** 2 / expected).sum())
    scale = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - scale)) / math.sqrt(scale)
    return distance, NormalDist().cdf(-z)


def gap_z(inside: Floats, rest: Floats, gap: float) -> float:
    """Return by how many standard errors the difference of two shares exceeds `gap`.

    One right and one wrong row are added to each side (Agresti, Caffo, The American Statistician 54, 2000).
    """
    if len(rest) == 0:
        return -np.inf
    shares = [(values.sum() + 1) / (len(values) + 2) for values in (inside, rest)]
    spread = sum(share * (1 - share) / (len(v) + 2) for share, v in zip(shares, (inside, rest), strict=True))
    return float((shares[0] - shares[1] - gap) / np.sqrt(spread))


def ratio_z(inside: Floats, rest: Floats, ratio: float) -> float:
    """Return by how many standard errors a mean exceeds `ratio` times the mean of the rest."""
    if len(rest) < 2:
        return -np.inf
    spread = inside.var(ddof=1) / len(inside) + ratio**2 * rest.var(ddof=1) / len(rest)
    difference = float(inside.mean() - ratio * rest.mean())
    return difference / float(np.sqrt(spread)) if spread > 0 else (np.inf if difference > 0 else -np.inf)
