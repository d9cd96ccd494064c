"""Which of many overlapping windows might ring at all: what a judgement needs, by arrays.

An alarm needs an index that is large enough and a p value that is small enough, and no correction makes a p value
smaller. So windows without such an index, and those whose p values are large before any correction, are not judged.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.drift_counts import Counted
from fairlead.drift import Thresholds
from fairlead.drift.cells import Cells
from fairlead.drift.clusters import tables
from fairlead.drift.looking import look, pooled

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Screen(NamedTuple):
    """By window and input: whether the index alone is large enough, and the plain test's p value, corrected."""

    moved: Flags
    plain: Values


def screened(counted: Counted, windows: int, slots: int) -> Screen:
    """Screen the inputs of windows of so many slots that begin at slots 0, 1, 2 …"""
    moved, plain = [], []
    for thing, table in zip(counted.things, counted.tables, strict=True):
        if thing.of != "input":
            continue
        by_slot = np.zeros((windows + slots, table.shape[1]))
        kept = counted.slots < len(by_slot) - 1
        np.add.at(by_slot, counted.slots[kept] + 1, table[kept])
        sums = by_slot.cumsum(axis=0)
        found = sums[slots : slots + windows] - sums[:windows]
        moved.append(_indices(thing, found) >= Thresholds().psi)
        plain.append(_pearson(found, np.array(thing.expected, dtype=float)))
    return Screen(np.stack(moved, axis=1), _holm(np.stack(plain, axis=1)))


def uncorrected(counted: Counted, place: int, first: int, slots: int) -> float:
    """The p value of one thing in one window, before correction; 1 where there is too little to judge."""
    thing = counted.things[place]
    (table,) = tables([thing], counted.alone(place, first, slots))
    test = look(thing, table).test
    return test.p if test and test.effective_rows >= Thresholds().effective_rows else 1.0


def _indices(thing: Cells, windows: Values) -> Values:
    """`significance.stability_index` of many windows."""
    groups = pooled(thing)
    window = np.stack([windows[:, group].sum(axis=1) for group in groups], axis=1)
    baseline = np.array([sum(thing.expected[cell] for cell in group) for group in groups], dtype=float)
    rows, reference = window.sum(axis=1, keepdims=True), baseline.sum()
    little = 0.5 / np.maximum(1, np.minimum(rows, reference))
    p, q = window / np.maximum(1, rows) + little, baseline / reference + little
    found: Values = ((p - q) * np.log(p / q) / (1 + little * len(groups))).sum(axis=1) * (rows[:, 0] > 0)
    return found


def _pearson(windows: Values, expected: Values) -> Values:
    """P values of Pearson's chi-square where every row counts as independent."""
    from scipy.stats import chi2

    rows, reference = windows.sum(axis=1, keepdims=True), expected.sum()
    together = (windows + expected) / (rows + reference)
    far = windows / np.maximum(1, rows) - expected / reference
    distance = np.divide(far**2, together, out=np.zeros_like(far), where=together > 0).sum(axis=1)
    freedom = np.maximum(1, (together > 0).sum(axis=1) - 1)
    found: Values = np.where(
        rows[:, 0] > 0, chi2.sf(distance / (1 / np.maximum(1, rows[:, 0]) + 1 / reference), freedom), 1
    )
    return found


def _holm(p_values: Values) -> Values:
    """`distributions.holm` of many windows."""
    order = p_values.argsort(axis=1)
    factors = p_values.shape[1] - np.arange(p_values.shape[1])
    adjusted = np.maximum.accumulate(np.take_along_axis(p_values, order, axis=1) * factors, axis=1)
    found = np.empty_like(adjusted)
    np.put_along_axis(found, order, adjusted, axis=1)
    return found
