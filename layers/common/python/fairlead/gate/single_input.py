"""The skill of one input alone: it finds a column that was filled in after the outcome was known."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.gate.evidence import Codes, Column, Floats
from fairlead.gate.intervals import normal_quantile, wilson

Places = npt.NDArray[np.intp]

MOST_ROWS = 50_000  # plenty for a share near 1, and it bounds rows × classes


class Skill(NamedTuple):
    """`skill` is 1 for a perfect predictor and 0 for a constant one; `lower` is its lower bound (95 %, one-sided)."""

    skill: float
    lower: float


def sample(rows: int) -> Places:
    """Return at most MOST_ROWS row numbers, drawn without replacement."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False)


def label_skill(column: Column, target: Codes, classes: int) -> Skill:
    """Return the skill of a nearest-neighbour classifier in one dimension.

    It answers each row with the most common class of the other rows with its value, or with the nearest value. It finds
    any relation, monotone or not, without tuning; its error is at most twice the best possible one (Cover, Hart, IEEE
    Trans. Information Theory 13, 1967).
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
        return Skill(0.0, 0.0)
    _, upper = wilson(wrong * len(target), len(target), confidence=0.9)
    return Skill(1 - wrong / base, 1 - upper / base)


def value_skill(column: Column, target: Floats) -> Skill:
    """Return R² of answering each row with the mean of the other rows with its value or with the two nearest values."""
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
        return Skill(0.0, 0.0)
    squares = (answers - target) ** 2
    error = normal_quantile(0.95) * float(squares.std()) / np.sqrt(len(target))
    return Skill(1 - float(squares.mean()) / spread, 1 - (float(squares.mean()) + error) / spread)


def _groups(column: Column) -> tuple[Floats, Places, Places]:
    """Return the distinct values, each row's position among them and their counts.

    Missing is a value too, because missing values may leak the target.
    """
    return np.unique(column.values, return_inverse=True, return_counts=True)


def _nearest(values: Floats) -> Places:
    """Return the position of the nearest other value for each of these sorted values; a single value has itself."""
    gaps = np.r_[np.inf, np.nan_to_num(np.diff(values), nan=np.inf), np.inf]
    step = np.where(gaps[:-1] < gaps[1:], -1, 1)
    return np.clip(np.arange(len(values)) + step, 0, len(values) - 1)


def _neighbours(table: Floats) -> Floats:
    """Return for each row the sum of the row above and the row below."""
    beside = np.zeros_like(table)
    beside[1:] += table[:-1]
    beside[:-1] += table[1:]
    return beside
