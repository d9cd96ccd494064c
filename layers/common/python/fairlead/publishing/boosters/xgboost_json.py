"""Read XGBoost's JSON of a model: `Booster.save_raw("json")`.

The format is documented at https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. XGBoost compares
single precision with "less than": the largest smaller number takes the place of each threshold.
"""

import itertools
import math
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_trees import Boosting, Link, Tree, check_tree, no_onnx_form

unsupported = partial(no_onnx_form, "XGBoost")

LINKS: dict[str, Link] = {
    **dict.fromkeys(("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"), "identity"),
    **dict.fromkeys(("reg:squaredlogerror", "reg:quantileerror"), "identity"),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), "exp"),
    **dict.fromkeys(("binary:logistic", "reg:logistic"), "sigmoid"),
    "multi:softprob": "softmax",
}
ADVISED = {"multi": "multi:softprob", "binary": "binary:logistic"}
"""An objective with a graph, by the first part of one without."""


UNUSED = re.compile(r"(?<=[\[,])NaN(?=[,\]])")
"""XGBoost before 3 writes this, which is no JSON, as the threshold of a split by categories; nothing reads it."""


class _TreeParameters(msgspec.Struct, frozen=True):
    size_leaf_vector: str = "1"


class _Tree(msgspec.Struct, frozen=True):
    left_children: list[int]
    right_children: list[int]
    split_indices: list[int]
    split_conditions: list[float]
    default_left: list[int]
    split_type: list[int] = []
    categories: list[int] = []
    categories_nodes: list[int] = []
    categories_segments: list[int] = []
    categories_sizes: list[int] = []
    tree_param: _TreeParameters = _TreeParameters()


class _Known(msgspec.Struct, frozen=True):
    """The categories of one feature in the order of their codes: numbers, or the bytes of texts between offsets."""

    values: list[float] = []
    offsets: list[int] | None = None


class _Categories(msgspec.Struct, frozen=True):
    enc: list[_Known] = []


class _Trees(msgspec.Struct, frozen=True):
    trees: list[_Tree]
    tree_info: list[int]
    iteration_indptr: list[int]
    weight_drop: list[float] = []
    cats: _Categories = _Categories()


class _Ensemble(msgspec.Struct, frozen=True):
    """A booster; before 3.4, `dart` holds a `gbtree` and the weights of its trees."""

    name: str
    model: msgspec.Raw = msgspec.Raw(b"{}")
    gbtree: "_Ensemble | None" = None
    weight_drop: list[float] = []


class _Parameters(msgspec.Struct, frozen=True):
    base_score: str
    num_class: str
    num_feature: str
    num_target: str = "1"


class _Objective(msgspec.Struct, frozen=True):
    name: str


class _Learner(msgspec.Struct, frozen=True):
    gradient_booster: _Ensemble
    learner_model_param: _Parameters
    objective: _Objective
    attributes: dict[str, str] = {}
    feature_names: list[str] = []


class _Document(msgspec.Struct, frozen=True):
    learner: _Learner


def read_xgboost(text: str, *, missing: float | None = None) -> Boosting:
    """Return the booster of a model's JSON; `missing` is the number that it reads as missing.

    With early stopping, trees behind the best iteration have no part. Raises ModelFileError.
    """
    try:
        return _read(msgspec.json.decode(UNUSED.sub("0", text), type=_Document).learner, missing)
    except (msgspec.DecodeError, ValueError, IndexError, OverflowError) as error:
        raise ModelFileError("XGBoost's JSON of the model is damaged", hint="fit and publish it again") from error


def _read(learner: _Learner, missing: float | None) -> Boosting:
    held, parameters = learner.gradient_booster, learner.learner_model_param
    if held.name not in ("gbtree", "dart"):
        raise unsupported(f"booster={held.name!r}", "booster='gbtree'")
    trees = msgspec.json.decode((held.gbtree or held).model, type=_Trees)
    link = LINKS.get(learner.objective.name)
    if link is None:
        advised = ADVISED.get(learner.objective.name.partition(":")[0], "reg:squarederror")
        raise unsupported(f"the objective {learner.objective.name!r}", f"a built-in one such as {advised!r}")
    if not trees.trees:
        raise ModelFileError("a model of XGBoost without trees is not served: use n_estimators=1 or more")
    targets = max(1, int(parameters.num_class), int(parameters.num_target))
    features = int(parameters.num_feature)
    best = learner.attributes.get("best_iteration")
    count = len(trees.trees) if best is None else trees.iteration_indptr[int(best) + 1]
    weights = held.weight_drop or trees.weight_drop or [1.0] * count
    found = tuple(
        check_tree(_tree(tree, target, weight), features=features, targets=targets)
        for tree, target, weight in zip(trees.trees[:count], trees.tree_info, weights, strict=False)
    )
    return Boosting(
        trees=found,
        start=_start(parameters.base_score, link, targets),
        link=link,
        features=features,
        names=tuple(learner.feature_names) or None,
        classes=tuple(range(max(2, targets))) if link in ("sigmoid", "softmax") else (),
        single=True,
        floored=frozenset(int(tree.feature[node]) for tree in found for node in tree.members),
        categories=dict(_categories(trees.cats)),
        missing=None if missing is None or math.isnan(missing) else float(np.float32(missing)),
    )


def _categories(known: _Categories) -> Iterator[tuple[int, list[Any]]]:
    """Yield each feature that pandas categories were given for, with them."""
    for feature, one in enumerate(known.enc):
        if one.offsets is None:
            values: list[Any] = one.values
        else:
            content = bytes(int(value) for value in one.values)
            values = [content[start:end].decode() for start, end in itertools.pairwise(one.offsets)]
        if values:
            yield feature, values


def _start(base_score: str, link: Link, targets: int) -> tuple[float, ...]:
    """Return the start of each target before the link, in single precision; XGBoost stores it behind the link."""
    scores = np.array(base_score.strip("[]").split(","), dtype=np.float32)
    if link == "sigmoid":
        scores = -np.log(np.float32(1.0) / scores - np.float32(1.0))
    elif link == "exp":
        scores = np.log(scores)
    return tuple(np.broadcast_to(scores, (targets,)).astype(float).tolist())


def _tree(tree: _Tree, target: int, weight: float) -> Tree:
    if tree.tree_param.size_leaf_vector not in ("0", "1"):
        raise unsupported("multi_strategy='multi_output_tree'", "multi_strategy='one_output_per_tree'")
    conditions = np.array(tree.split_conditions, dtype=np.float32)
    below = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    left, right = _array(tree.left_children), _array(tree.right_children)
    by_set = np.array(tree.split_type or [0] * len(left)) != 0
    return Tree(
        feature=_array(tree.split_indices),
        threshold=below,
        left=np.where(by_set, right, left),
        right=np.where(by_set, left, right),
        missing_left=(_array(tree.default_left) != 0) ^ by_set,
        values=(conditions * np.float32(weight)).astype(np.float64),
        target=target,
        members=_members(tree, np.flatnonzero(by_set & (left >= 0)).tolist()),
    )


def _members(tree: _Tree, nodes: list[int]) -> dict[int, list[float]]:
    """Return the codes of each node by a set of categories: they go right in XGBoost, so its branches are swapped."""
    if sorted(tree.categories_nodes) != nodes:
        raise ValueError("a tree has not one set of categories for each split by categories")
    segments = zip(tree.categories_nodes, tree.categories_segments, tree.categories_sizes, strict=True)
    return {node: [float(code) for code in tree.categories[start : start + size]] for node, start, size in segments}


def _array(values: list[int]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)
