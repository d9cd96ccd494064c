"""Converters of HistGradientBoosting: doubles compared with doubles, missing values and categories as fitted."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.encoders import codes
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import binary_probabilities, positive_indices, write_classes
from fairlead.publishing.onnx.converters.tree_ensembles import Array, Ensemble

BITS = 256
"""scikit-learn's own limit of categories per feature: a bitset of eight 32-bit words."""
NO_CODE = -1.0
"""A value that equals no code: codes begin at 0, and missing or unknown values are NaN."""


def histogram_classifier(nodes: Nodes, operator: Any) -> None:
    """Write probabilities by the loss's link from raw scores; a binary label is positive above zero."""
    model = operator.raw_operator
    raw = _raw(nodes, operator)
    scored = nodes.wants_scores(operator)
    if model.n_trees_per_iteration_ > 1:
        write_classes(nodes, operator, scores=raw, probabilities=raw if scored else nodes.add("Softmax", raw, axis=1))
        return
    second = raw if scored else binary_probabilities(nodes, raw)
    write_classes(nodes, operator, indices=positive_indices(nodes, raw), probabilities=second)


def histogram_regressor(nodes: Nodes, operator: Any) -> None:
    """Write values by the inverse of the loss's link from raw scores."""
    link = type(operator.raw_operator._loss.link).__name__
    raw = _raw(nodes, operator)
    if link not in ("IdentityLink", "LogLink"):
        raise NotConvertibleError(f"HistGradientBoostingRegressor with a {link}", use='loss="squared_error"')
    nodes.fill(operator.outputs[0], nodes.add("Exp", raw) if link == "LogLink" else raw)


def _raw(nodes: Nodes, operator: Any) -> str:
    model = operator.raw_operator
    ensemble = Ensemble()
    start = np.broadcast_to(np.ravel(model._baseline_prediction), (model.n_trees_per_iteration_,))
    for target, value in enumerate(start):
        ensemble.add_constant(float(value), target)
    for stage in model._predictors:
        for target, predictor in enumerate(stage):
            _add_predictor(ensemble, predictor, target)
    return ensemble.write(nodes, _features(nodes, operator), model.n_trees_per_iteration_)


def _features(nodes: Nodes, operator: Any) -> str:
    """Write the trees' matrix: category columns first, as codes, NaN for missing and unknown."""
    model = operator.raw_operator
    if model._preprocessor is None:
        return nodes.matrix(operator)
    columns = nodes.inputs.columns(operator.inputs, model.n_features_in_)
    encoder = model._preprocessor.named_transformers_["encoder"]
    chosen = np.flatnonzero(model.is_categorical_)
    parts = [codes(nodes, encoder, [columns[position] for position in chosen])]
    rest = [columns[position] for position in np.flatnonzero(~model.is_categorical_)]
    if rest:
        parts.append(nodes.join(rest))
    return nodes.add("Concat", *parts, axis=1)


def _add_predictor(ensemble: Ensemble, predictor: Any, target: int) -> None:
    table = predictor.nodes
    leaf = table["is_leaf"].astype(bool)
    categorical = np.flatnonzero(table["is_categorical"].astype(bool) & ~leaf)
    ensemble.add(
        feature=np.where(leaf, 0, table["feature_idx"]),
        threshold=table["num_threshold"],
        left=np.where(leaf, -1, table["left"].astype(np.int64)),
        right=np.where(leaf, -1, table["right"].astype(np.int64)),
        missing_left=table["missing_go_to_left"],
        values=table["value"],
        targets=np.full(len(table), target),
        members={
            int(node): _members(predictor.raw_left_cat_bitsets[table["bitset_idx"][node]]) for node in categorical
        },
    )


def _members(bitset: Array) -> list[float]:
    """Return the category codes that go left; NO_CODE for an empty set, which onnxruntime does not accept."""
    codes = [float(code) for code in range(BITS) if int(bitset[code // 32]) >> (code % 32) & 1]
    return codes or [NO_CODE]
