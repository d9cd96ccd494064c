"""Evidence: what the checks look at. Facts and arrays only; no estimator, no engine, no file.

Floats that are missing are NaN, codes that are missing are -1. Arrays of one `Rows` have the same length.
"""

from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from fairlead.model.manifest import Certificate, Engine
from fairlead.model.signature import Kind, Output, Scalar, Signature

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Digests = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One input: numbers (also integers, booleans) as floats, or codes into `levels` for categories and text."""

    name: str
    kind: Kind
    values: Any  # Floats, or Codes where there are levels
    levels: tuple[str | int, ...] | None = None

    def missing(self) -> Mask:
        """Where the value is missing."""
        mask: Mask = np.isnan(self.values) if self.levels is None else self.values < 0
        return mask


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """Answers: `labels` are codes into the classes, `probabilities` (rows, classes), `values` (rows, targets).

    Of a clustering, `labels` are the clusters' indices; `scores` are an anomaly detector's.
    """

    labels: Codes | None = None
    probabilities: Floats | None = None
    values: Floats | None = None
    scores: Floats | None = None

    def take(self, where: Mask | npt.NDArray[np.intp]) -> "Predicted":
        """Return the answers of some rows."""
        arrays = msgspec.structs.asdict(self)
        return Predicted(**{name: None if array is None else array[where] for name, array in arrays.items()})


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows with what is known of them.

    `target` is codes into the classes (-1: a class the model does not know) or floats (rows, targets); `digests` name
    each row's inputs; `order` is when it happened; `groups` is whom it belongs to.
    """

    count: int
    columns: tuple[Column, ...] = ()
    target: Any = None  # Codes or Floats
    digests: Digests | None = None
    order: Floats | None = None
    groups: Digests | None = None


class Champion(msgspec.Struct, frozen=True, kw_only=True):
    """The live version's answers to the held-out rows.

    `trained_on` marks the held-out rows that it was trained on, None where no digests of its training rows were kept.
    `chosen` says why this version is taken for the live one, `unanswered` why it could not answer them.
    """

    version: int
    signature: Signature
    predicted: Predicted | None = None
    trained_on: Mask | None = None
    unanswered: str = ""
    chosen: str = ""


class Folds(msgspec.Struct, frozen=True, kw_only=True):
    """Cross-validation figures: metric to one figure a fold; `how` is stratified, plain, grouped or time."""

    how: str
    figures: dict[str, tuple[float, ...]]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Questions asked twice or asked strangely: `kind` is what was tried, `field` on which input (empty: on all).

    Of `rows` questions, `broken` got no answer or one that is not finite, `changed` got another answer than before.
    """

    kind: str
    rows: int
    field: str = ""
    broken: int = 0
    changed: int = 0
    example: str = ""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine costs in a fresh process: bytes, and milliseconds of CPU time, which a busy machine leaves alone.

    `cold_load_ms` is from the interpreter's start to the first answer; `one_row_ms` and `hundred_rows_ms` are
    means; `golden` is None where no golden answers were asked; `failure` says why nothing was measured.
    """

    artifact_bytes: int
    memory_bytes: int = 0
    cold_load_ms: float = 0.0
    one_row_ms: float = 0.0
    hundred_rows_ms: float = 0.0
    golden: bool | None = None
    failure: str = ""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """The loss that a regressor minimised; `parameter` is the quantile of a pinball loss, the power of a deviance."""

    kind: Literal["absolute", "pinball", "deviance"]
    parameter: float = 0.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the gate knows of a candidate. What was not gathered is None, and its checks say so.

    `loss` is a regressor's own where that is not squared error.
    """

    signature: Signature
    held_out: Rows
    predicted: Predicted
    training: Rows | None = None
    champion: Champion | None = None
    folds: Folds | None = None
    probes: tuple[Probe, ...] | None = None
    budget: Budget | None = None
    engine: Engine | None = None
    parity: Certificate | None = None
    loss: Loss | None = None
    allow_breaking: bool = False


def classes_of(output: Output) -> tuple[Scalar, ...]:
    """What codes of labels mean: the classes, of an anomaly detector outlier and inlier, otherwise nothing."""
    if output.task == "anomaly":
        return (-1, 1)
    return (output.classes or ()) if output.task == "classification" else ()
