"""Counters: how many rows fell into which cell, in whole numbers that add up in any order.

Rows of one request, and of one caller, resemble each other, so rows alone do not say how much a window knows. Counts
are therefore kept apart by cluster: a quarter of an hour, and one of GROUPS groups that callers are dealt into by a
checksum of their name. What varies between the clusters of a window tells how many independent rows it is worth,
whatever resembles whatever within them (the method of random groups: Wolter, Introduction to Variance Estimation, 2007,
chapter 2). Callers' names are not kept.

Law: `merge(tally(b, one), tally(b, other)) == tally(b, [*one, *other])`.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

import msgspec

from fairlead.drift.cells import Place, cells_of
from fairlead.model.baseline import Baseline

GROUPS = 32
SLOT = 900
"""Seconds of one cluster."""

Counts = dict[str, int]
"""Rows by cell, those without a row left out: `i3_7` is cell 7 of input 3, `l0_2` of the label, `s1_4` of score 1;
`rows` and `requests` count the whole."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One answered request as it was captured; `at` is seconds since 1970.

    `rows` are in the signature's order: None is missing, UNSET was never captured. Of each row, `labels` has the label
    and `scores` the probabilities, values or scores as the engine answers them; both may be empty.
    """

    caller: str
    at: int
    rows: Sequence[tuple[Any, ...]]
    labels: Sequence[Any] = ()
    scores: Sequence[Any] = ()


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by cluster. A cluster is named `<slot>_<group>`, its slot is seconds since 1970 // SLOT."""

    clusters: dict[str, Counts] = {}


def cluster(caller: str, at: int) -> str:
    """Name the cluster of a request."""
    return f"{at // SLOT}_{crc32(caller.encode()) % GROUPS}"


def merge(*counters: Counters) -> Counters:
    """Add counters up."""
    clusters: dict[str, Counts] = {}
    for one in counters:
        for name, counts in one.clusters.items():
            into = clusters.setdefault(name, {})
            for key, rows in counts.items():
                into[key] = into.get(key, 0) + rows
    return Counters(clusters=clusters)


class Tally:
    """Counts requests against one baseline; made once for a version, called for each batch."""

    def __init__(self, baseline: Baseline) -> None:
        places = [(cells, Place(cells)) for cells in cells_of(baseline)]
        self._inputs = [place for cells, place in places if cells.of == "input"]
        self._labels = [place for cells, place in places if cells.of == "label"]
        self._scores = [(cells.at, place) for cells, place in places if cells.of == "score"]

    def __call__(self, requests: Iterable[Request]) -> Counters:
        """Count a batch: time grows with its rows × inputs, and the answer with clusters × cells at most."""
        by_cluster: dict[str, list[Request]] = {}
        for request in requests:
            by_cluster.setdefault(cluster(request.caller, request.at), []).append(request)
        return Counters(clusters={name: self._counts(together) for name, together in by_cluster.items()})

    def _counts(self, requests: Sequence[Request]) -> Counts:
        rows = [row for request in requests for row in request.rows]
        counts = {"requests": len(requests), "rows": len(rows)}
        for place, column in zip(self._inputs, zip(*rows, strict=True), strict=True):
            _add(counts, place, column)
        for place in self._labels:
            _add(counts, place, [label for request in requests for label in request.labels])
        scores = [score for request in requests for score in request.scores]
        for at, place in self._scores:
            _add(counts, place, [row[at] if isinstance(row, list | tuple) else row for row in scores])
        return counts


def tally(baseline: Baseline, requests: Iterable[Request]) -> Counters:
    """Count a batch of requests against a baseline; who has several batches of one version keeps a Tally."""
    return Tally(baseline)(requests)


def _add(counts: Counts, place: Place, values: Sequence[Any]) -> None:
    for cell, rows in place.count(values).items():
        counts[f"{place.short}{cell}"] = rows
