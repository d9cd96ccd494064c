"""Screens overlapping windows with arrays: which windows can cause an alarm and must be judged.

An alarm needs a large index and a small p value, and no correction makes a p value smaller. So windows with a small
index, or with large p values before any correction, are not judged.
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
"""Quarters of an hour between windows that are always judged."""
NEAR = 0.02
"""At or below this uncorrected p value, the windows between two of them are judged too."""


def moved(counted: Counted, windows: int, slots: int) -> Flags:
    """By window and input, whether the index is large enough; windows of so many slots begin at slots 0, 1, 2 …"""
    found = _windows(counted, windows, slots)
    return np.stack([_indices(thing, rows) >= Thresholds().psi for thing, rows in found], axis=1)


def plain(counted: Counted, windows: int, slots: int) -> Values:
    """By window and input, the p value of Pearson's chi-square where every row counts as independent, corrected."""
    found = _windows(counted, windows, slots)
    return _holm(np.stack([_pearson(rows, np.array(thing.expected, dtype=float)) for thing, rows in found], axis=1))


class Screen:
    """Finds windows that may cause an alarm, by p values before correction.

    Windows of a day share most of their rows with windows some hours later. If both have large p values, the windows
    between are not judged.
    """

    def __init__(self, counted: Counted, moved: Flags, slots: int) -> None:
        self._counted, self._moved, self._slots = counted, moved, slots
        self._compared: dict[tuple[int, int], float] = {}

    def near(self, level: float) -> list[int]:
        """Return the quarters whose windows may cause an alarm at this level."""
        last = len(self._moved) - 1
        for start in range(0, last, STEP):
            self._between(start, min(start + STEP, last))
        return [at for (at, place), p in self._compared.items() if p <= level and self._moved[at, place]]

    def _between(self, start: int, end: int) -> None:
        moved = np.flatnonzero(self._moved[start : end + 1].any(axis=0)).tolist()
        least = min((self._p(at, place) for place in moved for at in (start, end)), default=1.0)
        if least <= NEAR and end > start + 1:
            middle = (start + end) // 2
            self._between(start, middle)
            self._between(middle, end)

    def _p(self, quarter: int, place: int) -> float:
        if (quarter, place) not in self._compared:
            self._compared[quarter, place] = uncorrected(self._counted, place, quarter, self._slots)
        return self._compared[quarter, place]


def uncorrected(counted: Counted, place: int, first: int, slots: int) -> float:
    """Return the p value of one input, label or score in one window, before correction; 1 with too little data."""
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
    """Return `significance.stability_index` for many windows."""
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
    """Return `distributions.holm` for many windows."""
    order = p_values.argsort(axis=1)
    factors = p_values.shape[1] - np.arange(p_values.shape[1])
    adjusted = np.maximum.accumulate(np.take_along_axis(p_values, order, axis=1) * factors, axis=1)
    found = np.empty_like(adjusted)
    np.put_along_axis(found, order, adjusted, axis=1)
    return found
