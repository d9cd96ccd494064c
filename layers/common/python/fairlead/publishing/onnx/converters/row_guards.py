"""Write guards: a guard is a column of the graph that is NaN for rows that a step of the estimator refuses.

Wherever a step checks its input, scikit-learn refuses NaN, infinity and, before trees, numbers beyond single precision.
A graph without guards would answer such rows. Each step is called to learn what it refuses. A guard is written only
where such a value can arise, so a pipeline that keeps finite numbers finite has none.
"""

import warnings
from typing import Any

import numpy as np

from fairlead.model.signature import LARGEST_NUMBER
from fairlead.publishing.onnx.converters.graph_inputs import holds_strings
from fairlead.publishing.onnx.converters.graph_writer import Nodes

MISSING, INFINITE, BEYOND_SINGLE = float("nan"), float("inf"), 1e39
SMALL = 2.0**53
TAKES_ALL = (
    *("HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "FunctionTransformer"),
    *("LGBMClassifier", "LGBMRegressor"),
)
"""Estimators that refuse no number (FunctionTransformer unless it validates); some answer no plain row either."""
MONOTONE = {
    *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer", "PolynomialFeatures"),
    "Normalizer",
}
"""Transformers whose answers are largest in magnitude for the inputs of largest magnitude."""
ENCODING = {
    *("OneHotEncoder", "OrdinalEncoder", "TargetEncoder", "KBinsDiscretizer", "Binarizer"),
    *("CountVectorizer", "TfidfVectorizer", "TfidfTransformer"),
}
"""Transformers whose answers are small for every input."""


def write_guard(nodes: Nodes, operator: Any) -> None:
    """Write the guard that an operator's estimator needs on its inputs, and record the bound of its answers."""
    model = operator.raw_operator
    bound = max((bound_of(nodes, variable) for variable in operator.inputs), default=np.inf)
    _note_bound(nodes, operator, bound)
    if not hasattr(model, "n_features_in_") or type(model).__name__ in ENCODING:
        return
    if any(holds_strings(variable) for variable in operator.inputs):
        return
    if type(model).__name__ == "PowerTransformer" and model.method == "box-cox":
        _guard_positive(nodes, operator)
    beyond = [value for value in (MISSING, INFINITE, BEYOND_SINGLE) if _can_be(value, bound)]
    refused = [value for value in beyond if _refuses(model, value)]
    if refused:
        nodes.inputs.refused.append(_guard(nodes, nodes.matrix(operator), refused))


def bound_of(nodes: Nodes, variable: Any) -> float:
    """Return the largest magnitude of a variable's finite numbers; infinite where an infinity or NaN may arise."""
    inputs, name = nodes.inputs, variable.onnx_name
    if inputs.is_given(variable):
        return LARGEST_NUMBER
    if name in inputs.sources:
        return max(bound_of(nodes, source) for source in inputs.sources[name])
    return inputs.bounds.get(name, np.inf)


def _note_bound(nodes: Nodes, operator: Any, bound: float) -> None:
    name = type(operator.raw_operator).__name__
    if name in ENCODING:
        answer = SMALL
    elif name == "SimpleImputer":
        answer = max(bound, SMALL)
    elif name in MONOTONE and np.isfinite(bound):
        answer = _largest_answer(operator.raw_operator, bound)
    else:
        return
    for output in operator.outputs:
        nodes.inputs.bounds[output.onnx_name] = answer


def _largest_answer(model: Any, bound: float) -> float:
    rows = np.full((2, model.n_features_in_), bound)
    rows[1] = -bound
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            answers = model.transform(rows)
        except ValueError:
            return float("inf")
    largest = float(abs(answers).max())
    return largest if np.isfinite(largest) else float("inf")


def _can_be(value: float, bound: float) -> bool:
    """Return whether a variable with this bound can have this value, from finite or missing inputs."""
    return bound > LARGEST_NUMBER if value == BEYOND_SINGLE else not np.isfinite(bound)


def _refuses(model: Any, value: float) -> bool:
    """Return whether the estimator refuses a plain row with this value put in; True where it answers no plain row."""
    if type(model).__name__ in TAKES_ALL and not getattr(model, "validate", False):
        return False
    ask = getattr(model, "predict", None) or model.transform
    for plain in (1.0, 0.0, 0.5):
        row = np.full((1, model.n_features_in_), plain)
        if _answers(ask, row):
            row[0, 0] = value
            return not _answers(ask, row)
    return True


def _answers(ask: Any, row: Any) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            ask(row)
        except Exception:  # noqa: BLE001 - estimators may raise any exception
            return False
    return True


def _guard(nodes: Nodes, matrix: str, refused: list[float]) -> str:
    """Write the sum of zero times each number of a row: NaN where a number is infinite, or missing and refused."""
    if BEYOND_SINGLE in refused:
        matrix = nodes.cast(nodes.cast(matrix, np.float32), np.float64)
    if not any(np.isnan(value) for value in refused):
        matrix = nodes.add("Where", nodes.add("IsNaN", matrix), 0.0, matrix)
    return nodes.add("ReduceSum", nodes.add("Mul", matrix, 0.0), np.array([1]), keepdims=1)


def _guard_positive(nodes: Nodes, operator: Any) -> None:
    """Write the guard of Box-Cox, which takes positive numbers only."""
    outside = nodes.add("LessOrEqual", nodes.matrix(operator), 0.0)
    refused = nodes.add("Where", outside, np.nan, 0.0)
    nodes.inputs.refused.append(nodes.add("ReduceSum", refused, np.array([1]), keepdims=1))
