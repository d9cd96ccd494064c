"""Converters of linear classifiers: labels from the decision function, as in scikit-learn, and probabilities."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import (
    binary_probabilities,
    positive_indices,
    shares,
    write_classes,
)

CLOSE = 1e-9


def linear_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the decision function as one product, then probabilities by the link that the estimator uses."""
    model = operator.raw_operator
    weights = np.atleast_2d(model.coef_).T
    scores = nodes.add("Add", nodes.add("MatMul", nodes.matrix(operator), weights), np.ravel(model.intercept_))
    binary = weights.shape[1] == 1
    indices = positive_indices(nodes, scores) if binary else nodes.first_largest(scores)
    second = scores
    if hasattr(model, "predict_proba") and not nodes.wants_scores(operator):
        second = LINKS[probability_link(model, binary=binary)](nodes, scores)
    write_classes(nodes, operator, indices=indices, probabilities=second)


def probability_link(model: Any, *, binary: bool) -> str:
    """Return the link whose probabilities equal the estimator's own: it depends on version, solver and loss."""
    scores = np.random.default_rng(0).normal(scale=2.0, size=(64, len(np.ravel(model.intercept_))))
    rows = (scores - np.ravel(model.intercept_)) @ np.linalg.pinv(np.atleast_2d(model.coef_).T)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        raw = model.decision_function(rows)
        wanted = model.predict_proba(rows)
        for name, formula in (_BINARY if binary else _MULTICLASS).items():
            if np.allclose(formula(raw), wanted, rtol=0, atol=CLOSE):
                return name
    raise NotConvertibleError(f"predict_proba of {type(model).__name__}", use="LogisticRegression")


def _pair(positive: Any) -> Any:
    return np.column_stack([1 - positive, positive])


def _expit(value: Any) -> Any:
    return 1 / (1 + np.exp(-value))


def _shares(value: Any) -> Any:
    return value / value.sum(axis=1, keepdims=True)


_BINARY: dict[str, Callable[[Any], Any]] = {
    "logistic": lambda raw: _pair(_expit(raw)),
    "twice logistic": lambda raw: _pair(_expit(2 * raw)),
    "modified Huber": lambda raw: _pair((np.clip(raw, -1, 1) + 1) / 2),
}
_MULTICLASS: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda raw: _shares(np.exp(raw - raw.max(axis=1, keepdims=True))),
    "logistic shares": lambda raw: _shares(_expit(raw)),
    "modified Huber shares": lambda raw: _even(np.clip(raw, -1, 1) + 1),
}


def _even(value: Any) -> Any:
    return _shares(np.where(value.sum(axis=1, keepdims=True) == 0, 1.0, value))


def _huber(nodes: Nodes, scores: str) -> str:
    return nodes.add("Add", nodes.add("Clip", scores, -1.0, 1.0), 1.0)


def _huber_pair(nodes: Nodes, scores: str) -> str:
    positive = nodes.add("Div", _huber(nodes, scores), 2.0)
    return nodes.add("Concat", nodes.add("Sub", 1.0, positive), positive, axis=1)


def _logistic(nodes: Nodes, scores: str) -> str:
    """Write scipy's expit, which is zero below -709; onnxruntime's Sigmoid is not, and shares of tiny values differ."""
    return nodes.add("Div", 1.0, nodes.add("Add", nodes.add("Exp", nodes.add("Neg", scores)), 1.0))


LINKS: dict[str, Callable[[Nodes, str], str]] = {
    "logistic": binary_probabilities,
    "twice logistic": lambda nodes, scores: binary_probabilities(nodes, nodes.add("Mul", scores, 2.0)),
    "modified Huber": _huber_pair,
    "softmax": lambda nodes, scores: nodes.add("Softmax", scores, axis=1),
    "logistic shares": lambda nodes, scores: shares(nodes, _logistic(nodes, scores)),
    "modified Huber shares": lambda nodes, scores: shares(nodes, _huber(nodes, scores)),
}
