"""Which of many overlapping windows might ring at all: what a judgement needs, by arrays.

An alarm needs an index that is large enough and a p value that is small enough, and no correction makes a p value
smaller. So windows without such an index, and those whose p values are large before any correction, are not judged.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks.drift_counts import Counted
from fairlead.drift import Thresholds
from fairlead.drift.cells import Cells
from fairlead.drift.comparison import compare_with_baseline, pooled
from fairlead.drift.effective_sample import tables

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STEP = 16
"""Quarters of an hour between windows that are looked at in any case."""
NEAR = 0.02
"""An uncorrected p value from which on the windows between two such are looked at too."""


def moved(counted: Counted, windows: int, slots: int) -> Flags:
    """By window and input, whether the index is large enough; windows of so many slots begin at slots 0, 1, 2 …"""
    found = _windows(counted, windows, slots)
    return np.stack([_indices(thing, rows) >= Thresholds().psi for thing, rows in found], axis=1)


def plain(counted: Counted, windows: int, slots: int) -> Values:
    """By window and input, the p value of Pearson's chi-square where every row counts as independent, corrected."""
    found = _windows(counted, windows, slots)
    return _holm(np.stack([_pearson(rows, np.array(thing.expected, dtype=float)) for thing, rows in found], axis=1))


class Looking:
    """Looks for windows that may ring, by p values before correction.

    Windows of a day share most of their rows with those some hours on: where both are far from ringing, what lies
    between is not looked at.
    """

    def __init__(self, counted: Counted, moved: Flags, slots: int) -> None:
        self._counted, self._moved, self._slots = counted, moved, slots
        self._looked: dict[tuple[int, int], float] = {}

    def near(self, level: float) -> list[int]:
        """Quarters that may ring at this level."""
        last = len(self._moved) - 1
        for start in range(0, last, STEP):
            self._between(start, min(start + STEP, last))
        return [at for (at, place), p in self._looked.items() if p <= level and self._moved[at, place]]

    def _between(self, start: int, end: int) -> None:
        moved = np.flatnonzero(self._moved[start : end + 1].any(axis=0)).tolist()
        least = min((self._p(at, place) for place in moved for at in (start, end)), default=1.0)
        if least <= NEAR and end > start + 1:
            middle = (start + end) // 2
            self._between(start, middle)
            self._between(middle, end)

    def _p(self, quarter: int, place: int) -> float:
        if (quarter, place) not in self._looked:
            self._looked[quarter, place] = uncorrected(self._counted, place, quarter, self._slots)
        return self._looked[quarter, place]


def uncorrected(counted: Counted, place: int, first: int, slots: int) -> float:
    """The p value of one thing in one window, before correction; 1 where there is too little to judge."""
    thing = counted.things[place]
    (table,) = tables([thing], counted.alone(place, first, slots))
    test = compare_with_baseline(thing, table).test
    return test.p if test and test.effective_rows >= Thresholds().effective_rows else 1.0


def _windows(counted: Counted, windows: int, slots: int) -> Iterator[tuple[Cells, Values]]:
    """For each input, rows by window and cell."""
    for thing, table in zip(counted.things, counted.tables, strict=True):
        if thing.of == "input":
            by_slot = np.zeros((windows + slots, table.shape[1]))
            inside = counted.slots < len(by_slot) - 1
            np.add.at(by_slot, counted.slots[inside] + 1, table[inside])
            sums = by_slot.cumsum(axis=0)
            yield thing, sums[slots : slots + windows] - sums[:windows]


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
