"""What a model answers to a batch of rows, and the text by which answers and outcomes are compared."""

import msgspec

from fairlead.model.signature import Scalar


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of rows gets back, one element a row; what the task does not have is None.

    `probabilities` are in the order of the signature's classes; `values` is a number a row, or a list where the
    estimator has several targets; `scores` are lower for more abnormal rows, negative for outliers.
    """

    labels: list[Scalar] | None = None
    probabilities: list[list[float]] | None = None
    values: list[float | list[float]] | None = None
    scores: list[float] | None = None


def canonical(actual: Scalar | dict[str, float]) -> str:
    """Return the same text for equal answers or outcomes: 1 and 1.0 are equal, 1 and true and "1" are not."""
    if isinstance(actual, float) and actual.is_integer() and abs(actual) < 2**53:
        actual = int(actual)
    return msgspec.json.encode(actual, order="sorted").decode()
