"""The baseline: the distributions of inputs and answers on the held-out rows. Drift is measured against it.

It is small and bounded: counts in bins and categories, no rows. Law: `decode(encode(b)) == b`. The modules
`fairlead.publishing.baseline` and `fairlead.publishing.bins` make it; this module reads it without NumPy.
"""

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model.signature import Kind, Scalar

SCHEMA = 1


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag="numbers"):
    """Counts of numbers: bin i holds `edges[i-1] <= value < edges[i]`, the outer two are open.

    `low` and `high` are the smallest and the largest value, None without values.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    low: float | None = None
    high: float | None = None


class Categories(msgspec.Struct, frozen=True, kw_only=True, tag="categories"):
    """Counts of the most frequent categories, most frequent first; `other` counts all others together."""

    values: tuple[Scalar, ...]
    counts: tuple[int, ...]
    other: int = 0


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One input: `missing` rows have no value, `seen` counts the others; for text it counts lengths in characters.

    `importance` is the loss of quality when its values are permuted over the rows; None if that was not measured.
    """

    name: str
    kind: Kind
    missing: int
    seen: Numbers | Categories
    importance: float | None = None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The distribution of one number in the answers: probability of class `of`, value of target `of`, or score."""

    of: Scalar
    seen: Numbers


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Calibration by bins of the stated probability: rows, mean stated probability, rows of that class.

    `of` is a class; None stands for the predicted label of each row.
    """

    of: Scalar | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    stated: tuple[float, ...]
    true: tuple[int, ...]


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """The answers' distributions: labels or clusters, scores, and calibration if the target is known."""

    labels: Categories | None = None
    scores: tuple[Score, ...] = ()
    calibration: tuple[Calibration, ...] = ()


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The baseline of one version, from `rows` held-out rows."""

    schema: int
    rows: int
    features: tuple[Feature, ...]
    predictions: Predictions


def encode(baseline: Baseline) -> bytes:
    """Return the bytes of the blob."""
    return msgspec.json.encode(baseline)


def decode(data: bytes) -> Baseline:
    """Return a blob's baseline; raises SchemaError for an unknown schema number, else IntegrityError."""
    try:
        found = msgspec.json.decode(data, type=Baseline)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"the baseline is malformed: {error}") from error
    if found.schema != SCHEMA:
        raise SchemaError(f"the baseline has schema {found.schema}, this Fairlead reads {SCHEMA}")
    return found
