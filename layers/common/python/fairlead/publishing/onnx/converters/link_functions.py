"""Write labels and probabilities from scores; every classifier's converter uses these functions."""

from itertools import combinations
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.graph_writer import Nodes


def write_classes(
    nodes: Nodes, operator: Any, *, probabilities: str, scores: str | None = None, indices: str | None = None
) -> None:
    """Write a classifier's two outputs; the label is the class of `indices`, else of the first largest score."""
    if indices is None:
        indices = nodes.first_largest(scores or probabilities)
    nodes.fill(operator.outputs[0], nodes.labels(indices, operator.raw_operator.classes_))
    nodes.fill(operator.outputs[1], probabilities)


def binary_probabilities(nodes: Nodes, score: str) -> str:
    """Write logistic probabilities of both classes, shape (rows, 2), from a score of shape (rows, 1)."""
    positive = nodes.add("Sigmoid", score)
    return nodes.add("Concat", nodes.add("Sub", 1.0, positive), positive, axis=1)


def positive_indices(nodes: Nodes, score: str, threshold: float = 0.0) -> str:
    """Write class indices, shape (rows,): 1 where the score, shape (rows, 1), is above the threshold."""
    above = nodes.add("Reshape", nodes.add("Greater", score, threshold), np.array([-1]))
    return nodes.cast(above, np.int64)


def shares(nodes: Nodes, parts: str) -> str:
    """Write each value divided by its row's sum; a row of zeros gets equal shares."""
    empty = nodes.add("Equal", nodes.add("ReduceSum", parts, np.array([1]), keepdims=1), 0.0)
    even = nodes.add("Where", empty, 1.0, parts)
    return nodes.add("Div", even, nodes.add("ReduceSum", even, np.array([1]), keepdims=1))


def pairs_by_class(count: int) -> tuple[Any, Any]:
    """Return two matrices, shape (pairs, classes), of ones: the first and the second class of every pair of classes."""
    pairs = list(combinations(range(count), 2))
    classes = np.eye(count)
    return classes[[first for first, _ in pairs]], classes[[second for _, second in pairs]]


def break_ties(nodes: Nodes, votes: str, confidence: str) -> str:
    """Write votes by class plus less than a third of a vote from the confidence, by scikit-learn's formula."""
    bound = nodes.add("Mul", nodes.add("Add", nodes.add("Abs", confidence), 1.0), 3.0)
    return nodes.add("Add", votes, nodes.add("Div", confidence, bound))
