"""Nearest neighbours: KD and ball trees, their metrics, and the estimators that ask them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fairlead.engines.native_state.state import REALS, WHOLE, Array, State, attribute, class_of

METRICS = "sklearn.metrics._dist_metrics"
BOXES = frozenset(f"sklearn.neighbors._kd_tree.KDTree{bits}" for bits in ("", "32", "64"))
BALLS = frozenset(f"sklearn.neighbors._ball_tree.BallTree{bits}" for bits in ("", "32", "64"))
COMPILED = BOXES | BALLS
KD_STATE = (
    *("data", "idx_array", "node_data", "node_bounds", "leaf_size", "n_levels", "n_nodes"),
    *("n_trims", "n_leaves", "n_splits", "n_calls", "dist_metric", "sample_weight"),
)
NORMS = frozenset({"X_norm_squared", "Y_norm_squared"})
"""Parameters of a metric that native code reads by row without counting them."""


def metric_state(metric: Any) -> Mapping[str, object]:
    """Return the state of a live distance metric."""
    p, vec, mat, *_ = metric.__getstate__()
    return {"p": p, "vec": vec, "mat": mat}


def check_metric(metric: State) -> None:
    """Require a metric of scikit-learn's own: one that calls a function would run it at every comparison."""
    if "PyFunc" in metric.owner:
        metric.refuse("the metric", "one of scikit-learn's own, not a function")
    metric.array("vec", (None,), REALS)
    matrix = metric.array("mat", (None, None), REALS)
    if matrix.shape[0] != matrix.shape[1]:
        metric.refuse("mat", "square", matrix.shape)


def check_tree(tree: State) -> None:
    """Require nodes that split their parent's points between them, and every point exactly once."""
    points, n_features = tree.array("data", (None, None), REALS).shape
    if not points or not n_features:
        tree.refuse("data", "one point and one feature at least", (points, n_features))
    tree.permutation("idx_array", tree.array("idx_array", (points,), WHOLE))
    levels = tree.integer("n_levels", 1, 40)
    nodes = tree.integer("n_nodes", 1)
    if nodes != 2**levels - 1:
        tree.refuse("n_nodes", f"{2**levels - 1} for {levels} levels", nodes)
    tree.integer("leaf_size", 1)
    node_data = tree.array("node_data", (nodes,), "V")
    sides = 2 if tree.owner in BOXES else 1
    tree.array("node_bounds", (sides, nodes, n_features), REALS)
    if "sample_weight" in tree:
        tree.array("sample_weight", (points,), REALS)
    _check_nodes(tree, node_data, points)
    _check_fit(tree, n_features)


def _check_nodes(tree: State, nodes: Array, points: int) -> None:
    fields = nodes.dtype.fields or {}
    if set(fields) != {"idx_start", "idx_end", "is_leaf", "radius"}:
        tree.refuse("node_data", "nodes with idx_start, idx_end, is_leaf and radius", nodes.dtype)
    start, end, leaf = nodes["idx_start"], nodes["idx_end"], nodes["is_leaf"]
    if (start[0], end[0]) != (0, points):
        tree.refuse("node_data[0]", f"points 0 to {points}", (int(start[0]), int(end[0])))
    level = np.zeros(1, np.int64)
    while level.size:
        inner = level[leaf[level] == 0]
        left, right = 2 * inner + 1, 2 * inner + 2
        if inner.size and right[-1] >= len(nodes):
            tree.refuse(f"node_data[{inner[-1]}].is_leaf", "1 in the lowest level", 0)
        split = (start[left] == start[inner]) & (end[left] == start[right]) & (end[right] == end[inner])
        ordered = (start[left] <= end[left]) & (start[right] <= end[right])
        wrong = np.flatnonzero(~(split & ordered))
        if wrong.size:
            tree.refuse(f"node_data[{inner[wrong[0]]}]", "a node whose points its two children share")
        level = np.sort(np.concatenate([left, right]))


def _check_fit(tree: State, n_features: int) -> None:
    """Require a metric of as many features as the points have."""
    metric = tree.get("dist_metric")
    if type(metric).__module__ != METRICS:
        tree.refuse("dist_metric", f"a metric of {METRICS}", class_of(metric))
    name, state = type(metric).__name__, metric_state(metric)
    check_metric(State(f"{METRICS}.{name}", state))
    weights = tree.as_array("dist_metric.vec", state["vec"], (None,))
    wants = {"SEuclidean": {n_features}, "Minkowski": {0, n_features}}.get(name.partition("Distance")[0])
    if wants is not None and len(weights) not in wants:
        tree.refuse("dist_metric.vec", f"{n_features} numbers", len(weights))
    if name.startswith("Mahalanobis"):
        tree.as_array("dist_metric.mat", state["mat"], (n_features, n_features))
    if name.startswith("Haversine") and n_features != 2:
        tree.refuse("data", "two columns, which this metric takes", n_features)


def check_estimator(estimator: State) -> None:
    """Require a tree of the estimator's own points, and a label for each point."""
    for name in ("metric_params", "effective_metric_params_"):
        strange = NORMS & set(estimator.get(name) or ())
        if strange:
            estimator.refuse(f"{name}[{min(strange)!r}]", "absent: it is computed from the points")
    points = estimator.get("_fit_X")
    if points is None:
        return
    rows, columns = attribute(points, "shape") or (0, 0)
    estimator.integer("n_samples_fit_", rows, rows)
    estimator.integer("n_features_in_", columns, columns)
    tree = estimator.get("_tree")
    if tree is not None and (class_of(tree) not in COMPILED or np.shape(tree.data) != (rows, columns)):
        estimator.refuse("_tree", f"a tree of {rows} points and {columns} features", class_of(tree))


def check_classifier(estimator: State) -> None:
    """Require labels among the known classes, too: votes are counted in their place."""
    check_estimator(estimator)
    if "_fit_X" not in estimator:
        return
    rows, classes = estimator.integer("n_samples_fit_"), estimator.get("classes_")
    labels: Any = estimator.get("_y")
    if attribute(labels, "ndim") == 2:
        labels = estimator.array("_y", (rows, len(estimator.members("classes_"))), WHOLE)
        for output, known in enumerate(classes):
            estimator.within(f"_y[:, {output}]", labels[:, output], 0, len(known))
    else:
        labels = estimator.array("_y", (rows,), WHOLE)
        estimator.within("_y", labels, 0, len(estimator.array("classes_", (None,), "biufUSO")))


ROOM = "sklearn.neighbors."
CHECKS = {
    **dict.fromkeys(sorted(COMPILED), check_tree),
    **{
        f"{METRICS}.{name}Distance{bits}": check_metric
        for name in (
            *("Euclidean", "SEuclidean", "Manhattan", "Chebyshev", "Minkowski", "Mahalanobis", "Hamming", "Canberra"),
            *(
                "BrayCurtis",
                "Jaccard",
                "Dice",
                "RogersTanimoto",
                "RussellRao",
                "SokalMichener",
                "SokalSneath",
                "Haversine",
                "PyFunc",
            ),
        )
        for bits in ("", "32", "64")
    },
    **dict.fromkeys(
        (
            ROOM + "_classification.KNeighborsClassifier",
            ROOM + "_classification.RadiusNeighborsClassifier",
        ),
        check_classifier,
    ),
    **dict.fromkeys(
        (
            ROOM + "_regression.KNeighborsRegressor",
            ROOM + "_regression.RadiusNeighborsRegressor",
            ROOM + "_unsupervised.NearestNeighbors",
            ROOM + "_lof.LocalOutlierFactor",
            ROOM + "_graph.KNeighborsTransformer",
            ROOM + "_graph.RadiusNeighborsTransformer",
        ),
        check_estimator,
    ),
}
