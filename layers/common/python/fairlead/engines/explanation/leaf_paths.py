"""The leaves of an ensemble as products of conditions: one entry for each leaf and each column on its path.

A leaf is reached if all its entries hold. An entry merges the conditions on one column: an interval, or a set of
categories; whether a missing value passes; and the share of training rows that pass (product of the nodes' covers).
"""

from typing import Any, NamedTuple

import numpy as np

from fairlead.errors import IntegrityError
from fairlead.model.explanation import PackedArray, Trees

Array = np.ndarray[Any, Any]
CATEGORIES = 256


class Entries(NamedTuple):
    """One row for each leaf and column, sorted by leaf; passing means low < x <= high, or the set has the category."""

    leaf: Array
    column: Array
    low: Array
    high: Array
    missing: Array
    share: Array
    members: Array
    """Row of `sets`; -1 for an interval."""
    sets: Array


class Nodes(NamedTuple):
    """The arrays of `Trees`, unpacked and checked."""

    feature: Array
    threshold: Array
    left: Array
    right: Array
    missing_left: Array
    cover: Array
    member_set: Array
    sets: Array
    values: Array
    target: Array
    start: Array


def unpacked(packed: PackedArray) -> Array:
    """Return the array; raises IntegrityError where the bytes do not have the shape."""
    try:
        return np.frombuffer(packed.data, dtype=packed.dtype).reshape(packed.shape)
    except ValueError as error:
        raise IntegrityError(f"an array of the explanation is malformed: {error}") from error


def nodes_of(trees: Trees, columns: int) -> Nodes:
    """Unpack the nodes; raises IntegrityError for a cycle, an index out of range or a cover that is no weight."""
    nodes = Nodes(*(unpacked(getattr(trees, name)) for name in Nodes._fields))
    count, inner = len(nodes.left), nodes.left >= 0
    order = np.arange(count)
    same = all(len(part) == count for part in nodes[:7]) and np.array_equal(inner, nodes.right >= 0)
    outputs, width = len(nodes.start), nodes.values.shape[-1]
    sound = (
        same
        and np.all((nodes.left > order)[inner] & (nodes.right > order)[inner])
        and np.all((nodes.left < count) & (nodes.right < count))
        and len(np.unique(np.concatenate([nodes.left[inner], nodes.right[inner]]))) == 2 * inner.sum()
        and np.all((nodes.feature >= 0) & (nodes.feature < columns) | ~inner)
        and np.all((nodes.member_set >= -1) & (nodes.member_set < len(nodes.sets)))
        and np.all(np.isfinite(nodes.cover) & (nodes.cover > 0))
        and nodes.values.shape == (count - inner.sum(), width)
        and nodes.target.shape == (len(nodes.values),)
        and np.all((nodes.target >= 0) & (nodes.target + width <= outputs))
        and nodes.sets.shape == (len(nodes.sets), CATEGORIES)
    )
    if not sound:
        raise IntegrityError("the explanation's trees are malformed")
    return nodes


def entries_of(nodes: Nodes) -> Entries:
    """Return the entries of all leaves, which are numbered in the nodes' order."""
    leaf, parent, child = _steps(nodes)
    left = nodes.left[parent] == child
    threshold = nodes.threshold[parent]
    chosen = nodes.member_set[parent]
    found = Entries(
        leaf=leaf,
        column=nodes.feature[parent].astype(np.intp),
        low=np.where(left | (chosen >= 0), -np.inf, threshold),
        high=np.where(left & (chosen < 0), threshold, np.inf),
        missing=(nodes.missing_left[parent] != 0) == left,
        share=nodes.cover[child] / nodes.cover[parent],
        members=np.where(chosen >= 0, 2 * chosen + ~left, -1),
        sets=np.stack([nodes.sets != 0, nodes.sets == 0], axis=1).reshape(-1, CATEGORIES),
    )
    return _merged(found)


def _steps(nodes: Nodes) -> tuple[Array, Array, Array]:
    """Return each step on the way from a leaf to its root: the leaf's number, the parent node, the child node."""
    inner = np.flatnonzero(nodes.left >= 0)
    parents = np.full(len(nodes.left), -1)
    parents[nodes.left[inner]] = inner
    parents[nodes.right[inner]] = inner
    child = np.flatnonzero(nodes.left < 0)
    leaf = np.arange(len(child))
    steps = [(leaf[:0], child[:0], child[:0])]
    while len(child):
        parent = parents[child]
        below = parent >= 0
        leaf, parent, child = leaf[below], parent[below], child[below]
        steps.append((leaf, parent, child))
        child = parent
    return tuple(np.concatenate(part) for part in zip(*steps, strict=True))  # type: ignore[return-value]  # three parts


def _merged(found: Entries) -> Entries:
    """Merge the entries of one leaf on one column."""
    order = np.lexsort((found.column, found.leaf))
    leaf, column = found.leaf[order], found.column[order]
    changed = (leaf[1:] != leaf[:-1]) | (column[1:] != column[:-1])
    starts = np.flatnonzero(np.concatenate([[True], changed])) if len(leaf) else order
    if not len(starts):
        return found
    members, sets = _intersected(found.members[order], found.sets, starts)
    return Entries(
        leaf=leaf[starts],
        column=column[starts],
        low=np.maximum.reduceat(found.low[order], starts),
        high=np.minimum.reduceat(found.high[order], starts),
        missing=np.logical_and.reduceat(found.missing[order], starts),
        share=np.multiply.reduceat(found.share[order], starts),
        members=members,
        sets=sets,
    )


def _intersected(members: Array, sets: Array, starts: Array) -> tuple[Array, Array]:
    """Return the intersection of the sets of each merged entry, and the entries' rows in it."""
    if not np.any(members >= 0):
        return np.full(len(starts), -1), sets[:0]
    whole = np.vstack([sets, np.ones((1, CATEGORIES), dtype=bool)])  # row -1, for thresholds
    chosen = np.flatnonzero(np.maximum.reduceat(members, starts) >= 0)
    ends = np.append(starts[1:], len(members))
    merged = np.array([whole[members[starts[at] : ends[at]]].all(axis=0) for at in chosen])
    rows = np.full(len(starts), -1)
    rows[chosen] = np.arange(len(chosen))
    return rows, merged
