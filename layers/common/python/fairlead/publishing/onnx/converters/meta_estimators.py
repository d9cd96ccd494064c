"""Converters of meta-estimators: voting, stacking, calibration, thresholds, transformed targets.

Their parts are parsed like any estimator (`meta_parsers`), so a part may be a whole pipeline. These converters combine
the outputs of the parts.
"""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.elementwise import apply_inverse
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import shares, write_classes


def voting_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the weighted mean of probabilities (soft) or weighted votes (hard: the parts' labels are class indices)."""
    model = operator.raw_operator
    given = [variable.onnx_name for variable in operator.inputs]
    if model.voting == "soft":
        mean = _average(nodes, given, model._weights_not_none)
        write_classes(nodes, operator, probabilities=mean)
        return
    classes = np.arange(len(model.classes_))[None, :]
    votes = [
        nodes.cast(nodes.add("Equal", nodes.add("Reshape", label, np.array([-1, 1])), classes), np.float64)
        for label in given
    ]
    weights = model._weights_not_none or [1.0] * len(votes)
    total = _sum(nodes, [nodes.add("Mul", vote, float(weight)) for vote, weight in zip(votes, weights, strict=True)])
    write_classes(nodes, operator, scores=total, probabilities=total)


def voting_regressor(nodes: Nodes, operator: Any) -> None:
    """Write the weighted mean of the parts' values."""
    given = [_column(nodes, variable.onnx_name) for variable in operator.inputs]
    nodes.fill(operator.outputs[0], _average(nodes, given, operator.raw_operator._weights_not_none))


@dataclass(frozen=True, slots=True)
class StackedAnswers:
    """The step between a stacking's parts and its final estimator, with the method that each part answers by."""

    methods: tuple[str, ...]
    binary: bool


def stacking_features(nodes: Nodes, operator: Any) -> None:
    """Write the final estimator's inputs: the parts' answers, then the stacking's inputs with `passthrough`."""
    stacked = operator.raw_operator
    parts = []
    for variable, method in zip_longest(operator.inputs, stacked.methods, fillvalue="inputs"):
        answer = nodes.double(variable)
        if method == "predict_proba" and stacked.binary:
            answer = nodes.take(answer, [1])
        parts.append(_column(nodes, answer) if method == "predict" else answer)
    nodes.fill(operator.outputs[0], nodes.concat(parts))


def stacking_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the class at the final estimator's label, which is an index."""
    label, second = operator.inputs
    indices = nodes.add("Reshape", label.onnx_name, np.array([-1]))
    write_classes(nodes, operator, indices=indices, probabilities=second.onnx_name)


def calibrated_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the mean of the calibrated parts' probabilities."""
    model = operator.raw_operator
    parts = [
        _calibrated(nodes, member, nodes.double(variable))
        for member, variable in zip(model.calibrated_classifiers_, operator.inputs, strict=True)
    ]
    write_classes(nodes, operator, probabilities=_average(nodes, parts, None))


def threshold_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the positive class where the part's probability of it reaches the threshold."""
    model = operator.raw_operator
    threshold = model.best_threshold_ if hasattr(model, "best_threshold_") else model.threshold
    probabilities = operator.inputs[1].onnx_name
    score = nodes.take(probabilities, [1])
    reached = nodes.add("GreaterOrEqual", score, 0.5 if threshold == "auto" else float(threshold))
    indices = nodes.cast(nodes.add("Reshape", reached, np.array([-1])), np.int64)
    write_classes(nodes, operator, indices=indices, probabilities=probabilities)


def transformed_target(nodes: Nodes, operator: Any) -> None:
    """Write the inverse of the target's transformation of the regressor's value."""
    value = _column(nodes, operator.inputs[0].onnx_name)
    nodes.fill(operator.outputs[0], apply_inverse(nodes, operator.raw_operator.transformer_, value))


def _calibrated(nodes: Nodes, member: Any, scores: str) -> str:
    """Write a part's calibrated probabilities from its scores, which have one column or one for each class."""
    classes = len(member.classes)
    binary = classes == 2
    if binary and not hasattr(member.estimator, "decision_function"):
        scores = nodes.take(scores, [1])
    if member.method == "temperature":
        return _tempered(nodes, member, scores, binary=binary)
    if not np.array_equal(member.estimator.classes_, member.classes):
        raise NotConvertibleError(
            "CalibratedClassifierCV with a part that was fitted on only some of the classes", use="fewer folds (cv)"
        )
    columns = [_calibrate(nodes, one, nodes.take(scores, [place])) for place, one in enumerate(member.calibrators)]
    if binary:
        return nodes.add("Concat", nodes.add("Sub", 1.0, columns[0]), columns[0], axis=1)
    return shares(nodes, nodes.add("Concat", *columns, axis=1))


def _tempered(nodes: Nodes, member: Any, scores: str, *, binary: bool) -> str:
    """Write the softmax of scaled logits: (-x, x) of a binary decision function, or logarithms of probabilities."""
    if hasattr(member.estimator, "decision_function"):
        logits = nodes.add("Concat", nodes.add("Neg", scores), scores, axis=1) if binary else scores
    else:
        both = nodes.add("Concat", nodes.add("Sub", 1.0, scores), scores, axis=1) if binary else scores
        logits = nodes.add("Log", nodes.add("Add", both, 1e-12))
    return nodes.add("Softmax", nodes.add("Mul", logits, float(member.calibrators[0].beta_)), axis=1)


def _calibrate(nodes: Nodes, calibrator: Any, score: str) -> str:
    if hasattr(calibrator, "a_"):
        line = nodes.add("Add", nodes.add("Mul", score, float(calibrator.a_)), float(calibrator.b_))
        return nodes.add("Sigmoid", nodes.add("Neg", line))
    return _isotonic(nodes, np.asarray(calibrator.X_thresholds_), np.asarray(calibrator.y_thresholds_), score)


def _isotonic(nodes: Nodes, knots: Any, heights: Any, score: str) -> str:
    """Write linear interpolation between knots, by scipy's interp1d formula; constant beyond the ends."""
    if len(knots) == 1:
        return nodes.add("Add", nodes.add("Mul", score, 0.0), float(heights[0]))
    inside = nodes.add("Clip", score, float(knots[0]), float(knots[-1]))
    below = nodes.add("ReduceSum", nodes.cast(nodes.add("Less", knots[None, :], inside), np.int64), np.array([1]))
    place = nodes.add("Clip", below, np.int64(1), np.int64(len(knots) - 1))
    slope = np.diff(heights) / np.diff(knots)
    left = nodes.add("Sub", place, np.int64(1))
    run = nodes.add("Sub", inside, nodes.add("Gather", knots, left))
    return nodes.add("Add", nodes.add("Mul", nodes.add("Gather", slope, left), run), nodes.add("Gather", heights, left))


def _average(nodes: Nodes, parts: list[str], weights: Any) -> str:
    if weights is None:
        return nodes.add("Div", _sum(nodes, parts), float(len(parts)))
    scaled = [nodes.add("Mul", part, float(weight)) for part, weight in zip(parts, weights, strict=True)]
    return nodes.add("Div", _sum(nodes, scaled), float(np.sum(weights)))


def _sum(nodes: Nodes, parts: list[str]) -> str:
    total = parts[0]
    for part in parts[1:]:
        total = nodes.add("Add", total, part)
    return total


def _column(nodes: Nodes, value: str) -> str:
    return nodes.add("Reshape", value, np.array([-1, 1]))
