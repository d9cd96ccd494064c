"""The texts of a 422: what a field takes, what came instead, and the error that lists both by row and field."""

import json
import math
from collections.abc import Sequence
from typing import Any

from fairlead.errors import FieldError, RowsError
from fairlead.model.signature import LARGEST_INTEGER, Field

EXPECTED = {
    "number": "a finite number",
    "integer": f"a whole number between ±{LARGEST_INTEGER}",
    "boolean": "true or false",
    "category": "a category",
    "text": "text",
}
HINT = "GET /model shows the signature, GET /versions/N that of version N"
MOST_ERRORS = 20
"""Faults that one answer lists; reading stops at the last of them."""


def expected_of(field: Field) -> str:
    """Return the values that a field takes, in the words of a 422."""
    text = EXPECTED[field.kind]
    if field.kind == "number":
        text += f" between ±{field.largest:.3g}"
    if field.closed and field.categories:
        listed = ", ".join(json.dumps(category) for category in field.categories[:10])
        text = f"one of {listed}" + (", …" if len(field.categories) > 10 else "")
    return f"{text} or null" if field.nullable else text


def refusal(refused: type[RowsError], errors: Sequence[FieldError], *, hint: str = "") -> RowsError:
    """Return the error that lists these faults; `errors` is not empty."""
    first = errors[0]
    where = f"row {first['row']}" + (f", field {first['field']!r}" if first["field"] else "")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return refused(
        f"{where}: expected {first['expected']}, got {first['got']}{more}", errors=errors[:MOST_ERRORS], hint=hint
    )


def shown(value: Any) -> str:
    """Return a received value as ASCII text of at most 60 characters; objects and arrays only by their type."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN, Infinity or a number too large"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
