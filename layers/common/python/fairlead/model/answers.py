"""A model's answers to a batch of rows, and the canonical text that answers and outcomes are compared by."""

from collections.abc import Sequence

import msgspec

from fairlead.model.signature import Scalar


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to a batch of rows, one element for each row; columns that the task does not have are None.

    `probabilities` are in the order of the signature's classes; `values` is a number for each row, or a list where the
    estimator has several targets; `scores` are lower for more abnormal rows, negative for outliers.
    """

    labels: list[Scalar] | None = None
    probabilities: list[list[float]] | None = None
    values: list[float | list[float]] | None = None
    scores: list[float] | None = None


def join(parts: Sequence[Answers]) -> Answers:
    """Return the answers to several batches, at least one, as the answers to one batch."""
    if len(parts) == 1:
        return parts[0]
    columns = {name: [getattr(part, name) for part in parts] for name in Answers.__struct_fields__}
    return Answers(
        **{name: None if None in some else [one for part in some for one in part] for name, some in columns.items()}
    )


def canonical(actual: Scalar | dict[str, float]) -> str:
    """Return one text for equal answers or outcomes: 1 equals 1.0, and differs from true and from "1"."""
    if isinstance(actual, float) and actual.is_integer() and abs(actual) < 2**53:
        actual = int(actual)
    return msgspec.json.encode(actual, order="sorted").decode()
