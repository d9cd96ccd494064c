"""How well one input alone gives the target: the sign of a column that was filled in after the fact."""

from typing import NamedTuple

import numpy as np

from fairlead.gate.evidence import Codes, Column, Floats

MOST_ROWS = 50_000  # plenty for a share near 1, and it bounds rows × classes


class Alone(NamedTuple):
    """`skill` is 1 for a perfect predictor and 0 for a constant one; `surely` its lower bound (95 %, one-sided)."""

    skill: float
    surely: float


def sample(rows: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """At most MOST_ROWS row numbers, drawn without replacement."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False)


def labels_alone(column: Column, target: Codes, classes: int) -> Alone:
    """Skill of answering each row with the commonest class among the other rows of its value, or of the two nearest.

    A nearest neighbour in one dimension finds any relation, monotone or not, with nothing to tune, and its error is at
    most twice the best possible one (Cover, Hart, IEEE Trans. Information Theory 13, 1967): it never flatters.
    """
    codes, counts = _groups(column)
    table = np.zeros((len(counts), classes))
    np.add.at(table, (codes, target), 1.0)
    ordered = column.levels is None
    beside = _neighbours(table) if ordered else np.tile(table.sum(axis=0), (len(table), 1))
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
    codes, counts = _groups(column)
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


def _groups(
    column: Column,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Number each row's value, in order; missing is a value too, because missingness may be what leaks."""
    _, codes, counts = np.unique(column.values, return_inverse=True, return_counts=True)
    return codes, counts


def _neighbours(table: Floats) -> Floats:
    """Sum of the row above and the row below."""
    beside = np.zeros_like(table)
    beside[1:] += table[:-1]
    beside[:-1] += table[1:]
    return beside
