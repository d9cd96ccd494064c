"""Read LightGBM's text of a model: `Booster.model_to_string`, sections of `name=value` lines.

The rules of decisions are those of LightGBM's `include/LightGBM/tree.h` (`NumericalDecision`, `CategoricalDecision`).
"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_trees import Array, Boosting, Link, Tree, check_tree, no_onnx_form

unsupported = partial(no_onnx_form, "LightGBM")

CATEGORICAL, DEFAULT_LEFT = 1, 2
"""Bits of a node's decision type; the two bits behind them are its kind of missing value."""
NO_MISSING, ZERO_MISSING = 0, 1
NEAR_ZERO = float(np.float32(1e-35))
"""LightGBM reads numbers up to this magnitude as zero (`kZeroThreshold`)."""
LINKS: dict[str, Link] = {
    **dict.fromkeys(("regression", "regression_l1", "huber", "fair", "quantile", "mape"), "identity"),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
    **dict.fromkeys(("binary", "cross_entropy"), "sigmoid"),
    "multiclass": "softmax",
    "multiclassova": "sigmoids",
}

Fields = Mapping[str, str]


def read_lightgbm(text: str, *, iterations: int = 0) -> Boosting:
    """Return the booster of a model's text; `iterations` limits its trees, 0 takes all. Raises ModelFileError."""
    try:
        return _read(text, iterations)
    except (KeyError, ValueError, IndexError) as error:
        raise ModelFileError("LightGBM's text of the model is damaged", hint="fit and publish it again") from error


def _read(text: str, iterations: int) -> Boosting:
    body, ended, rest = text.partition("end of trees")
    if not ended:
        raise ValueError("it has no end")
    header, *sections = body.split("\nTree=")
    head = _fields(header)
    features, targets = int(head["max_feature_idx"]) + 1, int(head["num_tree_per_iteration"])
    sections = sections[: iterations * targets or None]
    trees = tuple(
        check_tree(_tree(_fields(section), number % targets), features=features, targets=targets)
        for number, section in enumerate(sections)
    )
    kinds = {kind for section in sections for kind in _missing_kinds(_fields(section))}
    if ZERO_MISSING in kinds and len(kinds) > 1:
        raise unsupported("zero_as_missing=True for some features only", "zero_as_missing=False")
    link, slope = _link(head.get("objective", ""))
    averaged = "average_output" in header.split("\n")
    small = any((np.abs(tree.threshold[tree.left >= 0]) <= NEAR_ZERO).any() for tree in trees)
    return Boosting(
        trees=trees,
        start=(0.0,) * targets,
        link=link,
        features=features,
        names=_names(head),
        scale=targets / max(len(trees), 1) if averaged else 1.0,
        slope=slope,
        near_zero=NEAR_ZERO if small or ZERO_MISSING in kinds else None,
        zeros_missing=ZERO_MISSING in kinds,
        whole=frozenset(int(tree.feature[node]) for tree in trees for node in tree.members),
        categories=_categories(rest),
    )


def _fields(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.split("\n"))
    return {name: value for name, found, value in pairs if found}


def _numbers(fields: Fields, name: str, dtype: type[Any] = np.int64) -> Array:
    return np.array(fields[name].split(), dtype=dtype)


def _names(head: Fields) -> tuple[str, ...] | None:
    """Return the feature names, None for those that LightGBM gives to the columns of an array."""
    names = tuple(head["feature_names"].split(" "))
    return None if names == tuple(f"Column_{place}" for place in range(len(names))) else names


def _link(objective: str) -> tuple[Link, float]:
    """Return the link of an objective such as `binary sigmoid:1`, and the slope of its sigmoid."""
    name, *words = objective.split(" ")
    if name not in LINKS or "sqrt" in words:
        raise unsupported(f"the objective {objective or 'of your own'!r}", "a built-in objective such as 'regression'")
    slopes = [float(word.removeprefix("sigmoid:")) for word in words if word.startswith("sigmoid:")]
    return LINKS[name], slopes[0] if slopes else 1.0


def _missing_kinds(fields: Fields) -> set[int]:
    if int(fields["num_leaves"]) == 1:
        return set()
    types = _numbers(fields, "decision_type")
    return set((types[(types & CATEGORICAL) == 0] >> 2 & 3).tolist())


def _tree(fields: Fields, target: int) -> Tree:
    if fields.get("is_linear", "0").strip() != "0":
        raise unsupported("linear_tree=True", "linear_tree=False")
    leaves = _numbers(fields, "leaf_value", np.float64)
    inner = len(leaves) - 1
    if not inner:
        feature, threshold, left, right, missing_left = (np.full(1, fill) for fill in (0, 0.0, -1, -1, False))
        return Tree(feature, threshold, left, right, missing_left, leaves, target, cover=np.ones(1))
    types = _numbers(fields, "decision_type")
    categorical = (types & CATEGORICAL) != 0
    threshold = _numbers(fields, "threshold", np.float64)
    # Where a node knows no missing values, NaN is compared as zero.
    default = np.where((types >> 2 & 3) == NO_MISSING, threshold >= 0.0, (types & DEFAULT_LEFT) != 0)
    return Tree(
        feature=_with_leaves(_numbers(fields, "split_feature"), leaves, 0),
        threshold=_with_leaves(threshold, leaves, 0.0),
        left=_children(fields, "left_child", leaves),
        right=_children(fields, "right_child", leaves),
        missing_left=_with_leaves(default & ~categorical, leaves, False),
        values=np.concatenate([np.zeros(inner), leaves]),
        target=target,
        members=dict(_members(fields, categorical, threshold)),
        cover=_cover(fields, len(leaves)),
    )


def _cover(fields: Fields, leaves: int) -> Array | None:
    """Return the training rows of each node; None where a part of the text is missing, which answers do not need."""
    if not {"internal_count", "leaf_count"} <= fields.keys():
        return None
    counts = np.concatenate([_numbers(fields, "internal_count"), _numbers(fields, "leaf_count")])
    return counts if len(counts) == 2 * leaves - 1 else None


def _with_leaves(by_node: Array, leaves: Array, fill: Any) -> Array:
    return np.concatenate([by_node, np.full(len(leaves), fill)])


def _children(fields: Fields, name: str, leaves: Array) -> Array:
    """Return children by node: LightGBM counts leaves as -1, -2, …; here they follow the inner nodes."""
    children = _numbers(fields, name)
    placed = np.where(children >= 0, children, len(leaves) - 2 - children)
    return _with_leaves(placed, leaves, -1)


def _members(fields: Fields, categorical: Array, threshold: Array) -> Iterator[tuple[int, list[float]]]:
    """Yield each categorical node with the codes that go left, from its set of bits."""
    if not categorical.any():
        return
    starts, words = _numbers(fields, "cat_boundaries"), _numbers(fields, "cat_threshold")
    for node in np.flatnonzero(categorical):
        place = int(threshold[node])
        bits = words[starts[place] : starts[place + 1]]
        codes = [32.0 * word + bit for word, value in enumerate(bits) for bit in range(32) if int(value) >> bit & 1]
        yield int(node), codes


def _categories(rest: str) -> dict[int, list[Any]]:
    """Return the categories of features that were pandas categories, from the text behind the trees."""
    known = next((line for line in rest.split("\n") if line.startswith("pandas_categorical:")), "")
    lists = json.loads(known.partition(":")[2] or "null") or []
    listed = next((line for line in rest.split("\n") if line.startswith("[categorical_feature: ")), "")
    columns = [int(place) for place in listed.removeprefix("[categorical_feature: ").strip("]").split(",") if place]
    if not lists:
        return {}
    if len(lists) != len(columns):
        raise unsupported(
            "ordered pandas categories, or pandas categories beside categorical_feature",
            "cat.as_unordered() before fit, and no categorical_feature beside pandas categories",
        )
    return dict(zip(sorted(columns), lists, strict=True))
