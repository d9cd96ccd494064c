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
from fairlead.drift.counters import Counters

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
        return Table(*([_joined(counts, cells) for counts in side] for side in self))

    @property
    def totals(self) -> list[int]:
        """Rows by cell over the whole window."""
        return [sum(column) for column in zip(*self.by_time, strict=True)]


def _joined(counts: list[int], cells: Sequence[Sequence[int]]) -> list[int]:
    return [counts[group[0]] if len(group) == 1 else sum(counts[cell] for cell in group) for group in cells]


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
    """Lay counters out, for each thing by block of time and by caller."""
    names = {name: _place(name) for name in counters.clusters}
    slots = sorted({slot for slot, _ in names.values()})  # those with rows: nights without any are no cluster
    numbers = {slot: at * min(BLOCKS, len(slots)) // len(slots) for at, slot in enumerate(slots)}
    blocks = {name: numbers[slot] for name, (slot, _) in names.items()}
    callers = _callers(counters, names, blocks)
    found = [
        Table(
            *([[0] * len(one.expected) for _ in range(1 + max(side.values(), default=0))] for side in (blocks, callers))
        )
        for one in things
    ]
    places = {
        f"{one.short}{cell}": (table, cell)
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
    """Number the clusters by caller: groups, and of large groups their blocks."""
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


def varying(table: Table, expected: Sequence[float]) -> Varying | None:
    """Measure how shares of cells vary; `expected` are above zero. None where clusters are too few."""
    rows = table.totals
    found = [one for one in (_between(side, rows, expected) for side in table) if one]
    if not found:
        return None
    most = max(found, key=lambda one: one.effect)
    return Varying(max(1.0, most.effect), most.unevenness, most.freedom)


class _Between:
    """What varies between clusters: how far each cell lies from its share of the cluster's rows, in equal units."""

    def __init__(self, far: list[list[float]], scale: float, freedom: float) -> None:
        self._columns: list[tuple[float, ...]] = list(zip(*far, strict=True))
        self._scale = scale
        self.freedom = freedom
        self._trace = scale * sum(value * value for column in self._columns for value in column)
        self.effect = self._trace / (len(self._columns) - 1)

    @property
    def unevenness(self) -> float:
        """Mean square of the eigenvalues over their squared mean; few clusters exaggerate it, on the safe side."""
        if self._trace == 0:
            return 1.0
        squares = sum(float(self._scale * sum(map(mul, a, b))) ** 2 for a in self._columns for b in self._columns)
        return (len(self._columns) - 1) * squares / (self._trace * self._trace)


def _between(clusters: Sequence[Sequence[int]], rows: Sequence[int], expected: Sequence[float]) -> _Between | None:
    """The variance of each cell's share between clusters, against that of as many independent rows.

    Cells weigh as they are expected to, so that one which is nearly empty in this window does not look steady (the mean
    of design effects of Rao and Scott 1981). Each cluster is held against the others alone, which a few large ones
    need (the jackknife: Bell, McCaffrey, Survey Methodology 28, 2002).
    """
    every, sizes = sum(rows), [sum(counts) for counts in clusters]
    even = sum(sizes) ** 2 / max(1, sum(map(mul, sizes, sizes)))  # clusters of even size (Kish 1965)
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
