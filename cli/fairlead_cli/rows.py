"""Rows of a file as instances of requests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from fairlead.model.signature import Signature

BLOCK = 5_000
"""Rows converted to Python values at a time, so that memory does not grow with the file."""


def instances(signature: "Signature", frame: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    """Yield the rows by field name, missing values as None."""
    from fairlead.publishing.signature.infer import to_rows

    names = [field.name for field in signature.inputs]
    for start in range(0, len(frame), BLOCK):
        rows = to_rows(signature, frame.iloc[start : start + BLOCK])
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def unused_columns(signature: "Signature", frame: "pd.DataFrame") -> list[str]:
    """Return the columns that the model does not take; none where it takes columns by position."""
    from fairlead.publishing.signature.infer import left_out

    by_position = not {field.name for field in signature.inputs} <= set(frame.columns)
    return [] if by_position else left_out(signature, frame)
