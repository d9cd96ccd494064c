"""Write trees as one TreeEnsemble node in doubles (ai.onnx.ml 5): same comparisons, same sums, in the same order.

scikit-learn's forests and gradient boosting compare float32(x) with a double threshold. The graph casts x to float32
and back and keeps the threshold a double, so every comparison is the same. HistGradientBoosting compares doubles.
"""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.graph_writer import ML, Nodes

Array = np.ndarray[Any, Any]
MEMBER = 6
"""The node mode of a set membership; 0 compares with a threshold."""


class Ensemble:
    """Collects trees, then writes them. Sums run over trees in the order of addition."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Array]] = {name: [] for name in _NODE_LISTS + _LEAF_LISTS}
        self._roots: list[int] = []
        self._members: list[float] = []
        self._nodes = 0
        self._leaves = 0

    def add_constant(self, value: float, target: int) -> None:
        """Add a tree of one leaf: both branches of its only node lead to the same value."""
        self.add(
            feature=np.zeros(3), threshold=np.zeros(3), left=np.array([1, -1, -1]), right=np.array([2, -1, -1]),
            missing_left=np.zeros(3), values=np.full(3, value), targets=np.full(3, target),
        )  # fmt: skip

    def add(
        self, *, feature: Array, threshold: Array, left: Array, right: Array, missing_left: Array, values: Array,
        targets: Array, members: dict[int, list[float]] | None = None,
    ) -> None:  # fmt: skip
        """Add one tree of arrays by node, root first; a leaf has left == -1 and adds values[leaf] to its target.

        `members` maps a node to the set of values that go left there, instead of those up to the threshold.
        """
        inner = left >= 0
        if not inner[0]:
            self.add_constant(float(values[0]), int(targets[0]))
            return
        place = np.where(inner, self._nodes + np.cumsum(inner) - 1, self._leaves + np.cumsum(~inner) - 1)
        modes = np.zeros(len(left), dtype=np.uint8)
        for node in sorted(members or {}):
            modes[node] = MEMBER
            self._members += [*members[node], np.nan]  # type: ignore[index]  # NaN ends each set
        self._roots.append(self._nodes)
        self._extend(
            featureids=feature[inner], splits=threshold[inner], modes=modes[inner], missing=missing_left[inner],
            truenodeids=place[left[inner]], falsenodeids=place[right[inner]],
            trueleafs=~inner[left[inner]], falseleafs=~inner[right[inner]],
            weights=values[~inner], targets=targets[~inner],
        )  # fmt: skip
        self._nodes += int(inner.sum())
        self._leaves += int((~inner).sum())

    def _extend(self, **parts: Array) -> None:
        for name, part in parts.items():
            self._parts[name].append(part)

    def write(self, nodes: Nodes, matrix: str, targets: int, *, dtype: type[np.floating[Any]] = np.float64) -> str:
        """Write the sums of all trees by target, shape (rows, targets); `dtype` is that of matrix and sums."""
        from onnx.numpy_helper import from_array

        part = _renumbered({name: np.concatenate(arrays) for name, arrays in self._parts.items()})
        integers = {name: part[name].astype(np.int64).tolist() for name in part}
        optional: dict[str, Any] = {}
        if self._members:
            optional["membership_values"] = from_array(np.array(self._members, dtype=dtype), "membership_values")
        return nodes.add(
            "TreeEnsemble", matrix, domain=ML, n_targets=targets, aggregate_function=1, post_transform=0,
            tree_roots=self._roots, nodes_featureids=integers["featureids"],
            nodes_splits=from_array(part["splits"].astype(dtype), "nodes_splits"),
            nodes_modes=from_array(part["modes"].astype(np.uint8), "nodes_modes"),
            nodes_missing_value_tracks_true=integers["missing"],
            nodes_truenodeids=integers["truenodeids"], nodes_falsenodeids=integers["falsenodeids"],
            nodes_trueleafs=integers["trueleafs"], nodes_falseleafs=integers["falseleafs"],
            leaf_targetids=integers["targets"],
            leaf_weights=from_array(part["weights"].astype(dtype), "leaf_weights"), **optional,
        )  # fmt: skip


def _renumbered(part: dict[str, Array]) -> dict[str, Array]:
    """Rotate the leaves' numbers so that no node has a leaf and an inner child with the same number.

    onnxruntime before 1.24 confuses the two. Each node excludes at most one rotation, and leaves outnumber nodes.
    """
    count = len(part["weights"])
    true_leaf, false_leaf = part["trueleafs"].astype(bool), part["falseleafs"].astype(bool)
    mixed = true_leaf != false_leaf
    leaf = np.where(true_leaf, part["truenodeids"], part["falsenodeids"])[mixed]
    node = np.where(true_leaf, part["falsenodeids"], part["truenodeids"])[mixed]
    turn = int(np.setdiff1d(np.arange(count), (node - leaf)[node < count] % count)[0])
    turned = {name: np.roll(part[name], turn) for name in _LEAF_LISTS}
    for children, leaves in (("truenodeids", true_leaf), ("falsenodeids", false_leaf)):
        turned[children] = np.where(leaves, (part[children] + turn) % count, part[children])
    return part | turned


_NODE_LISTS = (
    "featureids", "splits", "modes", "missing", "truenodeids", "falsenodeids", "trueleafs", "falseleafs",
)  # fmt: skip
_LEAF_LISTS = ("weights", "targets")
