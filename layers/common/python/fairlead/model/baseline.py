"""The baseline: how inputs and answers were distributed on the held-out rows; what drift is measured against later.

Small and bounded: counts in bins and categories, no rows. Law: `decode(encode(b)) == b`. It is made by
`fairlead.publishing.baseline` and `fairlead.publishing.bins`; whoever only reads one needs no NumPy.
"""

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model.signature import Kind, Scalar

SCHEMA = 1


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag="numbers"):
    """Counts of numbers: bin i holds `edges[i-1] <= value < edges[i]`, the outer two are open.

    `low` and `high` are the smallest and largest value that was seen, None where there was none.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    low: float | None = None
    high: float | None = None


class Categories(msgspec.Struct, frozen=True, kw_only=True, tag="categories"):
    """Counts of the commonest categories, commonest first; `other` counts those that are not named."""

    values: tuple[Scalar, ...]
    counts: tuple[int, ...]
    other: int = 0


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One input: `missing` rows without a value, the others in `seen`; of text, its length in characters is counted.

    `importance` is how much worse the answers became when it was shuffled over the rows; None where that is unknown.
    """

    name: str
    kind: Kind
    missing: int
    seen: Numbers | Categories
    importance: float | None = None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that rows are answered with: the probability of class `of`, the value of target `of`, or a score."""

    of: Scalar
    seen: Numbers


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What a stated probability was worth: by bin, rows, mean stated probability, rows where it came true.

    `of` is a class; None is the label that was answered, whatever it was.
    """

    of: Scalar | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    stated: tuple[float, ...]
    true: tuple[int, ...]


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """Answers: labels or clusters, scores, and where the target is known what probabilities were worth."""

    labels: Categories | None = None
    scores: tuple[Score, ...] = ()
    calibration: tuple[Calibration, ...] = ()


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of one version, from `rows` held-out rows."""

    schema: int
    rows: int
    features: tuple[Feature, ...]
    predictions: Predictions


def encode(baseline: Baseline) -> bytes:
    """The bytes of the blob."""
    return msgspec.json.encode(baseline)


def decode(data: bytes) -> Baseline:
    """Read a baseline; raises SchemaError for an unknown schema number, IntegrityError for anything else unreadable."""
    try:
        found = msgspec.json.decode(data, type=Baseline)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"the baseline is malformed: {error}") from error
    if found.schema != SCHEMA:
        raise SchemaError(f"the baseline has schema {found.schema}, this Fairlead reads {SCHEMA}")
    return found
