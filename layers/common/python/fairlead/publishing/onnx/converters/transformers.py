"""Converters of transformers that skl2onnx converts in single precision only, or not at all."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes


def polynomial_features(nodes: Nodes, operator: Any) -> None:
    """Write products of powers of inputs, multiplied one by one as scikit-learn does."""
    powers = operator.raw_operator.powers_
    matrix = nodes.matrix(operator)
    padded = nodes.add("Concat", matrix, nodes.add("Add", nodes.add("Mul", nodes.take(matrix, [0]), 0.0), 1.0), axis=1)
    one = powers.shape[1]  # the appended column of ones
    degree = max(1, int(powers.sum(axis=1).max()))
    factors = np.full((len(powers), degree), one)
    for row, power in enumerate(powers):
        used = np.repeat(np.arange(len(power)), power)
        factors[row, : len(used)] = used
    product = nodes.take(padded, factors[:, 0].tolist())
    for place in range(1, degree):
        product = nodes.add("Mul", product, nodes.take(padded, factors[:, place].tolist()))
    nodes.fill(operator.outputs[0], product)


def binarizer(nodes: Nodes, operator: Any) -> None:
    """Write 1 where the value is above the threshold, else 0."""
    above = nodes.add("Greater", nodes.matrix(operator), float(operator.raw_operator.threshold))
    nodes.fill(operator.outputs[0], nodes.cast(above, np.float64))


def normalizer(nodes: Nodes, operator: Any) -> None:
    """Write each row divided by its norm; a row below scikit-learn's limit for dense rows is unchanged."""
    matrix = nodes.matrix(operator)
    tiny = float(np.nextafter(10 * np.finfo(np.float64).eps, 0))
    nodes.fill(operator.outputs[0], normalized(nodes, matrix, operator.raw_operator.norm, zero=tiny))


def normalized(nodes: Nodes, matrix: str, norm: str, *, zero: float = 0.0) -> str:
    """Write rows divided by their l1, l2 or max norm; a norm up to `zero` is replaced by one."""
    if norm == "l2":
        size = nodes.add("Sqrt", nodes.add("ReduceSumSquare", matrix, np.array([1]), keepdims=1))
    else:
        reduce = "ReduceSum" if norm == "l1" else "ReduceMax"
        size = nodes.add(reduce, nodes.add("Abs", matrix), np.array([1]), keepdims=1)
    return nodes.add("Div", matrix, nodes.add("Where", nodes.add("LessOrEqual", size, zero), 1.0, size))


def bins(nodes: Nodes, operator: Any) -> None:
    """Write KBinsDiscretizer's bins: the number of inner edges that a value has reached, as a code or one-hot."""
    model = operator.raw_operator
    matrix = nodes.matrix(operator)
    columns = []
    for place, edges in enumerate(model.bin_edges_):
        value = nodes.take(matrix, [place])
        reached = nodes.cast(nodes.add("GreaterOrEqual", value, np.asarray(edges[1:-1])[None, :]), np.float64)
        code = nodes.add("ReduceSum", reached, np.array([1]), keepdims=1)
        if model.encode != "ordinal":
            count = np.arange(int(model.n_bins_[place]), dtype=np.float64)[None, :]
            code = nodes.cast(nodes.add("Equal", code, count), np.float64)
        columns.append(code)
    nodes.fill(operator.outputs[0], nodes.concat(columns))


def power_transformer(nodes: Nodes, operator: Any) -> None:
    """Write Yeo-Johnson or Box-Cox by column, then standardize."""
    model = operator.raw_operator
    matrix = nodes.matrix(operator)
    change = _box_cox if model.method == "box-cox" else _yeo_johnson
    columns = [change(nodes, nodes.take(matrix, [place]), float(power)) for place, power in enumerate(model.lambdas_)]
    joined = nodes.concat(columns)
    if model.standardize:
        joined = nodes.add("Sub", joined, model._scaler.mean_[None, :])
        joined = nodes.add("Div", joined, model._scaler.scale_[None, :])
    nodes.fill(operator.outputs[0], joined)


def _box_cox(nodes: Nodes, value: str, power: float) -> str:
    if power == 0.0:
        return nodes.add("Log", value)
    return nodes.add("Div", nodes.add("Sub", nodes.add("Pow", value, power), 1.0), power)


def _yeo_johnson(nodes: Nodes, value: str, power: float) -> str:
    positive = nodes.add("Add", nodes.add("Max", value, 0.0), 1.0)
    negative = nodes.add("Sub", 1.0, nodes.add("Min", value, 0.0))
    above = _box_cox(nodes, positive, power)
    below = nodes.add("Neg", _box_cox(nodes, negative, 2.0 - power))
    return nodes.add("Where", nodes.add("GreaterOrEqual", value, 0.0), above, below)


def tfidf_transformer(nodes: Nodes, operator: Any) -> None:
    """Write term weights from counts."""
    nodes.fill(operator.outputs[0], weighted_terms(nodes, operator.raw_operator, nodes.matrix(operator)))


def weighted_terms(nodes: Nodes, model: Any, counts: str) -> str:
    """Write TfidfTransformer's arithmetic on dense counts."""
    if model.sublinear_tf:
        logarithm = nodes.add("Add", nodes.add("Log", nodes.add("Max", counts, 1.0)), 1.0)
        counts = nodes.add("Where", nodes.add("Greater", counts, 0.0), logarithm, 0.0)
    if model.use_idf:
        counts = nodes.add("Mul", counts, np.asarray(model.idf_)[None, :])
    if model.norm not in (None, "l1", "l2"):
        raise NotConvertibleError(f"TfidfTransformer with norm {model.norm!r}", use='norm="l2", "l1" or None')
    return normalized(nodes, counts, model.norm) if model.norm else counts
