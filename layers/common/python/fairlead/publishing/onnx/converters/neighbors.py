"""Converters of nearest neighbours: distances by differences, so equal rows have distance zero."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import write_classes

LARGEST_TABLE = 4_000_000
"""Doubles of the table rows × training rows × features (32 MB): larger batches are answered in parts."""


def neighbors_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the class with the most votes of the nearest rows, weighted or not; the first of equal classes."""
    model = operator.raw_operator
    indices, weights = _nearest(nodes, operator)
    member = np.eye(len(model.classes_))[np.ravel(model._y)]
    votes = _weighted_sum(nodes, nodes.add("Gather", member, indices, axis=0), weights)
    total = nodes.add("ReduceSum", votes, np.array([1]), keepdims=1)
    write_classes(nodes, operator, scores=votes, probabilities=nodes.add("Div", votes, total))


def neighbors_regressor(nodes: Nodes, operator: Any) -> None:
    """Write the mean of the nearest rows' targets, weighted or not."""
    model = operator.raw_operator
    indices, weights = _nearest(nodes, operator)
    targets = np.asarray(model._y, dtype=np.float64).reshape(len(model._y), -1)
    sums = _weighted_sum(nodes, nodes.add("Gather", targets, indices, axis=0), weights)
    count = nodes.add("ReduceSum", weights, np.array([1]), keepdims=1) if weights else float(model.n_neighbors)
    nodes.fill(operator.outputs[0], nodes.add("Div", sums, count))


def _nearest(nodes: Nodes, operator: Any) -> tuple[str, str]:
    """Write indices of the nearest training rows, and their weights (empty for equal weights)."""
    model = operator.raw_operator
    table = _training_rows(model)
    nodes.inputs.distances = True
    nodes.inputs.limit_rows(LARGEST_TABLE // max(1, table.size))
    distances = _distances(nodes, model, nodes.matrix(operator), table)
    nearest, indices = nodes.several("TopK", distances, np.array([model.n_neighbors]), outputs=2, axis=1, largest=0)
    if model.weights == "uniform" or model.weights is None:
        return indices, ""
    if model.weights != "distance":
        raise NotConvertibleError(f"{type(model).__name__} with its weights", use='weights="uniform" or "distance"')
    at_zero = nodes.cast(nodes.add("Equal", nearest, 0.0), np.float64)
    any_zero = nodes.add("Greater", nodes.add("ReduceMax", at_zero, np.array([1]), keepdims=1), 0.0)
    return indices, nodes.add("Where", any_zero, at_zero, nodes.add("Div", 1.0, nearest))


def _training_rows(model: Any) -> Any:
    if hasattr(model._fit_X, "toarray") or callable(model.effective_metric_):
        raise NotConvertibleError(
            f"{type(model).__name__} on sparse rows or with a custom metric", use='dense rows and metric="minkowski"'
        )
    return np.asarray(model._fit_X, dtype=np.float64)


def _distances(nodes: Nodes, model: Any, matrix: str, table: Any) -> str:
    metric = model.effective_metric_
    power = {"euclidean": 2.0, "l2": 2.0, "manhattan": 1.0, "l1": 1.0, "cityblock": 1.0}.get(metric)
    if metric == "minkowski" and "w" not in (model.effective_metric_params_ or {}):
        power = float(model.effective_metric_params_["p"])
    if power is None:
        raise NotConvertibleError(f"{type(model).__name__} with metric {metric!r}", use='metric="minkowski"')
    gaps = nodes.add("Sub", nodes.add("Unsqueeze", matrix, np.array([1])), table[None, :, :])
    if power == 2.0:
        return nodes.add("Sqrt", nodes.add("ReduceSumSquare", gaps, np.array([2]), keepdims=0))
    sizes = nodes.add("Abs", gaps)
    if power == 1.0:
        return nodes.add("ReduceSum", sizes, np.array([2]), keepdims=0)
    sums = nodes.add("ReduceSum", nodes.add("Pow", sizes, power), np.array([2]), keepdims=0)
    return nodes.add("Pow", sums, 1.0 / power)


def _weighted_sum(nodes: Nodes, values: str, weights: str) -> str:
    if weights:
        values = nodes.add("Mul", values, nodes.add("Unsqueeze", weights, np.array([2])))
    return nodes.add("ReduceSum", values, np.array([1]), keepdims=0)
