"""From the explained sums to the answers: which output of a row is explained, and whether sums and answers agree."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fairlead.model.answers import Answers
from fairlead.model.explanation import Link
from fairlead.model.signature import Output, Scalar

Array = np.ndarray[Any, Any]
TOLERANCE = 1e-6
"""Largest difference, absolute for probabilities, else relative to max(1, |value|)."""


def outputs_of(output: Output, answers: Answers) -> list[Scalar]:
    """Return the explained output of each row: its label, or the name of the number."""
    if output.task == "regression":
        return [output.target or "value"] * len(answers.values or ())
    if output.task == "anomaly":
        return ["score"] * len(answers.scores or ())
    return list(answers.labels or ())


def places_of(output: Output, answers: Answers) -> list[int]:
    """Return the position of each row's label among the classes; 0 for models without classes."""
    if not output.classes:
        return [0] * max(len(column) for column in (answers.labels, answers.values, answers.scores, ()) if column)
    places = {(type(one), one): place for place, one in enumerate(output.classes)}
    return [places[type(label), label] for label in answers.labels or ()]


def of_both_classes(sums: Array, output: Output) -> Array:
    """Return one column for each class; of two classes, `sums` may have the second one's alone."""
    return np.hstack([-sums, sums]) if sums.shape[1] == 1 and output.classes else sums


def disagreeing(link: Link, sums: Array, answers: Answers) -> list[int]:
    """Return the rows whose sums, shape (rows, outputs), do not lead to the answers."""
    if link == "label":
        return []
    given: Any = answers.probabilities if link in _SHARES else answers.values
    expected = np.asarray(given, dtype=np.float64).reshape(len(sums), -1)
    with np.errstate(all="ignore"):
        found = _SHARES[link](sums) if link in _SHARES else _NUMBERS[link](sums)
    far = np.abs(found - expected) > TOLERANCE * np.maximum(1.0, np.abs(expected))
    return np.flatnonzero((far | np.isnan(found)).any(axis=1)).tolist()


def measure_of(output: Output) -> Callable[[Answers, int], Array]:
    """Return the number that sampling explains: a probability, a value, a score, or 1 where the label is given."""

    def measured(answers: Answers, place: int) -> Array:
        if answers.values is not None:
            return np.asarray(answers.values, dtype=np.float64)
        if answers.scores is not None:
            return np.asarray(answers.scores)
        if answers.probabilities is not None:
            return np.asarray(answers.probabilities)[:, place]
        wanted = output.classes[place] if output.classes else place
        return np.array([float(label == wanted) for label in answers.labels or ()])

    return measured


def sampled_scale(output: Output) -> str:
    """Return the scale of sampled reasons."""
    if output.task == "regression":
        return "value"
    if output.task == "anomaly":
        return "score"
    return "probability" if output.probabilities else "1 where the label is the answered one, else 0"


def _logistic(sums: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -sums))


def _softmax(sums: Array) -> Array:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return _normalised(powers)


def _normalised(shares: Array) -> Array:
    return shares / shares.sum(axis=1, keepdims=True)


_SHARES: dict[str, Callable[[Array], Array]] = {
    "probability": lambda sums: sums,
    "logistic": _logistic,
    "softmax": _softmax,
    "logistic shares": lambda sums: _normalised(_logistic(sums)),
}
_NUMBERS: dict[str, Callable[[Array], Array]] = {"identity": lambda sums: sums, "log": np.exp}


def labels_decided(sums: Array, places: Sequence[int]) -> list[int]:
    """Return the rows whose largest sum, shape (rows, classes), is not that of the answered label."""
    chosen = sums[np.arange(len(sums)), places]
    return np.flatnonzero(chosen < sums.max(axis=1) - TOLERANCE * np.maximum(1.0, np.abs(chosen))).tolist()
