"""The effective sample size of a window, from the variance between its clusters by time and by caller.

Clusters are blocks of time, or groups of callers. The variance between clusters is valid for any dependence within
them. The larger of the two variances is used, so that rows which are similar in time, by caller or within a request do
not count as independent rows. A group that sends a large part of all rows is not a sample of callers; it is divided
into blocks of time (a self-representing unit: Wolter 2007).
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

import msgspec

from fairlead.drift.cells import Cells
from fairlead.drift.counters import Counters

BLOCKS = 24
"""Blocks of time in a window: enough to estimate their variance, and long enough to be nearly independent
(batch means: Schmeiser, Operations Research 30, 1982)."""
LARGE = 0.25
"""Share of all rows from which a group of callers is divided into blocks of time."""
FEWEST = 5.0
"""Effective number of clusters below which no variance is estimated."""


class ClusterTable(NamedTuple):
    """Rows by cell of one input or answer, for each block of time and for each group of callers."""

    by_time: list[list[int]]
    by_caller: list[list[int]]

    def joined(self, cells: Sequence[Sequence[int]]) -> "ClusterTable":
        """Return a table with one cell for each group of old cells; cells in no group are left out."""
        return ClusterTable(*([_joined(counts, cells) for counts in side] for side in self))

    @property
    def totals(self) -> list[int]:
        """Rows by cell over the whole window."""
        return [sum(column) for column in zip(*self.by_time, strict=True)]


def _joined(counts: list[int], cells: Sequence[Sequence[int]]) -> list[int]:
    return [counts[group[0]] if len(group) == 1 else sum(counts[cell] for cell in group) for group in cells]


class ClusterVariance(msgspec.Struct, frozen=True):
    """The variance of cells' shares between clusters, relative to that of independent rows.

    `effect`, the design effect, is the mean eigenvalue of that ratio: the number of rows that count as one independent
    row. `unevenness` is the mean square of the eigenvalues over their squared mean, 1 if all cells vary alike.
    `freedom` are the degrees of freedom of the clusters.
    """

    effect: float
    unevenness: float
    freedom: float


def tables(things: Sequence[Cells], counters: Counters) -> list[ClusterTable]:
    """Return the table of each input or answer, by block of time and by caller."""
    names = {name: _place(name) for name in counters.clusters}
    slots = sorted({slot for slot, _ in names.values()})  # only slots with rows: a night without rows is not a cluster
    numbers = {slot: at * min(BLOCKS, len(slots)) // len(slots) for at, slot in enumerate(slots)}
    blocks = {name: numbers[slot] for name, (slot, _) in names.items()}
    callers = _callers(counters, names, blocks)
    found = [
        ClusterTable(
            *([[0] * len(one.expected) for _ in range(1 + max(side.values(), default=0))] for side in (blocks, callers))
        )
        for one in things
    ]
    places = {
        f"{one.prefix}{cell}": (table, cell)
        for one, table in zip(things, found, strict=True)
        for cell in range(len(one.expected))
    }
    for name, counts in counters.clusters.items():
        block, caller = blocks[name], callers[name]
        for key, rows in counts.items():
            if place := places.get(key):  # None for `rows` and `requests`
                (by_time, by_caller), cell = place
                by_time[block][cell] += rows
                by_caller[caller][cell] += rows
    return found


def _callers(counters: Counters, names: dict[str, tuple[int, int]], blocks: dict[str, int]) -> dict[str, int]:
    """Number the clusters by caller: a number for each group, and for each block of time of a large group."""
    rows: dict[int, int] = {}
    for name, (_, group) in names.items():
        rows[group] = rows.get(group, 0) + counters.clusters[name].get("rows", 0)
    whole = sum(rows.values())
    numbers: dict[tuple[int, int], int] = {}
    return {
        name: numbers.setdefault((group, blocks[name] if rows[group] > LARGE * whole else -1), len(numbers))
        for name, (_, group) in names.items()
    }


def _place(name: str) -> tuple[int, int]:
    slot, group = name.split("_")
    return int(slot), int(group)


def cluster_variance(table: ClusterTable, expected: Sequence[float]) -> ClusterVariance | None:
    """Return the variance of cells' shares; None if there are too few clusters. `expected` shares are above zero."""
    rows = table.totals
    found = [one for one in (_between(side, rows, expected) for side in table) if one]
    if not found:
        return None
    most = max(found, key=lambda one: one.effect)
    return ClusterVariance(max(1.0, most.effect), most.unevenness, most.freedom)


class _Between:
    """Deviations of each cell from its expected share of a cluster's rows, in equal units, and their variance."""

    def __init__(self, far: list[list[float]], scale: float, freedom: float) -> None:
        self._columns: list[tuple[float, ...]] = list(zip(*far, strict=True))
        self._scale = scale
        self.freedom = freedom
        self._trace = scale * sum(value * value for column in self._columns for value in column)
        self.effect = self._trace / (len(self._columns) - 1)

    @property
    def unevenness(self) -> float:
        """The mean square of the eigenvalues over their squared mean; with few clusters too large, on the safe side."""
        if self._trace == 0:
            return 1.0
        squares = sum(float(self._scale * sum(map(mul, a, b))) ** 2 for a in self._columns for b in self._columns)
        return (len(self._columns) - 1) * squares / (self._trace * self._trace)


def _between(clusters: Sequence[Sequence[int]], rows: Sequence[int], expected: Sequence[float]) -> _Between | None:
    """Return the variance of each cell's share between clusters, relative to that of as many independent rows.

    Cells are weighted by their expected share, so that a cell which is nearly empty in this window does not appear
    constant (the mean of design effects of Rao and Scott 1981). Each cluster is compared with all others, which is
    needed with a few large clusters (the jackknife: Bell, McCaffrey, Survey Methodology 28, 2002).
    """
    every, sizes = sum(rows), [sum(counts) for counts in clusters]
    even = sum(sizes) ** 2 / max(1, sum(map(mul, sizes, sizes)))  # effective number of clusters (Kish 1965)
    if even < FEWEST:
        return None
    shares = [cell / every for cell in rows]
    units = [
        math.sqrt(share * (1 - share) / (1 - usual)) if 0 < share < 1 else math.inf
        for share, usual in zip(shares, expected, strict=True)
    ]
    far = [
        [
            (cell - share * size) / (unit * (1 - size / every))
            for cell, share, unit in zip(counts, shares, units, strict=True)
        ]
        for counts, size in zip(clusters, sizes, strict=True)
    ]
    return _Between(far, (even - 1) / even / every, even - 1)
