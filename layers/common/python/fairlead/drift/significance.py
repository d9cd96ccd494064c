"""Effect size and significance of the difference between a window's shares and the baseline's.

The effect size is the population stability index, Σ (p − q) ln(p / q): 0.1 is commonly called a small shift, 0.25 a
large one (Siddiqi, Credit Risk Scorecards, 2006). For two normal distributions of equal spread whose means differ by d
standard deviations it is about d². The test is Pearson's chi-square with Rao and Scott's second-order correction for
clusters (Rao, Scott, J. of the American Statistical Association 76, 1981; Annals of Statistics 12, 1984). It refers to
the F distribution, because the clusters' variance is an estimate (Thomas, Rao, J. of the American Statistical
Association 82, 1987).
"""

import math
from collections.abc import Sequence

import msgspec

from fairlead.drift.distributions import f_tail, fisher_tail
from fairlead.drift.effective_sample import ClusterTable, ClusterVariance, cluster_variance

FEWEST_A_CELL = 5
"""Rows that a cell of a chi-square test should expect (Cochran, Annals of Mathematical Statistics 23, 1952)."""


class Test(msgspec.Struct, frozen=True):
    """A p value, and the window's effective number of independent rows."""

    p: float
    effective_rows: float


def stability_index(window: Sequence[int], baseline: Sequence[int]) -> float:
    """Return the population stability index over cells.

    An equal share, half a row of the smaller side, is added to each cell on both sides: without it an empty cell would
    make the index infinite.
    """
    rows, reference = sum(window), sum(baseline)
    if not rows or not reference:
        return 0.0
    little = 0.5 / min(rows, reference)
    shares = [(a / rows + little, b / reference + little) for a, b in zip(window, baseline, strict=True)]
    whole = 1 + little * len(shares)
    return sum((p - q) / whole * math.log(p / q) for p, q in shares)


def compare(table: ClusterTable, baseline: Sequence[int]) -> Test | None:
    """Test whether a window's cells have the baseline's shares; None if there are too few clusters or cells."""
    cells = join_small_cells(baseline, sum(table.totals))
    found = _in_cells(table, baseline, cells)
    if found is None:
        return None
    coarser = join_small_cells(baseline, found.effective_rows)
    return found if coarser == cells else _in_cells(table, baseline, coarser)


def join_small_cells(baseline: Sequence[int], rows: float) -> list[list[int]]:
    """Return groups of neighbouring cells that each expect FEWEST_A_CELL of `rows` rows, and of the baseline's rows."""
    reference = sum(baseline)
    fewest = FEWEST_A_CELL * reference / max(1, min(reference, rows))
    groups: list[list[int]] = []
    held = 0.0
    for cell, expected in enumerate(baseline):
        if not groups or held >= fewest:
            groups.append([])
            held = 0.0
        groups[-1].append(cell)
        held += expected
    if len(groups) > 1 and held < fewest:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _in_cells(table: ClusterTable, baseline: Sequence[int], cells: Sequence[Sequence[int]]) -> Test | None:
    if len(cells) < 2:
        return None
    return _compared(table.joined(cells), [sum(baseline[cell] for cell in group) for group in cells])


def _compared(table: ClusterTable, baseline: Sequence[int]) -> Test | None:
    window, reference = table.totals, sum(baseline)
    rows = sum(window)
    if not rows:
        return None
    expected = [(a + b) / (rows + reference) for a, b in zip(window, baseline, strict=True)]
    found = cluster_variance(table, expected)
    if found is None:
        return None
    effective = rows / found.effect
    expected = [(a / found.effect + b) / (effective + reference) for a, b in zip(window, baseline, strict=True)]
    shares = zip(window, baseline, expected, strict=True)
    distance = sum((a / rows - b / reference) ** 2 / share for a, b, share in shares) / (len(window) - 1)
    return Test(_tail(distance, found, effective, reference, len(window) - 1), effective)


def _tail(distance: float, found: ClusterVariance, effective: float, reference: int, dimensions: int) -> float:
    """Return the p value of a mean squared distance; the window's variance is estimated, the baseline's is known."""
    own, known = 1 / effective, 1 / reference
    mean = own + known
    unevenness = (own * own * found.unevenness + 2 * own * known + known * known) / (mean * mean)
    first = dimensions / unevenness
    return f_tail(distance / mean, first, first * found.freedom * (mean / own) ** 2)


def compare_share(
    table: ClusterTable, cells: Sequence[int], others: int, of: int, *, least_effect: float = 1.0
) -> Test | None:
    """Test whether rows are in rare cells as often as `others` in `of`; None if there are too few clusters.

    The result is the larger p value of two tests: the exact test on effective rows, valid if hardly any row is
    expected, and the clusters' test, valid if a few clusters have all of them. A share that fell to zero has no
    variance, so `least_effect` is the least design effect of a share that fell.
    """
    rest = [cell for cell in range(len(table.by_time[0])) if cell not in cells]
    two = table.joined([rest, list(cells)])
    (without, with_), rows = two.totals, sum(two.totals)
    if not rows or not with_ + others:
        return None
    if not without + of - others:  # all rows are in these cells, in the baseline as in the window
        return Test(1.0, rows)
    found = cluster_variance(two, [(without + of - others) / (rows + of), (with_ + others) / (rows + of)])
    if found is None:
        return None
    rises = with_ * of > others * rows
    effective = rows / (found.effect if rises else max(found.effect, least_effect))
    hits, trials = round(with_ * effective / rows), round(effective)
    above = fisher_tail(hits, trials, others=others, of=of)
    below = fisher_tail(others, of, others=hits, of=trials)
    exact = min(1.0, 2 * min(above, below))
    return Test(max(exact, _welch(with_ / rows, effective, found.freedom, others / of, of)), effective)


def _welch(share: float, rows: float, freedom: float, other: float, of: int) -> float:
    """Return the p value of the difference of two shares, with the window's variance estimated.

    Welch, Biometrika 34, 1947.
    """
    own, known = share * (1 - share) / rows, other * (1 - other) / of
    if own == 0:
        return 0.0 if share != other else 1.0
    whole = own + known
    return f_tail((share - other) ** 2 / whole, 1.0, freedom * (whole / own) ** 2)
