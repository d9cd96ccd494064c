"""The manifest: everything a version is. Written once, last, and named by the digest of its bytes.

Law: `decode(encode(m)) == m`, and `digest(encode(m))` is what a release freezes. To change the format, add a field
with a default; when old readers would misread the new meaning, raise SCHEMA, which old readers refuse.
"""

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model.signature import Signature

SCHEMA = 2
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that hold no such document: text that is no UTF-8 and deep nesting have their own."""

EngineName = Literal["onnx", "sklearn"]


class Blob(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bytes in the registry: SHA-256 in lower-case hex, size in bytes.

    `copy` is the end of its name where other bytes stood under the plain one.
    """

    sha256: str
    size: int
    copy: str = ""


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """One input tensor of the ONNX graph: shape (rows, len(fields)), columns in this order.

    A text field may instead be counted: its tensor has a column for each term that the graph's metadata lists.
    """

    name: str
    dtype: Literal["float32", "float64", "int64", "string"]
    fields: tuple[str, ...]


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """What serves this version, from which blob, and why this one.

    `inputs` and `outputs` describe the ONNX graph and are empty for `sklearn`; `outputs` maps our words
    (`label`, `probabilities`, `value`, `score`, `refused`) to the graph's output names. `refused` says which rows the
    estimator refuses; a graph of an estimator that takes every row of its signature has none.
    """

    name: EngineName
    blob: str
    reason: str = ""
    inputs: tuple[Tensor, ...] = ()
    outputs: dict[str, str] = {}


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The parity proof: engine and estimator answered the same `rows`; `boundary_rows` of them lie beside thresholds.

    `largest_difference` is over probabilities, values or scores, and was compared with `tolerance`: absolute for
    probabilities, relative to max(1, |value|) otherwise. Both refused the same `unanswerable_rows`.
    """

    rows: int
    boundary_rows: int
    label_differences: int
    largest_difference: float
    tolerance: float
    unanswerable_rows: int = 0


class Parent(msgspec.Struct, frozen=True):
    """The version before this one, by digest: manifests form a hash chain."""

    version: int
    sha256: str


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to fit the champion's kind again: class path, constructor parameters as text, fit arguments as text."""

    estimator: str
    parameters: dict[str, str]
    fit_arguments: dict[str, str] = {}


class Metric(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure on the held-out rows; `low` and `high` bound its confidence interval where one was computed."""

    value: float
    low: float | None = None
    high: float | None = None


Decision = Literal["pass", "warn", "fail", "inconclusive", "not applicable"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the gate's table.

    `figure` and `threshold` are what was compared, already worded; `refuses` says whether this line alone refuses the
    version; `figures` are numbers for the report.
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
    """The gate refused and a person published all the same."""

    by: str
    reason: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version of one model.

    `findings` are the gate's, in its order; `policy` is the SHA-256 of the policy that judged, which is the blob
    `policy`; `champion` is the version compared with. Versions from before the gate
    have none of them. `walls` stood around the process that opened the model file; a notebook's estimator has none.
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


def encode(manifest: Manifest) -> bytes:
    """The bytes that are stored and digested."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(data: bytes) -> Manifest:
    """Read a manifest; raises SchemaError for an unknown schema number, IntegrityError for anything else unreadable."""
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


def digest(data: bytes) -> str:
    """SHA-256 in lower-case hex: the name of a blob, the identity of a manifest."""
    return hashlib.sha256(data).hexdigest()
