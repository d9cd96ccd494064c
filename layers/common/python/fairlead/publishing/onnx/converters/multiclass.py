"""Several classes by binary parts: one against the rest, one against one, output codes.

Labels are decided on decision values, as scikit-learn decides them: far outside the data probabilities are all 0 or 1.
"""

from itertools import combinations
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.clusters import nearest
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import write_classes


def one_against_rest(nodes: Nodes, operator: Any) -> None:
    """The class whose part has the largest value; the parts' probabilities as shares of their sum."""
    model = operator.raw_operator
    parts = len(model.estimators_)
    values = _values(nodes, model.estimators_, operator.inputs[:parts])
    indices = nodes.first_largest(values) if parts > 1 else _above(nodes, model, values)
    second = _shares(nodes, operator.inputs[parts:]) if len(operator.inputs) > parts else values
    write_classes(nodes, operator, indices=indices, probabilities=second)


def one_against_one(nodes: Nodes, operator: Any) -> None:
    """Votes of every pair of classes, ties broken by the sum of their values."""
    model = operator.raw_operator
    count = len(model.classes_)
    pairs = len(model.estimators_)
    values = _values(nodes, model.estimators_, operator.inputs[pairs:])
    won = nodes.add("Concat", *[_vote(nodes, label) for label in operator.inputs[:pairs]], axis=1)
    votes, confidence = _sums(nodes, won, values, count)
    bound = nodes.add("Mul", nodes.add("Add", nodes.add("Abs", confidence), 1.0), 3.0)
    scores = nodes.add("Add", votes, nodes.add("Div", confidence, bound))
    binary = count == 2
    indices = _above(nodes, model, nodes.take(scores, [1])) if binary else nodes.first_largest(scores)
    write_classes(nodes, operator, indices=indices, probabilities=scores)


def output_codes(nodes: Nodes, operator: Any) -> None:
    """The class whose code is nearest to the parts' values."""
    model = operator.raw_operator
    nodes.inputs.distances = True
    kept = [place for place, part in enumerate(model.estimators_) if not is_constant(part)]
    values = _values(nodes, [model.estimators_[place] for place in kept], operator.inputs)
    write_classes(nodes, operator, indices=nearest(nodes, values, model.code_book_[:, kept]), probabilities=values)


def is_constant(part: Any) -> bool:
    """Whether a part saw only one class: it answers every row alike, and all classes have one code there."""
    return type(part).__name__ == "_ConstantPredictor"


def _values(nodes: Nodes, estimators: Any, variables: Any) -> str:
    """What scikit-learn compares, a column for each part: its value, decision value or second probability."""
    columns = []
    for part, variable in zip(estimators, variables, strict=True):
        value = nodes.double(variable)
        second = not hasattr(part, "decision_function") and hasattr(part, "predict_proba")
        columns.append(nodes.take(value, [1]) if second else nodes.add("Reshape", value, np.array([-1, 1])))
    return nodes.add("Concat", *columns, axis=1) if len(columns) > 1 else columns[0]


def _above(nodes: Nodes, model: Any, values: str) -> str:
    """The second class where a value is above the threshold of its kind."""
    threshold = 0.0 if hasattr(model.estimators_[0], "decision_function") else 0.5
    above = nodes.add("Reshape", nodes.add("Greater", values, threshold), np.array([-1]))
    return nodes.cast(above, np.int64)


def _shares(nodes: Nodes, variables: Any) -> str:
    columns = [nodes.take(nodes.double(variable), [1]) for variable in variables]
    if len(columns) == 1:
        columns.insert(0, nodes.add("Sub", 1.0, columns[0]))
    parts = nodes.add("Concat", *columns, axis=1)
    total = nodes.add("ReduceSum", parts, np.array([1]), keepdims=1)
    return nodes.add("Div", parts, nodes.add("Where", nodes.add("Equal", total, 0.0), 1.0, total))


def _vote(nodes: Nodes, label: Any) -> str:
    """A part's label, 0 or 1, as a column."""
    return nodes.add("Reshape", nodes.cast(label.onnx_name, np.float64), np.array([-1, 1]))


def _sums(nodes: Nodes, won: str, values: str, count: int) -> tuple[str, str]:
    """Votes and values by class: a pair's second class wins where its part says 1."""
    first, second = (np.zeros((count * (count - 1) // 2, count)) for _ in range(2))
    for row, (one, other) in enumerate(combinations(range(count), 2)):
        first[row, one] = second[row, other] = 1.0
    lost = nodes.add("Sub", 1.0, won)
    votes = nodes.add("Add", nodes.add("MatMul", lost, first), nodes.add("MatMul", won, second))
    return votes, nodes.add("MatMul", values, second - first)
