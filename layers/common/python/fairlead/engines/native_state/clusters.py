"""Clusterings: native code multiplies rows with centres of the same width, on the configured number of threads."""

from typing import Any

from fairlead.engines.native_state.state import REALS, State, attribute, class_of

MOST_THREADS = 1024


def check_centers(clustering: State) -> None:
    """Require centres as wide as the rows, at least one of them."""
    if "cluster_centers_" not in clustering:
        return
    n_features = clustering.integer("n_features_in_", 1)
    centers = clustering.array("cluster_centers_", (None, n_features), REALS)
    if len(centers) == 0:
        clustering.refuse("cluster_centers_", "one centre at least", 0)
    clustering.integer("_n_threads", 1, MOST_THREADS)


def check_bisecting(clustering: State) -> None:
    """Require a tree without circles whose centres are as wide as the rows."""
    check_centers(clustering)
    if "_bisecting_tree" not in clustering:
        return
    n_features = clustering.integer("n_features_in_", 1)
    if "_X_mean" in clustering:  # the mean of sparse rows is never taken off
        clustering.array("_X_mean", (n_features,), REALS)
    waiting: list[tuple[str, Any]] = [("_bisecting_tree", clustering.get("_bisecting_tree"))]
    seen: set[int] = set()
    while waiting:
        place, node = waiting.pop()
        if id(node) in seen:
            clustering.refuse(place, "a node that no other leads to")
        seen.add(id(node))
        if class_of(node) != "sklearn.cluster._bisect_k_means._BisectingTree":
            clustering.refuse(place, "a node of a bisecting tree", class_of(node))
        if place != "_bisecting_tree":  # rows begin below the root
            clustering.as_array(f"{place}.center", attribute(node, "center"), (n_features,), REALS)
        if node.left is not None or node.right is not None:
            waiting += [(f"{place}.left", node.left), (f"{place}.right", node.right)]


def check_birch(clustering: State) -> None:
    """Require a norm and a label for each subcluster."""
    if "subcluster_centers_" not in clustering:
        return
    n_features = clustering.integer("n_features_in_", 1)
    centers = clustering.array("subcluster_centers_", (None, n_features), REALS)
    clustering.array("_subcluster_norms", (len(centers),), REALS)
    clustering.array("subcluster_labels_", (len(centers),), "iu")


CHECKS = {
    "sklearn.cluster._kmeans.KMeans": check_centers,
    "sklearn.cluster._kmeans.MiniBatchKMeans": check_centers,
    "sklearn.cluster._bisect_k_means.BisectingKMeans": check_bisecting,
    "sklearn.cluster._birch.Birch": check_birch,
}
