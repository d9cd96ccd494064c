"""The nodes of tree ensembles as plain arrays, with the sums that the onnx engine computes."""

from typing import Any

import numpy as np

from fairlead.model.explanation import PackedArray, Trees
from fairlead.publishing.boosters.booster_trees import Boosting, Tree
from fairlead.publishing.explain.output_links import NotExactError
from fairlead.publishing.onnx.converters.hist_gradient_boosting import BITS

Array = np.ndarray[Any, Any]
MEMBERS = ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees")
FORESTS = frozenset(f"{name}{kind}" for name in MEMBERS for kind in ("Classifier", "Regressor"))
BOOSTINGS = frozenset({"GradientBoostingClassifier", "GradientBoostingRegressor"})
HISTOGRAMS = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})

EMPTY = 1e-9
"""The weight of a leaf that no training row reached: CatBoost's symmetric trees have many."""


class _Ensemble:
    """Collects trees as arrays by node, with children as positions among all nodes."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Array]] = []
        self._values: list[Array] = []
        self._targets: list[Array] = []
        self._sets: list[Array] = []
        self._count = 0
        self._members = 0

    def add(self, nodes: dict[str, Array], values: Array, target: int, *, sets: Array | None = None) -> None:
        """Add a tree: `left` and `right` count from its root, `values` has shape (nodes, width)."""
        leaf = nodes["left"] < 0
        if not np.all(nodes["cover"] > 0):
            raise NotExactError("a node of its trees has no training weight")
        moved = {name: np.where(leaf, -1, nodes[name] + self._count) for name in ("left", "right")}
        chosen = nodes.get("member_set", np.full(len(leaf), -1))
        moved["member_set"] = np.where(chosen >= 0, chosen + self._members, -1)
        moved["feature"] = np.where(leaf, 0, nodes["feature"])
        self._nodes.append(nodes | moved)
        self._values.append(values[leaf])
        self._targets.append(np.full(leaf.sum(), target))
        self._count += len(leaf)
        if sets is not None:
            self._sets.append(sets)
            self._members += len(sets)

    def packed(self, start: Array, *, single: bool) -> Trees:
        part = {name: np.concatenate([nodes[name] for nodes in self._nodes]) for name in self._nodes[0]}
        sets = np.concatenate([*self._sets, np.zeros((0, BITS))])
        integers = {name: packed(part[name], "<i4") for name in ("feature", "left", "right", "member_set")}
        return Trees(
            **integers,
            threshold=packed(part["threshold"], "<f8"),
            missing_left=packed(part["missing_left"], "|u1"),
            cover=packed(part["cover"], "<f8"),
            sets=packed(sets, "|u1"),
            values=packed(np.concatenate(self._values), "<f8"),
            target=packed(np.concatenate(self._targets), "<i4"),
            start=packed(start, "<f8"),
            single=single,
        )


def packed(array: Any, dtype: Any) -> PackedArray:
    """Return an array in the blob's form."""
    plain = np.ascontiguousarray(array, dtype=dtype)
    return PackedArray(dtype=dtype, shape=plain.shape, data=plain.tobytes())


def trees_of(model: Any) -> Trees | None:
    """Return the trees of a fitted ensemble, None for another estimator; raises NotExactError."""
    kind = type(model).__name__
    if kind in FORESTS:
        return _forest(model)
    if kind in BOOSTINGS:
        return _boosting(model)
    if hasattr(model, "boosting"):
        return _booster(model.boosting)
    return _histograms(model) if kind in HISTOGRAMS else None


def _forest(model: Any) -> Trees:
    trees = [member.tree_ for member in getattr(model, "estimators_", [model])]
    ensemble = _Ensemble()
    for tree in trees:
        ensemble.add(_nodes(tree), tree.value[:, 0, :] / len(trees), 0)
    return ensemble.packed(np.zeros(trees[0].value.shape[2]), single=True)


def _boosting(model: Any) -> Trees:
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]  # noqa: SLF001 - the constant of an init that reads no input; others are not compiled
    scale = 2.0 if model.loss == "exponential" else 1.0  # the exponential loss learns half the log-odds
    ensemble = _Ensemble()
    for stage in model.estimators_:
        for target, member in enumerate(stage):
            values = scale * model.learning_rate * member.tree_.value[:, :1, 0]
            ensemble.add(_nodes(member.tree_), values, target)
    return ensemble.packed(scale * start, single=True)


def _histograms(model: Any) -> Trees:
    ensemble = _Ensemble()
    for stage in model._predictors:  # noqa: SLF001 - the trees have no public name
        for target, predictor in enumerate(stage):
            table = predictor.nodes
            leaf = table["is_leaf"].astype(bool)
            categorical = table["is_categorical"].astype(bool) & ~leaf
            nodes = {
                "feature": table["feature_idx"].astype(np.int64),
                "threshold": table["num_threshold"],
                "left": np.where(leaf, -1, table["left"].astype(np.int64)),
                "right": np.where(leaf, -1, table["right"].astype(np.int64)),
                "missing_left": table["missing_go_to_left"],
                "cover": table["count"].astype(np.float64),
                "member_set": np.where(categorical, table["bitset_idx"].astype(np.int64), -1),
            }
            ensemble.add(nodes, table["value"][:, None], target, sets=_members(predictor.raw_left_cat_bitsets))
    start = np.broadcast_to(np.ravel(model._baseline_prediction), (model.n_trees_per_iteration_,))  # noqa: SLF001
    return ensemble.packed(start, single=False)


def _booster(boosting: Boosting) -> Trees:
    """Return the trees of another library's booster, where they compare the columns themselves and add doubles."""
    if boosting.single:
        raise NotExactError("its library adds trees in single precision, so exact reasons would not add up")
    if boosting.categories or boosting.whole or boosting.zeros_missing:
        raise NotExactError("its trees compare categories, or read zeros as missing")
    factor = boosting.scale * boosting.slope
    ensemble = _Ensemble()
    for tree in boosting.trees:
        nodes = {name: getattr(tree, name) for name in ("feature", "threshold", "left", "right", "missing_left")}
        nodes["cover"] = _weights(tree)
        ensemble.add(nodes, factor * tree.values[:, None], tree.target)
    if not boosting.trees:
        raise NotExactError("it has no trees")
    return ensemble.packed(factor * np.array(boosting.start), single=boosting.single_rows)


def _weights(tree: Tree) -> Array:
    """Return the weight of the training rows by node, each the sum of its leaves; every leaf has more than zero."""
    if tree.cover is None:
        raise NotExactError("its model keeps no weights of the training rows")
    weights = np.maximum(tree.cover, EMPTY).astype(np.float64)
    for node in np.flatnonzero(tree.left >= 0)[::-1]:
        weights[node] = weights[tree.left[node]] + weights[tree.right[node]]
    return weights


def _members(bitsets: Array) -> Array:
    """Return the categories of each set, one column for each code; eight words of 32 bits hold a set."""
    codes = np.arange(BITS)
    words = bitsets.reshape(-1, BITS // 32).astype(np.uint32)
    found: Array = (words[:, codes // 32] >> (codes % 32).astype(np.uint32)) & 1
    return found


def _nodes(tree: Any) -> dict[str, Array]:
    return {
        "feature": tree.feature,
        "threshold": tree.threshold,
        "left": tree.children_left,
        "right": tree.children_right,
        "missing_left": tree.missing_go_to_left,
        "cover": tree.weighted_n_node_samples,
    }
