"""The explanation of a version's predictions: the blob `explanation`, and the reasons that are computed with it.

Arrays are bytes with a dtype and a shape, so that opening the blob runs no code.
"""

from typing import Any, Literal

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model import manifest
from fairlead.model.signature import Scalar

SCHEMA = 1
BLOB = "explanation"
METHODS = {
    "tree": "exact Shapley values of the trees, path-dependent",
    "linear": "exact Shapley values of the linear model, against the mean row",
    "sampled": "sampled Shapley values, against background rows",
}
Link = Literal["identity", "probability", "logistic", "softmax", "logistic shares", "log", "label"]
"""From the explained sums to the answer: a value, class probabilities, their log-odds, a softmax, normalised logistic
functions, the logarithm of a value, or scores that only decide the label."""
SCALES: dict[Link, str] = {
    "identity": "value",
    "probability": "probability",
    "logistic": "log-odds",
    "softmax": "log of the odds, up to a constant that all classes share",
    "logistic shares": "score before the logistic function",
    "log": "logarithm of the value",
    "label": "decision function",
}


class PackedArray(msgspec.Struct, frozen=True):
    """An array as little-endian bytes, row-major."""

    dtype: Literal["<f8", "<i4", "|u1"]
    shape: tuple[int, ...]
    data: bytes


class Encoder(msgspec.Struct, frozen=True, kw_only=True):
    """The ONNX graph of the steps before the last: rows in, the matrix that trees or coefficients read out."""

    engine: manifest.Engine
    names: tuple[str, ...]
    graph: bytes


class Trees(msgspec.Struct, frozen=True, kw_only=True):
    """All nodes of an ensemble, each tree's behind the other's; children have higher numbers than their parent.

    By node: `feature` (column), `threshold`, `left` and `right` (-1 for leaves), `missing_left`, `cover` (weight of the
    training rows), `member_set` (row of `sets`: the categories that go left there, 256 bits; -1 for thresholds).
    By leaf, in the nodes' order: `values`, shape (leaves, width), added to the outputs from `target` on.
    `start` is added to each output. `single` rounds numbers to single precision before they are compared.
    """

    feature: PackedArray
    threshold: PackedArray
    left: PackedArray
    right: PackedArray
    missing_left: PackedArray
    cover: PackedArray
    member_set: PackedArray
    sets: PackedArray
    values: PackedArray
    target: PackedArray
    start: PackedArray
    single: bool


class Linear(msgspec.Struct, frozen=True, kw_only=True):
    """Coefficients, shape (columns, outputs), intercepts by output, and the mean of each column over the background."""

    coefficients: PackedArray
    intercepts: PackedArray
    means: PackedArray


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the blob: exactly one of `trees`, `linear` and `background`.

    `columns` maps each column of the matrix to its field's position. `background` are rows in signature order.
    """

    schema: int
    link: Link
    columns: tuple[int, ...] = ()
    encoder: Encoder | None = None
    trees: Trees | None = None
    linear: Linear | None = None
    background: list[tuple[Any, ...]] | None = None


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """The reasons of a batch: for each row the explained output, its base value and one contribution for each field.

    Base value and contributions add up to the prediction on the scale. `errors` are standard errors of contributions,
    None where they are exact.
    """

    method: str
    scale: str
    outputs: list[Scalar]
    bases: list[float]
    contributions: list[list[float]]
    errors: list[list[float]] | None = None


def encode(explanation: Explanation) -> bytes:
    """Return the bytes of the blob."""
    return msgspec.msgpack.encode(explanation)


def decode(data: bytes) -> Explanation:
    """Return a blob's content; raises SchemaError for an unknown schema number, else IntegrityError."""
    try:
        found = msgspec.msgpack.decode(data, type=Explanation)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise IntegrityError(f"the explanation is malformed: {error}") from error
    if found.schema != SCHEMA:
        raise SchemaError(f"the explanation has schema {found.schema}, this Fairlead reads {SCHEMA}")
    return found
