"""Decision trees: `Tree`, and the estimators that hold one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fairlead.engines.native_state.state import REALS, WHOLE, Array, State, attribute, class_of

TREE = "sklearn.tree._tree.Tree"
COMPILED = frozenset({TREE})
LEAF = -1
NODE_FIELDS = {
    "left_child": "i",
    "right_child": "i",
    "feature": "i",
    "threshold": "f",
    "impurity": "f",
    "n_node_samples": "i",
    "weighted_n_node_samples": "f",
    "missing_go_to_left": "u",
}


def tree_state(tree: Any) -> Mapping[str, object]:
    """Return the state of a live `Tree`."""
    n_features, n_classes, n_outputs = tree.__reduce__()[1]
    return {"n_features": n_features, "n_classes": n_classes, "n_outputs": n_outputs, **tree.__getstate__()}


def check_tree(tree: State) -> None:
    """Require children that lie ahead and are reached once, features that exist, and arrays of one length."""
    n_features = tree.integer("n_features", 1)
    n_outputs = tree.integer("n_outputs", 1)
    n_classes = tree.array("n_classes", (n_outputs,), WHOLE)
    tree.within("n_classes", n_classes, 1, 2**31)
    nodes = tree.array("nodes", (None,), "V")
    _check_fields(tree, nodes)
    count = len(nodes)
    if count == 0 or tree.integer("node_count") != count:
        tree.refuse("node_count", f"the {count} nodes, at least one", tree.get("node_count"))
    tree.array("values", (count, n_outputs, int(n_classes.max())), REALS)
    left, right = nodes["left_child"], nodes["right_child"]
    inner = np.flatnonzero(left != LEAF)
    leaf = np.flatnonzero((left == LEAF) & (right != LEAF))
    if leaf.size:
        tree.refuse(f"nodes[{leaf[0]}].right_child", f"{LEAF}, as its left child", right[leaf[0]])
    check_children(tree, inner, {"left_child": left[inner], "right_child": right[inner]}, count)
    wrong = np.flatnonzero((nodes["feature"][inner] < 0) | (nodes["feature"][inner] >= n_features))
    if wrong.size:
        node = inner[wrong[0]]
        tree.refuse(f"nodes[{node}].feature", f"from 0 up to {n_features - 1}", nodes["feature"][node])
    _check_depth(tree, left, right)


def check_children(tree: State, inner: Array, children: Mapping[str, Array], count: int) -> None:
    """Require each child of `inner` nodes behind its parent, inside the tree, and reached once; `inner` ascends."""
    for name, child in children.items():
        wrong = np.flatnonzero((child <= inner) | (child >= count))
        if wrong.size:
            node = inner[wrong[0]]
            tree.refuse(f"nodes[{node}].{name}", f"from {node + 1} up to {count - 1}", child[wrong[0]])
    reached = np.bincount(np.concatenate([child.astype(np.int64) for child in children.values()]), minlength=count)
    strange = np.flatnonzero(reached[1:] != 1)
    if strange.size:
        node = strange[0] + 1
        tree.refuse(f"nodes[{node}]", "the child of exactly one node", f"{reached[node]} parents")


def _check_fields(tree: State, nodes: Array) -> None:
    fields = nodes.dtype.fields or {}
    kinds = {name: fields[name][0].kind for name in fields}
    if kinds != NODE_FIELDS:
        tree.refuse("nodes", f"an array with the fields {', '.join(NODE_FIELDS)}", nodes.dtype)


def _check_depth(tree: State, left: Array, right: Array) -> None:
    """Require `max_depth` levels at most: the path of a row is written into as many places."""
    level = np.zeros(1, np.int64)
    for _ in range(tree.integer("max_depth")):
        inner = level[left[level] != LEAF]
        if not inner.size:
            return
        level = np.concatenate([left[inner], right[inner]])
    if (left[level] != LEAF).any():
        tree.refuse("max_depth", "at least the depth of the nodes", tree.get("max_depth"))


def check_tree_estimator(estimator: State) -> None:
    """Require a tree of the estimator's own features: a forest hands rows on unchecked."""
    tree = estimator.get("tree_")
    if tree is None:
        return
    if class_of(tree) != TREE:
        estimator.refuse("tree_", f"a {TREE}", class_of(tree))
    n_features = estimator.integer("n_features_in_", 1)
    if attribute(tree, "n_features") != n_features:
        estimator.refuse("tree_", f"a tree of n_features_in_ ({n_features}) features", attribute(tree, "n_features"))


CHECKS = {
    TREE: check_tree,
    **{
        f"sklearn.tree._classes.{name}": check_tree_estimator
        for name in ("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor")
    },
}
