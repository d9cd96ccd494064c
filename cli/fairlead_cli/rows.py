"""Rows of a file as instances of requests."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fairlead.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from fairlead.model.signature import Signature

BLOCK = 5_000
"""Rows converted to Python values at a time, so that memory does not grow with the file."""


def instances(signature: "Signature", frame: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    """Yield the rows by field name, missing values as None; raises DataError naming row and field."""
    from fairlead.publishing.signature.infer import to_rows

    names = [field.name for field in signature.inputs]
    for start in range(0, len(frame), BLOCK):
        for position, row in enumerate(to_rows(signature, frame.iloc[start : start + BLOCK]), start):
            instance = dict(zip(names, row, strict=True))
            _refuse_infinity(position, instance)
            yield instance


def unused_columns(signature: "Signature", frame: "pd.DataFrame") -> list[str]:
    """Return the columns that the model does not take; none where it takes columns by position."""
    from fairlead.publishing.signature.infer import left_out

    by_position = not {field.name for field in signature.inputs} <= set(frame.columns)
    return [] if by_position else left_out(signature, frame)


def _refuse_infinity(position: int, instance: dict[str, Any]) -> None:
    values = instance.values()
    if math.inf in values or -math.inf in values:  # a fifth of the time of asking each value
        name = next(name for name, value in instance.items() if value in (math.inf, -math.inf))
        raise DataError(f"row {position}, {name}: JSON has no infinity", hint="leave the field empty if unknown")
