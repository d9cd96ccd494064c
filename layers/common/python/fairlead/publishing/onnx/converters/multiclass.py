"""Converters of multiclass classifiers from binary parts: one against the rest, one against one, output codes.

Decision values decide labels, as in scikit-learn: far outside the data probabilities are all 0 or 1.
"""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.clusters import nearest
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import (
    break_ties,
    pairs_by_class,
    positive_indices,
    write_classes,
)


def one_against_rest(nodes: Nodes, operator: Any) -> None:
    """Write the class whose part has the largest value, and the parts' probabilities as shares of their sum."""
    model = operator.raw_operator
    parts = len(model.estimators_)
    values = _values(nodes, model.estimators_, operator.inputs[:parts])
    indices = nodes.first_largest(values) if parts > 1 else _above(nodes, model, values)
    second = _shares(nodes, operator.inputs[parts:]) if len(operator.inputs) > parts else values
    write_classes(nodes, operator, indices=indices, probabilities=second)


def one_against_one(nodes: Nodes, operator: Any) -> None:
    """Write the class with the most votes of all pairs; the sum of the pairs' values breaks ties."""
    model = operator.raw_operator
    count = len(model.classes_)
    pairs = len(model.estimators_)
    values = _values(nodes, model.estimators_, operator.inputs[pairs:])
    won = nodes.add("Concat", *[_vote(nodes, label) for label in operator.inputs[:pairs]], axis=1)
    votes, confidence = _sums(nodes, won, values, count)
    scores = break_ties(nodes, votes, confidence)
    binary = count == 2
    indices = _above(nodes, model, nodes.take(scores, [1])) if binary else nodes.first_largest(scores)
    write_classes(nodes, operator, indices=indices, probabilities=scores)


def output_codes(nodes: Nodes, operator: Any) -> None:
    """Write the class whose code is nearest to the parts' values."""
    model = operator.raw_operator
    nodes.inputs.distances = True
    kept = [place for place, part in enumerate(model.estimators_) if not is_constant(part)]
    values = _values(nodes, [model.estimators_[place] for place in kept], operator.inputs)
    write_classes(nodes, operator, indices=nearest(nodes, values, model.code_book_[:, kept]), probabilities=values)


def is_constant(part: Any) -> bool:
    """Return whether a part was fitted on one class: its answer is constant, and all classes have the same code."""
    return type(part).__name__ == "_ConstantPredictor"


def _values(nodes: Nodes, estimators: Any, variables: Any) -> str:
    """Write the values that scikit-learn compares, a column per part: value, decision value or second probability."""
    columns = []
    for part, variable in zip(estimators, variables, strict=True):
        value = nodes.double(variable)
        second = not hasattr(part, "decision_function") and hasattr(part, "predict_proba")
        columns.append(nodes.take(value, [1]) if second else nodes.add("Reshape", value, np.array([-1, 1])))
    return nodes.concat(columns)


def _above(nodes: Nodes, model: Any, values: str) -> str:
    """Write class indices: 1 where a value is above the threshold, 0 for decision values, 0.5 for probabilities."""
    threshold = 0.0 if hasattr(model.estimators_[0], "decision_function") else 0.5
    return positive_indices(nodes, values, threshold)


def _shares(nodes: Nodes, variables: Any) -> str:
    columns = [nodes.take(nodes.double(variable), [1]) for variable in variables]
    if len(columns) == 1:
        columns.insert(0, nodes.add("Sub", 1.0, columns[0]))
    parts = nodes.add("Concat", *columns, axis=1)
    total = nodes.add("ReduceSum", parts, np.array([1]), keepdims=1)
    return nodes.add("Div", parts, nodes.add("Where", nodes.add("Equal", total, 0.0), 1.0, total))


def _vote(nodes: Nodes, label: Any) -> str:
    """Write a part's label, 0 or 1, as a column."""
    return nodes.add("Reshape", nodes.cast(label.onnx_name, np.float64), np.array([-1, 1]))


def _sums(nodes: Nodes, won: str, values: str, count: int) -> tuple[str, str]:
    """Write votes and values by class: a pair's second class gets the vote where its part's label is 1."""
    first, second = pairs_by_class(count)
    lost = nodes.add("Sub", 1.0, won)
    votes = nodes.add("Add", nodes.add("MatMul", lost, first), nodes.add("MatMul", won, second))
    return votes, nodes.add("MatMul", values, second - first)
