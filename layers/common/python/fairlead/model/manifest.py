"""The manifest: the complete description of a version. It is written once, after the blobs.

Law: `decode(encode(m)) == m`. A release freezes `sha256_of(encode(m))`. To change the format, add a field with a
default. If old readers would misread the new meaning, raise SCHEMA: old readers refuse it.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model.signature import Signature

SCHEMA = 2
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors of msgspec for unreadable bytes: no such document, no UTF-8, nested too deeply."""

CODE = "code"
"""The blob of a version's own package."""

EngineName = Literal["onnx", "sklearn"]


class Blob(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bytes in the registry: SHA-256 in lower-case hex, size in bytes.

    `copy` is the suffix of its name if other bytes already had the plain name.
    """

    sha256: str
    size: int
    copy: str = ""


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """One input tensor of the ONNX graph: shape (rows, len(fields)), columns in this order.

    For a counted text field the tensor has one column for each term in the graph's metadata.
    """

    name: str
    dtype: Literal["float32", "float64", "int64", "string"]
    fields: tuple[str, ...]


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The engine that serves this version, its blob, and the reason for the choice.

    `inputs` and `outputs` describe the ONNX graph and are empty for `sklearn`; `outputs` maps the names
    (`label`, `probabilities`, `value`, `score`, `refused`) to the graph's output names. `refused` marks the rows that
    the estimator refuses; graphs of estimators that take every row of their signature have no such output. `code` is
    the blob of the publisher's own package, which this engine imports; empty for an engine that imports none.
    """

    name: EngineName
    blob: str
    code: str = ""
    reason: str = ""
    inputs: tuple[Tensor, ...] = ()
    outputs: dict[str, str] = {}


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The result of parity: engine and estimator answered `rows` rows; `boundary_rows` of them lie next to thresholds.

    `largest_difference` is the maximum over probabilities, values or scores, and at most `tolerance`: absolute for
    probabilities, else relative to max(1, |value|). Engine and estimator both refused `unanswerable_rows` rows.
    """

    rows: int
    boundary_rows: int
    label_differences: int
    largest_difference: float
    tolerance: float
    unanswerable_rows: int = 0


class Parent(msgspec.Struct, frozen=True):
    """The previous version and its manifest's digest: manifests form a hash chain."""

    version: int
    sha256: str


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """The recipe to fit this estimator again: class path, constructor parameters as text, fit arguments as text."""

    estimator: str
    parameters: dict[str, str]
    fit_arguments: dict[str, str] = {}


class Metric(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A metric on the held-out rows; `low` and `high` bound its confidence interval if one was computed."""

    value: float
    low: float | None = None
    high: float | None = None


Decision = Literal["pass", "warn", "fail", "inconclusive", "not applicable"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the gate's table.

    `figure` and `threshold` are the compared values as text. `refuses` is whether this line alone refuses the version.
    `figures` are numbers for the report.
    """

    check: str
    finding: str
    verdict: Decision
    figure: str = ""
    threshold: str = ""
    detail: str = ""
    refuses: bool = False
    figures: dict[str, float] = {}


class Forced(msgspec.Struct, frozen=True, kw_only=True):
    """A publication by `--force`: who overruled the gate, and why."""

    by: str
    reason: str


class Explaining(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The method by which predictions are explained, with the blob `explanation`; `off` has none.

    `reason` says why the method is not exact, or why there is none.
    """

    method: Literal["tree", "linear", "sampled", "off"]
    reason: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version of one model.

    `findings` are the gate's, in its order. `policy` is the SHA-256 of the gate's policy, stored as the blob `policy`.
    `champion` is the version that this one was compared with. Versions older than the gate have none of the three.
    `walls` name the sandbox of the process that read the model file; a notebook's estimator has none. `source` is
    the URI that the model was imported from. `package` is the name of the publisher's own package, whose zip is the
    blob `code`; empty for a version without own code.
    `explanation` says how predictions are explained; versions of older Fairleads have none.
    """

    schema: int
    model: str
    version: int
    created: datetime
    created_by: str
    git_commit: str | None
    parent: Parent | None
    signature: Signature
    engine: Engine
    parity: Certificate | None
    metrics: dict[str, Metric]
    rows: dict[str, int]
    blobs: dict[str, Blob]
    environment: dict[str, str]
    recipe: Recipe
    findings: tuple[Finding, ...] = ()
    policy: str = ""
    forced: Forced | None = None
    champion: int | None = None
    walls: tuple[str, ...] = ()
    source: str = ""
    explanation: Explaining | None = None
    package: str = ""


def encode(manifest: Manifest) -> bytes:
    """Return the bytes that are stored and hashed."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(data: bytes) -> Manifest:
    """Return a manifest; raises SchemaError for an unknown schema number, else IntegrityError."""
    try:
        schema = msgspec.json.decode(data, type=dict[str, Any]).get("schema")
    except UNREADABLE as error:
        raise IntegrityError(f"the manifest is not JSON: {error}") from error
    if schema != SCHEMA:
        raise SchemaError(
            f"the manifest has schema {schema!r}, this Fairlead reads {SCHEMA}",
            hint="install the Fairlead that published it, or a newer one",
        )
    try:
        return msgspec.json.decode(data, type=Manifest)
    except UNREADABLE as error:
        raise IntegrityError(f"the manifest is malformed: {error}") from error
