"""Evidence: the input of the checks. It has facts and arrays only, no estimator, engine or file.

A missing float is NaN, a missing code is -1. Arrays of one `Rows` have the same length.
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
    """One input: numbers, integers and booleans as floats; categories and text as codes into `levels`."""

    name: str
    kind: Kind
    values: Any  # Floats, or Codes where there are levels
    levels: tuple[str | int, ...] | None = None

    def missing(self) -> Mask:
        """Return a mask of the rows whose value is missing."""
        mask: Mask = np.isnan(self.values) if self.levels is None else self.values < 0
        return mask


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """Answers: `labels` are class codes, `probabilities` have shape (rows, classes), `values` (rows, targets).

    `labels` of a clustering are cluster indices; `scores` are those of an anomaly detector.
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
    """Rows of a table.

    `target` has class codes (-1: a class the model does not know) or floats (rows, targets). `digests` identify each
    row's inputs, `order` is each row's time, `groups` identify the group that each row belongs to.
    """

    count: int
    columns: tuple[Column, ...] = ()
    target: Any = None  # Codes or Floats
    digests: Digests | None = None
    order: Floats | None = None
    groups: Digests | None = None


class Champion(msgspec.Struct, frozen=True, kw_only=True):
    """The live version's answers to the held-out rows.

    `trained_on` marks the held-out rows that it was trained on; None if its training rows have no digests. `chosen` is
    the reason why this version counts as the live one, `unanswered` the reason why it has no answers.
    """

    version: int
    signature: Signature
    predicted: Predicted | None = None
    trained_on: Mask | None = None
    unanswered: str = ""
    chosen: str = ""


class Folds(msgspec.Struct, frozen=True, kw_only=True):
    """Cross-validation figures by metric, one a fold; `how` is stratified, plain, grouped or time."""

    how: str
    figures: dict[str, tuple[float, ...]]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a robustness probe of one `kind` on the input `field` (empty: all inputs).

    Of `rows` rows, `broken` got no finite answer and `changed` got a different answer the second time. `example` is one
    error message.
    """

    kind: str
    rows: int
    field: str = ""
    broken: int = 0
    changed: int = 0
    example: str = ""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of the engine in a fresh process: bytes, and milliseconds of CPU time, which a busy machine does not change.

    `cold_load_ms` is from the interpreter's start to the first answer; `one_row_ms` and `hundred_rows_ms` are means.
    `golden` is whether the golden answers are right, None without golden rows. `failure` is why nothing was measured.
    """

    artifact_bytes: int
    memory_bytes: int = 0
    cold_load_ms: float = 0.0
    one_row_ms: float = 0.0
    hundred_rows_ms: float = 0.0
    golden: bool | None = None
    failure: str = ""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """The loss that a regressor minimises; `parameter` is the quantile of a pinball loss or the power of a deviance."""

    kind: Literal["absolute", "pinball", "deviance"]
    parameter: float = 0.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All facts about a candidate. A fact that was not collected is None, and its check is not applicable.

    `loss` is a regressor's loss if that is not squared error. `no_champion` is why there is none to compare with.
    """

    signature: Signature
    held_out: Rows
    predicted: Predicted
    training: Rows | None = None
    champion: Champion | None = None
    no_champion: str = "no other version of this model is in service"
    folds: Folds | None = None
    probes: tuple[Probe, ...] | None = None
    budget: Budget | None = None
    engine: Engine | None = None
    parity: Certificate | None = None
    loss: Loss | None = None
    allow_breaking: bool = False


def classes_of(output: Output) -> tuple[Scalar, ...]:
    """Return the labels that class codes stand for; -1 and 1 for an anomaly detector, none without classes."""
    if output.task == "anomaly":
        return (-1, 1)
    return (output.classes or ()) if output.task == "classification" else ()
