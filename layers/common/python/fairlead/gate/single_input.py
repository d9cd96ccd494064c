"""How well one input alone gives the target: the sign of a column that was filled in after the fact."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.gate.evidence import Codes, Column, Floats

Places = npt.NDArray[np.intp]

MOST_ROWS = 50_000  # plenty for a share near 1, and it bounds rows × classes


class Alone(NamedTuple):
    """`skill` is 1 for a perfect predictor and 0 for a constant one; `surely` its lower bound (95 %, one-sided)."""

    skill: float
    surely: float


def sample(rows: int) -> Places:
    """At most MOST_ROWS row numbers, drawn without replacement."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False)


def labels_alone(column: Column, target: Codes, classes: int) -> Alone:
    """Skill of answering each row with the commonest class among the other rows of its value, or of the nearest value.

    A nearest neighbour in one dimension finds any relation, monotone or not, with nothing to tune, and its error is at
    most twice the best possible one (Cover, Hart, IEEE Trans. Information Theory 13, 1967): it never flatters.
    """
    values, codes, counts = _groups(column)
    table = np.zeros((len(counts), classes))
    np.add.at(table, (codes, target), 1.0)
    ordered = column.levels is None
    beside = table[_nearest(values)] if ordered else np.tile(table.sum(axis=0), (len(table), 1))
    votes = np.where((counts > 1)[:, None], table, beside)[codes]
    alone = counts[codes] > 1
    votes[np.flatnonzero(alone), target[alone]] -= 1  # without the row itself
    wrong = float((votes.argmax(axis=1) != target).mean())
    base = 1 - float(np.bincount(target, minlength=classes).max() / len(target))
    if base <= 0:
        return Alone(0.0, 0.0)
    z, n = 1.645, len(target)
    upper = (wrong + z * z / (2 * n) + z * np.sqrt(wrong * (1 - wrong) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    return Alone(1 - wrong / base, 1 - float(upper) / base)


def values_alone(column: Column, target: Floats) -> Alone:
    """R² of answering each row with the mean of the other rows of its value, or of the two nearest."""
    _, codes, counts = _groups(column)
    sums = np.bincount(codes, weights=target, minlength=len(counts))[:, None]
    sizes = counts.astype(np.float64)[:, None]
    if column.levels is None:
        beside = (_neighbours(sums) / np.maximum(_neighbours(sizes), 1))[:, 0]
    else:
        beside = np.full(len(counts), target.mean())
    alone = counts[codes] > 1
    answers = np.where(alone, (sums[codes, 0] - target) / np.maximum(counts[codes] - 1, 1), beside[codes])
    spread = float(((target - target.mean()) ** 2).mean())
    if spread <= 0:
        return Alone(0.0, 0.0)
    squares = (answers - target) ** 2
    error = 1.645 * float(squares.std()) / np.sqrt(len(target))
    return Alone(1 - float(squares.mean()) / spread, 1 - (float(squares.mean()) + error) / spread)


def _groups(column: Column) -> tuple[Floats, Places, Places]:
    """Return the different values, each row's place among them and how often each occurs.

    Missing is a value too, because missingness may be what leaks.
    """
    return np.unique(column.values, return_inverse=True, return_counts=True)


def _nearest(values: Floats) -> Places:
    """Which other value is nearest to each of these, which are in order; one alone has itself."""
    gaps = np.r_[np.inf, np.nan_to_num(np.diff(values), nan=np.inf), np.inf]
    step = np.where(gaps[:-1] < gaps[1:], -1, 1)
    return np.clip(np.arange(len(values)) + step, 0, len(values) - 1)


def _neighbours(table: Floats) -> Floats:
    """Sum of the row above and the row below."""
    beside = np.zeros_like(table)
    beside[1:] += table[:-1]
    beside[:-1] += table[1:]
    return beside
