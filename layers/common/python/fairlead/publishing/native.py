"""Checks state that compiled code follows without looking: node indices of trees.

A damaged file can be a well-formed pickle. scikit-learn checks the type of a tree's arrays, not that children exist;
prediction would read other memory or walk in circles.
"""

from typing import Any

import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.estimators import parts
from fairlead.publishing.packing import DUMP


def check_native(estimator: Any) -> None:
    """Raise ModelFileError if a tree points anywhere but forward inside itself, or asks for a feature it lacks."""
    for part in parts(estimator):
        name = type(part).__name__
        if name == "Tree":
            leaf = part.children_left == -1
            left, right, feature = part.children_left[~leaf], part.children_right[~leaf], part.feature[~leaf]
            sound = _sound(leaf, left, right) and _within(feature, part.n_features)
            sound = sound and bool((part.children_right[leaf] == -1).all()) and len(leaf) == part.node_count
        elif name == "TreePredictor":
            nodes = part.nodes
            leaf = nodes["is_leaf"].astype(bool)
            sound = _sound(leaf, nodes["left"][~leaf].astype(np.int64), nodes["right"][~leaf].astype(np.int64))
        else:
            continue
        if not sound:
            raise ModelFileError("a tree in the model file is damaged", hint=DUMP)


def _sound(leaf: np.ndarray[Any, Any], left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    inner = np.flatnonzero(~leaf)
    ahead = bool((left > inner).all() and (right > inner).all())
    return len(leaf) > 0 and ahead and _within(left, len(leaf)) and _within(right, len(leaf))


def _within(indices: np.ndarray[Any, Any], length: int) -> bool:
    return bool(((indices >= 0) & (indices < length)).all())
