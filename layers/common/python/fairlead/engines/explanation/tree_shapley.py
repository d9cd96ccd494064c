"""Exact path-dependent Shapley values of tree ensembles, with numpy alone.

A leaf's game is a product over the columns on its path: a column inside the coalition contributes 1 or 0, whether the
row passes, a column outside it the share of training rows that pass. Its multilinear extension (Owen, "Multilinear
extensions of games", Management Science 18, 1972) is the product of `(1 - t) * share + t * passes`, and a column's
Shapley value is the integral of its partial derivative along the diagonal, t from 0 to 1. For d columns the integrand
is a polynomial of degree d - 1, so Gauss-Legendre quadrature with d / 2 nodes is exact. The values are those of
TreeSHAP (Lundberg et al., "From local explanations to global understanding", Nature Machine Intelligence 2, 2020).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from fairlead.engines.explanation.leaf_paths import CATEGORIES, Entries, entries_of, nodes_of
from fairlead.model.explanation import Trees

Array = np.ndarray[Any, Any]
BLOCK = 1024
"""Leaves that are computed at once: their arrays fit the processor's cache."""
MOST_KEPT = 100_000_000
"""Bytes of prepared blocks that are kept between calls, enough for 70,000 leaves."""
LOWEST = np.finfo(np.float64).min
"""Stands for -infinity, which is what singles make of numbers below their range: no open interval holds it."""


class _Group(NamedTuple):
    """Leaves whose paths have 2q - 1 or 2q columns; entries of shape (2q, leaves), padded by ones that always pass."""

    leaves: Array
    entries: Entries


class _Block(NamedTuple):
    """Some leaves of a group, with the factors of each quadrature node: shape (q, 2q, leaves)."""

    leaves: Array
    entries: Entries
    places: Array
    failed: Array
    passed: Array
    slopes: Array
    weights: Array


class TreeShapley:
    """Shapley values of one ensemble over the columns of its matrix."""

    def __init__(self, trees: Trees, columns: int) -> None:
        nodes = nodes_of(trees, columns)
        entries = entries_of(nodes)
        self._columns = columns
        self._single = trees.single
        self._values = np.zeros((len(nodes.values), len(nodes.start)))
        for place in range(nodes.values.shape[1]):
            self._values[np.arange(len(nodes.values)), nodes.target + place] = nodes.values[:, place]
        counts = np.bincount(entries.leaf, minlength=len(nodes.values))
        self._start = nodes.start + self._values[counts == 0].sum(axis=0)
        shares = np.ones(len(nodes.values))
        np.multiply.at(shares, entries.leaf, entries.share)
        self.expected = nodes.start + shares @ self._values
        self._groups = list(_groups(entries, counts))
        self._kept: list[_Block] | None = None
        self._keeps = sum(group.entries.share.size * (len(group.entries.share) // 2) * 24 for group in self._groups)

    def explain(self, matrix: Array, outputs: Array) -> tuple[Array, Array]:
        """Return contributions to one output of each row, shape (rows, columns), and all sums, (rows, outputs)."""
        matrix = np.maximum(_single(matrix) if self._single else matrix, LOWEST)
        contributions = np.zeros((len(matrix), self._columns))
        sums = np.tile(self._start, (len(matrix), 1))
        for block in self._blocks():
            values = self._values[block.leaves]
            chosen = values.T.copy()
            for row, output in enumerate(outputs):
                passes = _passes(block.entries, matrix[row])
                sums[row] += values[passes.all(axis=0)].sum(axis=0)
                weights = np.where(passes, block.passed, block.failed).prod(axis=1)
                weights *= chosen[output]
                found = np.einsum("ql,qdl->dl", weights, block.slopes)
                found *= passes
                found += block.weights @ weights
                contributions[row] += np.bincount(block.places, found.ravel(), minlength=self._columns)
        return contributions, sums

    def _blocks(self) -> Iterator[_Block]:
        if self._keeps > MOST_KEPT:
            return (block for group in self._groups for block in _prepared(group))
        if self._kept is None:
            self._kept = [block for group in self._groups for block in _prepared(group)]
        return iter(self._kept)


def _single(matrix: Array) -> Array:
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32).astype(np.float64)


def _groups(entries: Entries, counts: Array) -> Iterator[_Group]:
    """Yield the leaves by half the number of their columns, with their entries one column after the other."""
    first = np.cumsum(counts) - counts
    halves = (counts + 1) // 2
    padding = {"low": -np.inf, "high": np.inf, "missing": True, "share": 1.0, "members": -1, "column": 0, "leaf": 0}
    for half in np.unique(halves[halves > 0]):
        leaves = np.flatnonzero(halves == half)
        at = first[leaves] + np.arange(2 * half)[:, None]
        padded = np.arange(2 * half)[:, None] >= counts[leaves]
        at = np.where(padded, 0, at)
        parts = {name: np.where(padded, fill, getattr(entries, name)[at]) for name, fill in padding.items()}
        yield _Group(leaves, Entries._make([*(parts[name] for name in Entries._fields[:-1]), entries.sets]))


def _prepared(group: _Group) -> Iterator[_Block]:
    nodes, weights = np.polynomial.legendre.leggauss(len(group.entries.share) // 2)
    nodes, weights = (nodes[:, None, None] + 1) / 2, weights[:, None, None] / 2
    for start in range(0, len(group.leaves), BLOCK):
        part = slice(start, start + BLOCK)
        entries = Entries._make([*(one[:, part] for one in group.entries[:-1]), group.entries.sets])
        failed = entries.share * (1 - nodes)
        passed = failed + nodes
        lost = -weights / (1 - nodes)
        slopes = weights * (1 - entries.share) / passed - lost
        yield _Block(group.leaves[part], entries, entries.column.ravel(), failed, passed, slopes, lost[:, 0, 0])


def _passes(entries: Entries, row: Array) -> Array:
    """Return which entries a row passes, shape (columns of the path, leaves)."""
    values = row[entries.column]
    passes = (values > entries.low) & (values <= entries.high)
    if len(entries.sets):
        chosen = entries.members >= 0
        codes = np.nan_to_num(values[chosen], nan=0.0).clip(0, CATEGORIES - 1).astype(np.intp)
        passes[chosen] = entries.sets[entries.members[chosen], codes]
    missing = np.isnan(values)
    if missing.any():
        passes[missing] = entries.missing[missing]
    return passes
