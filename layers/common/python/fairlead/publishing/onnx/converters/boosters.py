"""Converters of LightGBM, XGBoost and CatBoost: their trees with their own comparisons, sums and links.

onnxmltools rounds LightGBM's thresholds to single precision, so rows beside a split get other answers (decision 119 has
the figures). Here the trees become a TreeEnsemble in the library's own precision: doubles for LightGBM and CatBoost,
single for XGBoost.
"""

from typing import Any

import numpy as np

from fairlead.publishing.boosters.booster_trees import Boosting, Tree
from fairlead.publishing.onnx.converters.encoders import Lookup, write_lookup
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Column
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.hist_gradient_boosting import NO_CODE
from fairlead.publishing.onnx.converters.link_functions import write_classes
from fairlead.publishing.onnx.converters.tree_ensembles import Ensemble


def booster_classifier(nodes: Nodes, operator: Any) -> None:
    """Write probabilities by the booster's link; the label is the class of the first largest probability."""
    boosting: Boosting = operator.raw_operator.boosting
    raw = _raw(nodes, operator)
    answers = _linked(nodes, boosting, raw)
    if len(boosting.start) == 1:
        answers = nodes.add("Concat", nodes.add("Sub", 1.0, answers), answers, axis=1)
    write_classes(nodes, operator, scores=answers, probabilities=raw if nodes.wants_scores(operator) else answers)


def booster_regressor(nodes: Nodes, operator: Any) -> None:
    """Write values by the booster's link."""
    nodes.fill(operator.outputs[0], _linked(nodes, operator.raw_operator.boosting, _raw(nodes, operator)))


def _raw(nodes: Nodes, operator: Any) -> str:
    """Write the booster's raw scores, shape (rows, targets), in the precision of the library."""
    boosting: Boosting = operator.raw_operator.boosting
    ensemble = Ensemble()
    for target, value in enumerate(boosting.start):
        ensemble.add_constant(value, target)
    for tree in boosting.trees:
        _add_tree(ensemble, tree)
    matrix, targets = _matrix(nodes, operator, boosting), len(boosting.start)
    if boosting.single:
        return ensemble.write(nodes, nodes.cast(matrix, np.float32), targets, dtype=np.float32)
    raw = ensemble.write(nodes, matrix, targets)
    return raw if boosting.scale == 1.0 else nodes.add("Mul", raw, boosting.scale)


def _add_tree(ensemble: Ensemble, tree: Tree) -> None:
    ensemble.add(
        feature=tree.feature, threshold=tree.threshold, left=tree.left, right=tree.right,
        missing_left=tree.missing_left, values=tree.values, targets=np.full(len(tree.left), tree.target),
        members={node: codes or [NO_CODE] for node, codes in tree.members.items()},
    )  # fmt: skip


def _linked(nodes: Nodes, boosting: Boosting, raw: str) -> str:
    """Write answers from raw scores, as doubles."""
    answers = _link(nodes, boosting, raw)
    return nodes.cast(answers, np.float64) if boosting.single else answers


def _link(nodes: Nodes, boosting: Boosting, raw: str) -> str:
    if boosting.link == "softmax":
        return nodes.add("Softmax", raw, axis=1)
    if boosting.link == "exp":
        return nodes.add("Exp", raw)
    if boosting.link in ("sigmoid", "sigmoids"):
        return nodes.add("Sigmoid", raw if boosting.slope == 1.0 else nodes.add("Mul", raw, boosting.slope))
    return raw


def _matrix(nodes: Nodes, operator: Any, boosting: Boosting) -> str:
    """Write the numbers that the trees compare, shape (rows, features), NaN for missing."""
    if boosting.categories:
        columns = nodes.inputs.columns(operator.inputs, boosting.features)
        matrix = nodes.concat([_coded(nodes, column, boosting, place) for place, column in enumerate(columns)])
    else:
        matrix = nodes.matrix(operator)
    if boosting.single and operator.raw_operator.given_sparse:
        matrix = _zeros_as_missing(nodes, matrix)  # in double precision: a number that is zero in single is not missing
    if boosting.single or boosting.single_rows:
        matrix = nodes.cast(nodes.cast(matrix, np.float32), np.float64)
    if boosting.missing is not None:
        matrix = nodes.add("Where", nodes.add("Equal", matrix, boosting.missing), np.nan, matrix)
    if boosting.whole:
        whole = np.isin(np.arange(boosting.features), sorted(boosting.whole))[None, :]
        towards_zero = nodes.add("Mul", nodes.add("Sign", matrix), nodes.add("Floor", nodes.add("Abs", matrix)))
        matrix = nodes.add("Where", whole, towards_zero, matrix)
    if boosting.floored:
        floored = np.isin(np.arange(boosting.features), sorted(boosting.floored))[None, :]
        matrix = nodes.add("Where", floored, nodes.add("Floor", matrix), matrix)
    if boosting.near_zero is not None:
        zero = nodes.add("LessOrEqual", nodes.add("Abs", matrix), boosting.near_zero)
        matrix = nodes.add("Where", zero, 0.0, matrix)
    return _zeros_as_missing(nodes, matrix) if boosting.zeros_missing else matrix


def _zeros_as_missing(nodes: Nodes, matrix: str) -> str:
    return nodes.add("Where", nodes.add("Equal", matrix, 0.0), np.nan, matrix)


def _coded(nodes: Nodes, column: Column, boosting: Boosting, place: int) -> str:
    """Write one column: its number, or the code of its category."""
    known = boosting.categories.get(place)
    if known is None:
        if column.string:
            raise NotConvertibleError("a booster on a column of strings", use="an encoder before it")
        return nodes.take(column.variable.onnx_name, [column.position])
    codes = [float(code) for code in range(len(known))]
    return write_lookup(nodes, column, Lookup(list(known), codes, float("nan")))
