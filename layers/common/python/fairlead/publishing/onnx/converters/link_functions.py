"""From scores to labels and probabilities, written the same way by every classifier."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.graph_writer import Nodes


def write_classes(
    nodes: Nodes, operator: Any, *, probabilities: str, scores: str | None = None, indices: str | None = None
) -> None:
    """Fill a classifier's two outputs; the label is the class of `indices`, else of the first largest score."""
    if indices is None:
        indices = nodes.first_largest(scores or probabilities)
    nodes.fill(operator.outputs[0], nodes.labels(indices, operator.raw_operator.classes_))
    nodes.fill(operator.outputs[1], probabilities)


def binary_probabilities(nodes: Nodes, score: str) -> str:
    """Logistic probabilities of both classes, shape (rows, 2), from a score of shape (rows, 1)."""
    positive = nodes.add("Sigmoid", score)
    return nodes.add("Concat", nodes.add("Sub", 1.0, positive), positive, axis=1)


def positive_indices(nodes: Nodes, score: str) -> str:
    """Class 1 where the score, shape (rows, 1), is above zero."""
    above = nodes.add("Reshape", nodes.add("Greater", score, 0.0), np.array([-1]))
    return nodes.cast(above, np.int64)


def shares(nodes: Nodes, parts: str) -> str:
    """Each part of its row's sum; a row of zeros is shared evenly."""
    empty = nodes.add("Equal", nodes.add("ReduceSum", parts, np.array([1]), keepdims=1), 0.0)
    even = nodes.add("Where", empty, 1.0, parts)
    return nodes.add("Div", even, nodes.add("ReduceSum", even, np.array([1]), keepdims=1))
