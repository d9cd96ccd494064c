"""Read XGBoost's JSON of a model: `Booster.save_raw("json")`.

The format is documented at https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. XGBoost compares
single precision with "less than": the largest smaller number takes the place of each threshold.
"""

import math
from typing import Any

import msgspec
import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_trees import Boosting, Link, Tree, check_tree

LINKS: dict[str, Link] = {
    **dict.fromkeys(("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"), "identity"),
    **dict.fromkeys(("reg:squaredlogerror", "reg:quantileerror"), "identity"),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), "exp"),
    **dict.fromkeys(("binary:logistic", "reg:logistic"), "sigmoid"),
    "multi:softprob": "softmax",
}


class _TreeParameters(msgspec.Struct, frozen=True):
    size_leaf_vector: str = "1"


class _Tree(msgspec.Struct, frozen=True):
    left_children: list[int]
    right_children: list[int]
    split_indices: list[int]
    split_conditions: list[float]
    default_left: list[int]
    split_type: list[int] = []
    tree_param: _TreeParameters = _TreeParameters()


class _Trees(msgspec.Struct, frozen=True):
    trees: list[_Tree]
    tree_info: list[int]
    iteration_indptr: list[int]
    weight_drop: list[float] = []


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
    """Return the booster of a model's JSON; `missing` is the number that it was told to be missing.

    With early stopping, trees behind the best iteration have no part. Raises ModelFileError.
    """
    try:
        return _read(msgspec.json.decode(text, type=_Document).learner, missing)
    except (msgspec.DecodeError, ValueError, IndexError, OverflowError) as error:
        raise ModelFileError("XGBoost's JSON of the model is damaged", hint="fit it again and publish that") from error


def _read(learner: _Learner, missing: float | None) -> Boosting:
    held, parameters = learner.gradient_booster, learner.learner_model_param
    if held.name not in ("gbtree", "dart"):
        raise unsupported(f"booster={held.name!r}", "booster='gbtree'")
    trees = msgspec.json.decode((held.gbtree or held).model, type=_Trees)
    link = LINKS.get(learner.objective.name)
    if link is None:
        raise unsupported(f"the objective {learner.objective.name!r}", "a built-in one such as 'reg:squarederror'")
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
        single=True,
        missing=None if missing is None or math.isnan(missing) else float(np.float32(missing)),
    )


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
    if any(tree.split_type):
        raise unsupported("native categories", "an OrdinalEncoder or OneHotEncoder before it")
    conditions = np.array(tree.split_conditions, dtype=np.float32)
    below = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    return Tree(
        feature=_array(tree.split_indices),
        threshold=below,
        left=_array(tree.left_children),
        right=_array(tree.right_children),
        missing_left=_array(tree.default_left) != 0,
        values=(conditions * np.float32(weight)).astype(np.float64),
        target=target,
    )


def _array(values: list[int]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def unsupported(part: str, use: str) -> ModelFileError:
    """Return the refusal of a model that no graph can answer for."""
    return ModelFileError(f"a model of XGBoost with {part} has no ONNX form, and only onnx serves XGBoost: use {use}")
