"""The signature: a model's inputs and its output.

`fairlead.api.instances` decodes requests by it; `fairlead.publishing.signature.infer` derives it from data.
"""

from typing import Literal

import msgspec

Kind = Literal["number", "integer", "boolean", "category", "text"]
Task = Literal["classification", "regression", "anomaly", "clustering"]
Scalar = str | int | float | bool
Layout = Literal["frame", "array", "column"]
Null = Literal["nan", "none", "na"]

LARGEST_INTEGER = 2**53
"""Doubles (IEEE 754), which engines compute with, hold integers exactly up to this size."""
LARGEST_NUMBER = 3.4028235677973362e38
"""The largest double that is finite in single precision. Trees refuse numbers beyond it, other estimators overflow."""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input column.

    `minimum`/`maximum` and `categories` describe the data and set no limit: values outside count as out of range.
    A `closed` category is a limit, because the estimator refuses unknown values.
    A `nullable` field may be null or left out; both mean missing.
    `precision` is the floating-point type of parity's proof: the engine rounds the value to it.
    `null` is the missing value that the estimator gets for null: NaN, None or pandas' NA.
    `largest` limits a number's absolute value: parity was proved up to it.
    `objects` is whether the estimator's encoder was fitted on numbers as Python objects, and compares only those.
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
    """The answer to one row.

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
    """Return the classes as member names of JSON answers; numbers and booleans in JSON's notation."""
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
    """Return the position of each input among all the estimator's columns."""
    ignored = {column.position for column in signature.ignored}
    return [place for place in range(len(signature.inputs) + len(ignored)) if place not in ignored]
