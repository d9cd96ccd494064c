"""Counts with arrays what `drift.Tally` counts request by request, fast enough for years of traffic.

The Tally itself gives each value's cell, once for each row of the data set.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from benchmarks.drift_world import Day, Indices, World, requests
from fairlead.drift import Counters, Tally
from fairlead.drift.cells import Cells, cells_of
from fairlead.drift.counters import GROUPS, SLOT, Counts
from fairlead.model.baseline import Baseline

Table = npt.NDArray[np.intp]


def cells_by_row(world: World, reference: Baseline, things: Sequence[Cells]) -> list[Indices]:
    """For each counter (input, label or score), the cell of every row of the data set."""
    tally, at = Tally(reference), {thing.prefix: place for place, thing in enumerate(things)}
    found = np.zeros((len(things), len(world.rows)), dtype=np.intp)
    for row in range(len(world.rows)):
        alone = Day([""], np.zeros(1, dtype=np.intp), np.ones(1, dtype=np.intp), np.array([row]))
        (counts,) = tally(requests(world, alone)).clusters.values()
        for key in counts.keys() - {"rows", "requests"}:
            short, _, cell = key.rpartition("_")
            found[at[f"{short}_"], row] = int(cell)
    return list(found)


class Counted:
    """Some days of traffic by cluster, in order of time: for each thing, rows by cluster and cell."""

    def __init__(self, world: World, reference: Baseline, days: Sequence[Day]) -> None:
        self.things = cells_of(reference)
        self._cells = cells_by_row(world, reference, self.things)
        self._rows = np.concatenate([day.rows for day in days])
        sizes = np.concatenate([day.sizes for day in days])
        groups = {caller: crc32(caller.encode()) % GROUPS for day in days for caller in set(day.callers)}
        slots = np.concatenate([day.seconds for day in days]) // SLOT
        codes = slots * GROUPS + np.array([groups[caller] for day in days for caller in day.callers])
        self._codes, at = np.unique(codes, return_inverse=True)
        self._at = np.repeat(at, sizes)
        self.slots = self._codes // GROUPS
        self.row_slots = self.slots[self._at]
        self._names = [f"{code // GROUPS}_{code % GROUPS}" for code in self._codes.tolist()]
        self._wholes = self._keyed([("rows", self._at), ("requests", at)])
        self.tables = [self.counted(place, cells) for place, cells in enumerate(self._cells)]
        self._counts = [self.keyed(place, table) for place, table in enumerate(self.tables)]

    def drawn(self, cells: Indices) -> Indices:
        """The cell of each row that was sent, of the cell of each row of the data set."""
        found: Indices = cells[self._rows]
        return found

    def counted(self, place: int, cells: Indices) -> Table:
        """Rows by cluster and cell of one thing, where the rows of the data set lie in these cells."""
        return self.summed(place, self.drawn(cells))

    def summed(self, place: int, cells: Indices) -> Table:
        """Rows by cluster and cell of one thing, where the rows that were sent lie in these cells."""
        width = len(self.things[place].expected)
        counts = np.bincount(self._at * width + cells, minlength=len(self._codes) * width)
        return counts.reshape(-1, width)

    def keyed(self, place: int, table: Table) -> list[Counts]:
        """One thing's rows by cell as counters have them, a dictionary a cluster."""
        short = self.things[place].prefix
        names = [f"{short}{cell}" for cell in range(table.shape[1])]
        found: list[Counts] = [{} for _ in self._codes]
        clusters, cells = np.nonzero(table)
        for cluster, cell, rows in zip(clusters.tolist(), cells.tolist(), table[clusters, cells].tolist(), strict=True):
            found[cluster][names[cell]] = rows
        return found

    def window(self, first: int, slots: int, *, instead: dict[int, list[Counts]] | None = None) -> Counters:
        """Everything that was counted in so many slots; `instead` replaces some things' counts."""
        replaced = instead or {}
        counts = [replaced.get(place, usual) for place, usual in enumerate(self._counts)]
        return self._joined(first, slots, [self._wholes, *counts])

    def alone(self, place: int, first: int, slots: int) -> Counters:
        """One thing's counts in so many slots."""
        return self._joined(first, slots, [self._wholes, self._counts[place]])

    def _joined(self, first: int, slots: int, parts: Sequence[list[Counts]]) -> Counters:
        low, high = np.searchsorted(self.slots, (first, first + slots))
        return Counters(clusters={self._names[at]: _merged([part[at] for part in parts]) for at in range(low, high)})

    def _keyed(self, wholes: Sequence[tuple[str, Indices]]) -> list[Counts]:
        found: list[Counts] = [{} for _ in self._codes]
        for name, at in wholes:
            for cluster, count in enumerate(np.bincount(at, minlength=len(self._codes)).tolist()):
                found[cluster][name] = count
        return found


def _merged(parts: Sequence[Counts]) -> Counts:
    merged: Counts = {}
    for part in parts:
        merged |= part
    return merged
