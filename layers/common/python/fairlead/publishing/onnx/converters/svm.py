"""Converters of support vector machines: libsvm's kernels, one-against-one votes and decision values, in doubles."""

from itertools import combinations
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import ML, Nodes
from fairlead.publishing.onnx.converters.link_functions import break_ties, pairs_by_class, positive_indices

KERNELS = {"linear": "LINEAR", "poly": "POLY", "rbf": "RBF", "sigmoid": "SIGMOID"}


def support_vector_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the class with the most votes of all pairs, as predict does; it may differ from the most probable class."""
    model = operator.raw_operator
    matrix = nodes.matrix(operator)
    pairs = nodes.add(
        "Add", nodes.add("MatMul", _kernel(nodes, model, matrix), _pair_weights(model)), model._intercept_
    )
    binary = len(model.classes_) == 2
    scores = nodes.add("Neg", pairs)
    if binary:
        indices = positive_indices(nodes, scores)
    else:
        votes, scores = _votes(nodes, pairs, len(model.classes_))
        indices = nodes.first_largest(scores if model.break_ties else votes)
        scores = scores if model.decision_function_shape == "ovr" else pairs
    probabilities = hasattr(model, "predict_proba") and not nodes.wants_scores(operator)
    nodes.fill(operator.outputs[0], nodes.labels(indices, model.classes_))
    nodes.fill(operator.outputs[1], _probabilities(nodes, model, matrix) if probabilities else scores)


def support_vector_regressor(nodes: Nodes, operator: Any) -> None:
    """Write the decision value."""
    nodes.fill(operator.outputs[0], _decision(nodes, operator))


def one_class(nodes: Nodes, operator: Any) -> None:
    """Write labels 1 and -1, and decision_function's scores."""
    scores = _decision(nodes, operator)
    inside = nodes.add("Reshape", nodes.add("Greater", scores, 0.0), np.array([-1]))
    nodes.fill(operator.outputs[0], nodes.add("Where", inside, np.int64(1), np.int64(-1)))
    nodes.fill(operator.outputs[1], scores)


def _decision(nodes: Nodes, operator: Any) -> str:
    model = operator.raw_operator
    kernel = _kernel(nodes, model, nodes.matrix(operator))
    return nodes.add("Add", nodes.add("MatMul", kernel, _dense(model._dual_coef_).T), model._intercept_)


def _kernel(nodes: Nodes, model: Any, matrix: str) -> str:
    """Write kernel values of each row with each support vector, shape (rows, support vectors)."""
    if model.kernel not in KERNELS:
        raise NotConvertibleError(
            f"{type(model).__name__} with kernel {model.kernel!r}", use='kernel="rbf", "linear", "poly" or "sigmoid"'
        )
    vectors = _dense(model.support_vectors_)
    products = nodes.add("MatMul", matrix, vectors.T)
    if model.kernel == "linear":
        return products
    if model.kernel == "rbf":
        own = nodes.add("ReduceSumSquare", matrix, np.array([1]), keepdims=1)
        distances = nodes.add("Add", nodes.add("Mul", products, -2.0), (vectors**2).sum(axis=1)[None, :])
        return nodes.add("Exp", nodes.add("Mul", nodes.add("Add", distances, own), -float(model._gamma)))
    scaled = nodes.add("Add", nodes.add("Mul", products, float(model._gamma)), float(model.coef0))
    return nodes.add("Tanh", scaled) if model.kernel == "sigmoid" else nodes.add("Pow", scaled, float(model.degree))


def _pair_weights(model: Any) -> Any:
    """Return libsvm's coefficients with one column per pair of classes, shape (support vectors, pairs)."""
    ends = np.cumsum(model._n_support)
    starts = ends - model._n_support
    pairs = list(combinations(range(len(model.classes_)), 2))
    weights = np.zeros((int(ends[-1]), len(pairs)))
    coefficients = _dense(model._dual_coef_)
    for column, (first, second) in enumerate(pairs):
        weights[starts[first] : ends[first], column] = coefficients[second - 1, starts[first] : ends[first]]
        weights[starts[second] : ends[second], column] = coefficients[first, starts[second] : ends[second]]
    return weights


def _dense(values: Any) -> Any:
    """Return values as a dense array: a machine fitted on a sparse matrix has sparse vectors."""
    return values.toarray() if hasattr(values, "toarray") else np.asarray(values, dtype=np.float64)


def _votes(nodes: Nodes, pairs: str, classes: int) -> tuple[str, str]:
    """Write votes by class, and scikit-learn's continuous scores, which break ties."""
    first, second = pairs_by_class(classes)
    won = nodes.cast(nodes.add("Greater", pairs, 0.0), np.float64)
    lost = nodes.add("Sub", 1.0, won)
    votes = nodes.add("Add", nodes.add("MatMul", won, first), nodes.add("MatMul", lost, second))
    confidence = nodes.add("MatMul", pairs, first - second)
    return votes, break_ties(nodes, votes, confidence)


def _probabilities(nodes: Nodes, model: Any, matrix: str) -> str:
    """Write Platt's probabilities by onnxruntime's own operator, which couples pairs as libsvm does, in floats."""
    floats = {
        "coefficients": np.ravel(_dense(model._dual_coef_)),
        "support_vectors": np.ravel(_dense(model.support_vectors_)),
        "rho": model._intercept_,
        "prob_a": model._probA,
        "prob_b": model._probB,
        "kernel_params": [model._gamma, model.coef0, model.degree],
    }
    _, probabilities = nodes.several(
        "SVMClassifier",
        nodes.cast(matrix, np.float32),
        outputs=2,
        domain=ML,
        kernel_type=KERNELS[model.kernel],
        vectors_per_class=[int(count) for count in model._n_support],
        classlabels_ints=list(range(len(model.classes_))),
        **{name: [float(value) for value in values] for name, values in floats.items()},
    )
    return nodes.cast(probabilities, np.float64)
