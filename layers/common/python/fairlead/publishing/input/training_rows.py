"""Training rows as a blob, stored only where the publisher asks for it.

The blob is compressed MessagePack (exact doubles, JSON's types): values in signature order, column by column. It is no
pickle, and Lambda's training layer has all that reads it. Law: `decode(encode(t)) == t`. The blob may be deleted at any
time: the version still serves and its manifest still names the blob, but retraining must be given the rows.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.errors import DataError, IntegrityError, SchemaError
from fairlead.model.signature import Output, Signature
from fairlead.publishing.input.inputs import PublishInputs
from fairlead.publishing.signature import infer
from fairlead.publishing.signature.output import label, one_target

SCHEMA = 1
BLOB = "training"
"""The blob's name in a manifest."""

MOST_BYTES = 2_000_000_000
"""Decompressed: a small blob could decompress to more than memory holds."""

Row = tuple[Any, ...]


class TrainingRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order of `fields`, with their target: one class or value per row, a list for several targets.

    `ids` has the prediction id of each row that came from production, empty for the others.
    """

    schema: int = SCHEMA
    fields: tuple[str, ...]
    rows: list[Row]
    target: list[Any]
    ids: list[str]


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    fields: tuple[str, ...]
    columns: list[msgspec.Raw]
    target: list[Any]
    ids: dict[int, str]


def training_blob(inputs: PublishInputs, signature: Signature) -> bytes:
    """Return the training rows as the bytes of a blob; raises DataError where they have no target."""
    rows = infer.to_rows(signature, inputs.train)
    target = targets(signature.output, inputs.train_y, len(rows))
    ids = list(inputs.learnt_from) or [""] * len(rows)
    names = tuple(field.name for field in signature.inputs)
    return encode(TrainingRows(fields=names, rows=rows, target=target, ids=ids))


def targets(output: Output, y: Any, count: int) -> list[Any]:
    """Return one target per row, of JSON's types; raises DataError where there are none."""
    y = one_target(y, rows=count)
    if y is None:
        raise DataError("the training rows have no target", hint="give them with the target column")
    if output.task == "classification":
        return [label(value) for value in np.asarray(y, dtype=object)]
    values: list[Any] = np.asarray(y, dtype=np.float64).tolist()
    return values


def encode(training: TrainingRows) -> bytes:
    """Return the bytes of the blob."""
    columns = [msgspec.Raw(msgspec.msgpack.encode(column)) for column in zip(*training.rows, strict=True)]
    stored = _Stored(
        schema=training.schema,
        fields=training.fields,
        columns=columns,
        target=training.target,
        ids={place: name for place, name in enumerate(training.ids) if name},
    )
    return zlib.compress(msgspec.msgpack.encode(stored))


def decode(blob: bytes) -> TrainingRows:
    """Read training rows; raises SchemaError for an unknown schema number, IntegrityError for unreadable bytes."""
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(blob, MOST_BYTES)
        if not unpacking.eof:
            raise IntegrityError(f"the training rows take more than {MOST_BYTES:,} bytes or are truncated")
        stored = msgspec.msgpack.decode(data, type=_Stored)
        columns: Sequence[list[Any]] = [msgspec.msgpack.decode(column, type=list) for column in stored.columns]
        rows: list[Row] = list(zip(*columns, strict=True))
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise IntegrityError(f"the training rows are malformed: {error}") from error
    if stored.schema != SCHEMA:
        raise SchemaError(f"the training rows have schema {stored.schema}, this Fairlead reads {SCHEMA}")
    if len(columns) != len(stored.fields) or len(rows) != len(stored.target):
        raise IntegrityError("the training rows are malformed: columns and targets differ in length")
    ids = [stored.ids.get(place, "") for place in range(len(rows))]
    return TrainingRows(fields=stored.fields, rows=rows, target=stored.target, ids=ids)
