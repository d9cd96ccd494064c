"""Rows of a file as instances of a request."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import DataError

if TYPE_CHECKING:
    from fairlead.signature import Signature


def read_instances(path: Path, signature: "Signature", *, limit: int | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows by field name, missing values as None, and the columns that the model does not take."""
    from fairlead.publishing.signatures import left_out, to_rows
    from fairlead.publishing.tables import read_table

    frame = read_table(path)
    if limit is not None:
        frame = frame.head(limit)
    names = [field.name for field in signature.inputs]
    instances = [dict(zip(names, row, strict=True)) for row in to_rows(signature, frame)]
    for position, instance in enumerate(instances):
        for name, value in instance.items():
            if isinstance(value, float) and math.isinf(value):
                raise DataError(
                    f"row {position}, {name}: JSON has no infinity", hint="leave the field empty if unknown"
                )
    by_position = not set(names) <= set(frame.columns)
    return instances, [] if by_position else left_out(signature, frame)
