"""The signature: what a model takes and what it answers, as facts.

Decoding requests against it is `fairlead.api.instances`; taking it from data is `fairlead.publishing.signature.infer`.
"""

from typing import Literal

import msgspec

Kind = Literal["number", "integer", "boolean", "category", "text"]
Task = Literal["classification", "regression", "anomaly", "clustering"]
Scalar = str | int | float | bool
Layout = Literal["frame", "array", "column"]
Null = Literal["nan", "none", "na"]

LARGEST_INTEGER = 2**53
"""Integers beyond this are not exact in a double (IEEE 754), which is what engines compute in."""
LARGEST_NUMBER = 3.4028235677973362e38
"""The largest double that is finite in single precision. Trees refuse numbers beyond it, other estimators overflow."""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input column.

    `minimum`/`maximum` and `categories` are what the data showed, not limits: values outside count as out of range.
    A `closed` category is a limit, because the estimator itself refuses values it has not seen.
    A `nullable` field may be null or left out; both mean missing.
    `precision` is the grid on which parity was proved: the engine reads the value rounded to it.
    `null` is the missing value of the estimator's column that null stands for: NaN, None or pandas' NA.
    `largest` is a limit of a number's size, up to which parity was proved.
    `objects` says that the estimator's encoder was fitted on numbers held as Python objects, and compares only those.
    """

    name: str
    kind: Kind
    nullable: bool = False
    precision: Literal["float32", "float64"] = "float64"
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str | int, ...] | None = None  # of one type; msgspec reads no union of tuples
    closed: bool = False
    null: Null = "nan"
    largest: float = LARGEST_NUMBER
    objects: bool = False


class Output(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one row gets back.

    classification: `label`, one of `classes` in the estimator's order, and `probabilities` by class where it has them.
    regression: `value`, a number, or by name where `names` has several targets.
    anomaly: `label` 1 (inlier) or -1 (outlier) and `score`, lower = more abnormal.
    clustering: `label`, the cluster's index.
    """

    task: Task
    target: str = ""
    classes: tuple[Scalar, ...] | None = None
    probabilities: bool = False
    names: tuple[str, ...] | None = None


def class_names(output: Output) -> list[str]:
    """Spell the classes as JSON member names, as answers have them: JSON's own spelling for numbers and booleans."""
    return [value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in output.classes or ()]


class Ignored(msgspec.Struct, frozen=True):
    """A column that the estimator was fitted on and that cannot change its answers.

    `position` counts from 0 among all the estimator's columns. Requests may hold the column with any value; it is
    neither checked nor captured, and the engine fills the position with a constant.
    """

    name: str
    position: int


class Signature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Inputs in the estimator's column order, and the output; `ignored` are the columns that the model does not use.

    `layout` is how the estimator was fitted: on a DataFrame, on a bare array of two dimensions, or on one column of
    strings (a text vectorizer comes first), which is handed over as one dimension.
    """

    inputs: tuple[Field, ...]
    output: Output
    layout: Layout
    ignored: tuple[Ignored, ...] = ()


def with_ignored(signature: Signature) -> Signature:
    """Return the signature of all the estimator's columns in its order: ignored ones become numbers."""
    fields = list(signature.inputs)
    for column in sorted(signature.ignored, key=lambda one: one.position):
        fields.insert(column.position, Field(name=column.name, kind="number"))
    return msgspec.structs.replace(signature, inputs=tuple(fields), ignored=())


def positions(signature: Signature) -> list[int]:
    """Return where each input stands among all the estimator's columns."""
    ignored = {column.position for column in signature.ignored}
    return [place for place in range(len(signature.inputs) + len(ignored)) if place not in ignored]
