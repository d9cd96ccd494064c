"""Read CatBoost's JSON of a model: `CatBoost.save_model(…, format="json")`.

CatBoost asks whether a number in single precision is greater than a border, and adds leaves as doubles. The format is
that of CatBoost's `catboost/libs/model/model_export/json_model_helpers.cpp`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_trees import Array, Boosting, Link, Tree, check_tree, no_onnx_form

unsupported = partial(no_onnx_form, "CatBoost")

LINKS: dict[str, Link] = {
    **dict.fromkeys(("RMSE", "MAE", "Quantile", "Expectile", "Lq", "Huber", "MAPE", "LogCosh"), "identity"),
    **dict.fromkeys(("MultiRMSE", "MultiQuantile"), "identity"),
    **dict.fromkeys(("Poisson", "Tweedie"), "exp"),
    **dict.fromkeys(("Logloss", "CrossEntropy"), "sigmoid"),
    "MultiClass": "softmax",
    "MultiClassOneVsAll": "sigmoids",
}
CATEGORIES = "an OrdinalEncoder, OneHotEncoder or TargetEncoder before it"


class _Split(msgspec.Struct, frozen=True):
    split_type: str
    float_feature_index: int = -1
    border: float = 0.0


class _Symmetric(msgspec.Struct, frozen=True):
    """A tree with one split for each level; the first split is the lowest bit of a leaf's place."""

    leaf_values: list[float]
    splits: list[_Split] | None = None
    leaf_weights: list[float] | None = None


class _Node(msgspec.Struct, frozen=True):
    """A node of another tree; one without a split is a leaf, with a number for each target."""

    value: float | list[float] = 0.0
    weight: float = 0.0
    split: _Split | None = None
    left: "_Node | None" = None
    right: "_Node | None" = None


class _Feature(msgspec.Struct, frozen=True):
    feature_index: int
    flat_feature_index: int
    feature_id: str = ""
    nan_value_treatment: str = "AsIs"


class _Features(msgspec.Struct, frozen=True):
    float_features: list[_Feature] | None = None
    categorical_features: list[_Feature] | None = None


class _Classes(msgspec.Struct, frozen=True):
    class_label_type: str = ""
    class_names: list[int | float | str | bool] = []
    class_to_label: list[float] = []


class _Loss(msgspec.Struct, frozen=True):
    type: str


class _Parameters(msgspec.Struct, frozen=True):
    loss_function: _Loss


class _Info(msgspec.Struct, frozen=True):
    params: _Parameters
    class_params: _Classes = _Classes()
    binclass_probability_threshold: str = "0.5"


class _Document(msgspec.Struct, frozen=True):
    features_info: _Features
    model_info: _Info
    scale_and_bias: tuple[float, list[float]]
    oblivious_trees: list[_Symmetric] | None = None
    trees: list[_Node] | None = None


def check_features(parameters: Mapping[str, Any]) -> None:
    """Raise ModelFileError for features that CatBoost's JSON has no form for; `parameters` are the constructor's."""
    for name, use in (("text_features", "a TfidfVectorizer"), ("embedding_features", "a column for each number")):
        if parameters.get(name):
            raise unsupported(name, f"{use} before it")


def read_catboost(text: str) -> Boosting:
    """Return the booster of a model's JSON. Raises ModelFileError."""
    try:
        return _read(msgspec.json.decode(text, type=_Document))
    except (msgspec.DecodeError, ValueError, IndexError, KeyError, OverflowError, RecursionError) as error:
        raise ModelFileError("CatBoost's JSON of the model is damaged", hint="fit and publish it again") from error


def _read(document: _Document) -> Boosting:
    link = _link(document.model_info)
    floats = {one.feature_index: one for one in document.features_info.float_features or ()}
    if document.features_info.categorical_features:
        raise unsupported("cat_features", CATEGORIES)
    features = 1 + max((one.flat_feature_index for one in floats.values()), default=0)
    scale, bias = document.scale_and_bias
    if not scale > 0.0:
        raise ValueError("its scale is not above zero")
    targets = len(bias)
    trees = tuple(
        check_tree(tree, features=features, targets=targets)
        for made in _shapes(document, floats, targets)
        for tree in made
    )
    return Boosting(
        trees=trees,
        start=tuple(value / scale for value in bias),
        link=link,
        features=features,
        names=_names(floats.values(), features),
        classes=_classes(document.model_info.class_params, link),
        single_rows=True,
        scale=scale,
    )


def _shapes(document: _Document, floats: dict[int, _Feature], targets: int) -> Iterator[list[Tree]]:
    for symmetric in document.oblivious_trees or ():
        yield _symmetric(symmetric, floats, targets)
    for root in document.trees or ():
        yield _asymmetric(root, floats, targets)


def _link(info: _Info) -> Link:
    loss = info.params.loss_function.type
    if loss not in LINKS:
        raise unsupported(f"loss_function={loss!r}", "a built-in one such as 'RMSE', 'Logloss' or 'MultiClass'")
    if float(info.binclass_probability_threshold) != 0.5:
        raise unsupported("a probability threshold of its own", "set_probability_threshold(None)")
    return LINKS[loss]


def _names(floats: Any, features: int) -> tuple[str, ...] | None:
    """Return the feature names, None for the numbers that CatBoost gives to the columns of an array."""
    names = [str(place) for place in range(features)]
    for one in floats:
        names[one.flat_feature_index] = one.feature_id or names[one.flat_feature_index]
    return None if names == [str(place) for place in range(features)] else tuple(names)


def _classes(known: _Classes, link: Link) -> tuple[Any, ...]:
    """Return a classifier's classes in the order of its probabilities."""
    if link in ("identity", "exp"):
        return ()
    count = len(known.class_names)
    if not count or known.class_to_label != list(range(count)):
        raise unsupported("classes that it was not fitted on", "the classes of the training rows")
    return tuple(map(float, known.class_names) if known.class_label_type == "Float" else known.class_names)


def _symmetric(tree: _Symmetric, floats: dict[int, _Feature], targets: int) -> list[Tree]:
    """Return one tree for each target, its nodes level by level: the children of node n are 2n + 1 and 2n + 2."""
    splits = (tree.splits or [])[::-1]
    leaves = 1 << len(splits)
    if len(tree.leaf_values) != leaves * targets:
        raise ValueError("a tree has not one leaf for each answer of its splits")
    inner = np.arange(leaves - 1)
    level = np.floor(np.log2(inner + 1)).astype(np.int64)
    feature, threshold, missing_left = _columns(splits, floats)
    values = np.array(tree.leaf_values, dtype=np.float64).reshape(leaves, targets)
    left, right = (_with_leaves(2 * inner + side, leaves, -1) for side in (1, 2))
    weights = np.array(tree.leaf_weights or np.zeros(leaves), dtype=np.float64)
    cover = _cover(left, right, np.concatenate([np.zeros(leaves - 1), weights]))
    return [
        Tree(
            feature=_with_leaves(feature[level], leaves, 0),
            threshold=_with_leaves(threshold[level], leaves, 0.0),
            left=left,
            right=right,
            missing_left=_with_leaves(missing_left[level], leaves, False),
            values=np.concatenate([np.zeros(leaves - 1), values[:, target]]),
            target=target,
            cover=cover,
        )
        for target in range(targets)
    ]


def _with_leaves(by_node: Array, leaves: int, fill: Any) -> Array:
    return np.concatenate([by_node, np.full(leaves, fill, dtype=by_node.dtype)])


def _asymmetric(root: _Node, floats: dict[int, _Feature], targets: int) -> list[Tree]:
    """Return one tree for each target, its nodes from the root downwards."""
    nodes, left, right = [root], [-1], [-1]
    for place, node in enumerate(nodes):  # grows by the children
        if node.split is None:
            continue
        if node.left is None or node.right is None:
            raise ValueError("a split has not two branches")
        left[place], right[place] = len(nodes), len(nodes) + 1
        nodes += [node.left, node.right]
        left += [-1, -1]
        right += [-1, -1]
    unused = _Split("FloatFeature", next(iter(floats)))
    feature, threshold, missing_left = _columns([node.split or unused for node in nodes], floats)
    values = np.array([np.broadcast_to(node.value, (targets,)) for node in nodes], dtype=np.float64)
    children = (np.array(left), np.array(right))
    cover = _cover(*children, np.array([node.weight for node in nodes]))
    return [
        Tree(feature, threshold, *children, missing_left, values[:, target], target, cover=cover)
        for target in range(targets)
    ]


def _cover(left: Array, right: Array, weights: Array) -> Array:
    """Return the weight of each node from those of its leaves; children lie behind their parent."""
    if len(weights) != len(left):
        raise ValueError("a tree has not one weight for each leaf")
    for node in np.flatnonzero(left >= 0)[::-1]:
        weights[node] = weights[left[node]] + weights[right[node]]
    return weights


def _columns(splits: list[_Split], floats: dict[int, _Feature]) -> tuple[Array, Array, Array]:
    """Return column, border and way of missing values for each split: not above the border is left."""
    other = next((split.split_type for split in splits if split.split_type != "FloatFeature"), None)
    if other is not None:
        raise unsupported(f"splits of the type {other}", CATEGORIES)
    features = [floats[split.float_feature_index] for split in splits]
    return (
        np.array([one.flat_feature_index for one in features], dtype=np.int64),
        np.array([split.border for split in splits], dtype=np.float32).astype(np.float64),
        np.array([one.nan_value_treatment != "AsTrue" for one in features], dtype=bool),
    )
