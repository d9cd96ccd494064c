"""How much a window knows: what varies between its clusters, by time and by caller.

Blocks of time are clusters, and groups of callers are. A variance between clusters holds whatever resembles whatever
within them; the larger of the two is taken, so that rows which resemble each other in time, by caller, or within one
request are never taken for more than they are worth. A group that sends a large part of all rows is no draw from a
population of callers, it is the population, and only blocks of time speak of it (a self-representing unit: Wolter
2007).
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

import msgspec

from fairlead.drift.cells import Cells
from fairlead.drift.counters import GROUPS, Counters

BLOCKS = 24
"""Blocks of time a window is cut into: enough to see how they vary, long enough to be nearly independent
(batch means: Schmeiser, Operations Research 30, 1982)."""
LARGE = 0.25
"""Share of all rows from which on a group of callers represents itself."""
FEWEST = 5.0
"""Clusters of even size that a variance between them needs."""


class Table(NamedTuple):
    """Rows by cell of one thing that is counted: for each block of time, and for each group of callers."""

    by_time: list[list[int]]
    by_caller: list[list[int]]

    def joined(self, cells: Sequence[Sequence[int]]) -> "Table":
        """Add cells up: one new cell for each group of old ones, those that are in none left out."""
        return Table(*([[sum(counts[cell] for cell in group) for group in cells] for counts in side] for side in self))

    @property
    def totals(self) -> list[int]:
        """Rows by cell over the whole window."""
        return [sum(column) for column in zip(*self.by_time, strict=True)]


class Varying(msgspec.Struct, frozen=True):
    """How shares of cells vary between clusters, against rows drawn one by one.

    `effect`, the design effect, is the mean eigenvalue of that comparison: how many rows are worth one independent row.
    `unevenness` is the mean square of the eigenvalues over their squared mean, 1 where cells vary alike; `freedom` the
    degrees of freedom that the clusters leave.
    """

    effect: float
    unevenness: float
    freedom: float


def tables(things: Sequence[Cells], counters: Counters) -> list[Table]:
    """Lay counters out, for each thing by block of time and by group of callers."""
    names = {name: _place(name) for name in counters.clusters}
    slots = [slot for slot, _ in names.values()] or [0]
    first, span = min(slots), max(slots) - min(slots) + 1
    blocks = min(BLOCKS, span)
    empty = [[0] * len(one.expected) for one in things]
    by_time, by_caller = ([[list(one) for _ in range(size)] for one in empty] for size in (blocks, GROUPS))
    places = {f"{one.short}{cell}": (at, cell) for at, one in enumerate(things) for cell in range(len(one.expected))}
    for name, counts in counters.clusters.items():
        slot, group = names[name]
        block = (slot - first) * blocks // span
        for key, rows in counts.items():
            if place := places.get(key):  # None for `rows` and `requests`
                at, cell = place
                by_time[at][block][cell] += rows
                by_caller[at][group][cell] += rows
    return [Table(*both) for both in zip(by_time, by_caller, strict=True)]


def _place(name: str) -> tuple[int, int]:
    slot, group = name.split("_")
    return int(slot), int(group)


def varying(table: Table, expected: Sequence[float]) -> Varying | None:
    """Measure how shares of cells vary; `expected` are above zero. None where clusters are too few."""
    rows = table.totals
    small = [counts for counts in table.by_caller if sum(counts) <= LARGE * sum(rows)]
    found = [one for one in (_between(table.by_time, rows, expected), _between(small, rows, expected)) if one]
    if not found:
        return None
    most = max(found, key=lambda one: one.effect)
    return Varying(max(1.0, most.effect), most.unevenness, most.freedom)


class _Between:
    """What varies between clusters: how far each cell lies from its share of the cluster's rows."""

    def __init__(self, scaled: list[list[float]], scale: float, freedom: float) -> None:
        self._columns: list[tuple[float, ...]] = list(zip(*scaled, strict=True))
        self._scale = scale
        self.freedom = freedom
        squares = sum(value * value for column in self._columns for value in column)
        self.effect = scale * squares / (len(self._columns) - 1)

    @property
    def unevenness(self) -> float:
        """Mean square of the eigenvalues over their squared mean, without what chance adds to it in few clusters."""
        dimensions, trace = len(self._columns) - 1, self.effect * (len(self._columns) - 1)
        if trace == 0:
            return 1.0
        squares = sum(float(self._scale * sum(map(mul, a, b))) ** 2 for a in self._columns for b in self._columns)
        unbiased = (squares - trace * trace / self.freedom) / (1 + 1 / self.freedom)
        return max(1.0, dimensions * unbiased / (trace * trace))


def _between(clusters: Sequence[Sequence[int]], rows: Sequence[int], expected: Sequence[float]) -> _Between | None:
    """The linearised variance of shares between clusters, where expected shares make cells alike (Rao, Scott 1984)."""
    every, sizes = sum(rows), [sum(counts) for counts in clusters]
    even = sum(sizes) ** 2 / max(1, sum(map(mul, sizes, sizes)))  # clusters of even size (Kish 1965)
    if even < FEWEST:
        return None
    shares, roots = [cell / every for cell in rows], [math.sqrt(share) for share in expected]
    scaled = [
        [(cell - share * size) / root for cell, share, root in zip(counts, shares, roots, strict=True)]
        for counts, size in zip(clusters, sizes, strict=True)
    ]
    return _Between(scaled, even / (even - 1) / every, even - 1)
