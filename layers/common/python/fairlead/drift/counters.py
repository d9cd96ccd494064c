"""Counters: the number of rows in each cell and cluster, as integers that add up in any order.

Rows of one request and of one caller are similar, so the number of rows overstates the information in a window. Counts
are therefore kept by cluster: a quarter of an hour, and one of GROUPS groups of callers, chosen by a checksum of their
name. The variance between a window's clusters gives its effective number of independent rows, for any dependence within
clusters (the method of random groups: Wolter, Introduction to Variance Estimation, 2007, chapter 2). Callers' names are
not stored.

Law: for `tally = Tally(baseline)`, `merge(tally(one), tally(other)) == tally([*one, *other])`.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

import msgspec

from fairlead.drift.cells import CellCounter, cells_of
from fairlead.model.baseline import Baseline

GROUPS = 32
SLOT = 900
"""Seconds of one slot of time."""

Number = int | float
"""The value of a counter."""

Counts = dict[str, int]
"""Rows by cell, without empty cells: `i3_7` is cell 7 of input 3, `l0_2` of the label, `s1_4` of score 1; `rows` and
`requests` are the totals."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One answered request as it was captured; `at` is seconds since 1970.

    `rows` are in the signature's order: None is missing, UNSET was not captured. `labels` has each row's label,
    `scores` each row's probabilities, values or scores as the engine answers them; both may be empty.
    """

    caller: str
    at: int
    rows: Sequence[tuple[Any, ...]]
    labels: Sequence[Any] = ()
    scores: Sequence[Any] = ()


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by cluster. A cluster's name is `<slot>_<group>`; the slot is seconds since 1970 // SLOT."""

    clusters: dict[str, Counts] = {}


def slot_of(at: int) -> int:
    """Return the quarter of an hour of a moment in milliseconds."""
    return at // 1000 // SLOT


def cluster(caller: str, at: int) -> str:
    """Return the name of a request's cluster; `at` is seconds since 1970."""
    return f"{at // SLOT}_{crc32(caller.encode()) % GROUPS}"


def merge(*counters: Counters) -> Counters:
    """Return the sum of counters."""
    clusters: dict[str, Counts] = {}
    for one in counters:
        for name, counts in one.clusters.items():
            into = clusters.setdefault(name, {})
            for key, rows in counts.items():
                into[key] = into.get(key, 0) + rows
    return Counters(clusters=clusters)


class Tally:
    """Counts requests in the cells of one baseline; created once for a version, called for each batch."""

    def __init__(self, baseline: Baseline) -> None:
        counters = [(cells, CellCounter(cells)) for cells in cells_of(baseline)]
        self._inputs = [counter for cells, counter in counters if cells.of == "input"]
        self._labels = [counter for cells, counter in counters if cells.of == "label"]
        self._scores = [(cells.at, counter) for cells, counter in counters if cells.of == "score"]

    def __call__(self, requests: Iterable[Request]) -> Counters:
        """Count a batch. Time grows with rows × inputs; the result has at most clusters × cells entries."""
        by_cluster: dict[str, list[Request]] = {}
        for request in requests:
            by_cluster.setdefault(cluster(request.caller, request.at), []).append(request)
        return Counters(clusters={name: self._counts(together) for name, together in by_cluster.items()})

    def _counts(self, requests: Sequence[Request]) -> Counts:
        rows = [row for request in requests for row in request.rows]
        counts = {"requests": len(requests), "rows": len(rows)}
        for counter, column in zip(self._inputs, zip(*rows, strict=True), strict=True):
            _add(counts, counter, column)
        for counter in self._labels:
            _add(counts, counter, [label for request in requests for label in request.labels])
        scores = [score for request in requests for score in request.scores]
        for at, counter in self._scores:
            _add(counts, counter, [row[at] if isinstance(row, list | tuple) else row for row in scores])
        return counts


def _add(counts: Counts, counter: CellCounter, values: Sequence[Any]) -> None:
    for cell, rows in counter.count(values).items():
        counts[f"{counter.prefix}{cell}"] = rows
