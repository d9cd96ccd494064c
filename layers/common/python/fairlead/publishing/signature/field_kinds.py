"""Infer the kind of each column, from the tables that have it and from its use in the estimator.

* Booleans are `boolean`, integer dtypes `integer`, floating dtypes `number`, also where every value is whole: pandas
  stores integers with missing values as floats, and the estimator was fitted on those. A column of integers in one
  table and floats in the other is `number`.
* Strings are `text` where a vectorizer reads them, or where they look like free text; `category` otherwise.
* Numbers that an encoder reads are a `category` of integers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fairlead.errors import DataError
from fairlead.model.signature import LARGEST_INTEGER, LARGEST_NUMBER, Field, Kind
from fairlead.publishing.input.table_types import is_unicode
from fairlead.publishing.signature.column_uses import ColumnUse
from fairlead.publishing.signature.json_values import plain

if TYPE_CHECKING:
    import pandas as pd

MOST_CATEGORIES = 20_000
LONGEST_CATEGORY = 200
"""Above these limits a column of strings is free text, and the signature does not list its values."""

Shape = Literal["boolean", "integer", "number", "string"]
OBJECTS: dict[str, Shape] = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
}


def field_of(name: str, columns: "Sequence[pd.Series[Any]]", use: ColumnUse) -> Field:
    """Return the input field of a column, from the tables that have it (held-out rows, training rows) and its use."""
    kind = _kind(name, columns, use)
    nullable = use.missing or any(bool(column.isna().any()) for column in columns)
    if kind in ("number", "integer"):
        low, high = _range(name, columns, integer=kind == "integer")
        return Field(name=name, kind=kind, nullable=nullable, minimum=low, maximum=high)
    values = use.categories | seen(columns) if kind in ("category", "text") else set()
    _check_representable(name, values)
    if kind != "category":
        return Field(name=name, kind=kind, nullable=nullable)
    categories = tuple(sorted(values))
    objects = use.objects and not any(isinstance(value, str) for value in categories)
    return Field(name=name, kind=kind, nullable=nullable, categories=categories, objects=objects)


def _check_representable(name: str, values: set[Any]) -> None:
    """Raise DataError for values that no request can hold: integers not exact in a double, text that is not Unicode."""
    beyond = [value for value in values if isinstance(value, int) and abs(value) >= LARGEST_INTEGER]
    if beyond:
        raise DataError(
            f"column {name!r} has categories beyond ±2**53, such as {beyond[0]}, which no engine computes exactly",
            hint=f"fit on strings: X[{name!r}].astype(str)",
        )
    if not is_unicode(value for value in values if isinstance(value, str)):
        strange = next(value for value in values if isinstance(value, str) and not is_unicode([value]))
        raise DataError(
            f"column {name!r} has {strange[:60]!r} with a lone surrogate, which JSON cannot represent",
            hint="decode the text as UTF-8 before fitting",
        )


def seen(columns: "Sequence[pd.Series[Any]]") -> set[Any]:
    """Return the distinct values that are not missing, as Python values."""
    return {plain(value) for column in columns for value in column.dropna().unique()}


def looks_like_text(field: Field) -> bool:
    """Return whether a category has too many or too long values, so that it is free text."""
    values = field.categories or ()
    return len(values) > MOST_CATEGORIES or any(isinstance(v, str) and len(v) > LONGEST_CATEGORY for v in values)


def _kind(name: str, columns: "Sequence[pd.Series[Any]]", use: ColumnUse) -> Kind:
    shape = _merge(name, [shape for column in columns if (shape := _shape(name, column))], use)
    if use.text:
        if shape != "string":
            raise DataError(f"column {name!r} has {shape} values, but the estimator reads it as text")
        return "text"
    _check_category_type(name, shape, use)
    if shape == "string":
        return "category"
    if shape != "boolean" and (use.encoded or any(_categorical(column) for column in columns)):
        return "category" if _all_integers(use.categories | seen(columns)) else _no_category(name, columns)
    return shape


def _check_category_type(name: str, shape: Shape, use: ColumnUse) -> None:
    """Raise DataError where strings meet numbers: an encoder fitted on '1' does not know the 1 that CSV reads."""
    strings = any(isinstance(value, str) for value in use.categories)
    if use.categories and strings != (shape == "string"):
        known = ", ".join(repr(value) for value in sorted(use.categories, key=str)[:5])
        raise DataError(
            f"column {name!r} has {shape} values, the estimator knows {known}",
            hint="give the rows as Parquet, with the types the estimator was fitted on",
        )


def _no_category(name: str, columns: "Sequence[pd.Series[Any]]") -> Kind:
    if any(_categorical(column) for column in columns):
        raise DataError(
            f"column {name!r} is a pandas category of numbers with fractions",
            hint="fit on strings or whole numbers as categories",
        )
    return "number"


def _shape(name: str, column: "pd.Series[Any]") -> Shape | None:
    """Return the type of the values, None where all are missing; raises DataError for types that JSON does not have."""
    from pandas.api import types

    if column.isna().all():
        return None
    dtype = column.cat.categories.dtype if _categorical(column) else column.dtype
    if types.is_bool_dtype(dtype) and not _categorical(column):
        return "boolean"
    if types.is_integer_dtype(dtype):
        return "integer"
    if types.is_float_dtype(dtype):
        return "number"
    held = types.infer_dtype(column.cat.categories if _categorical(column) else column, skipna=True)
    if held in OBJECTS and not (_categorical(column) and held == "boolean"):
        return OBJECTS[held]
    raise DataError(
        f"column {name!r} has {held} values (its dtype is {column.dtype})",
        hint="inputs are numbers, integers, booleans and strings: convert the column to one of them before fitting",
    )


def _merge(name: str, shapes: Sequence[Shape], use: ColumnUse) -> Shape:
    found = set(shapes)
    if not found:
        strings = any(isinstance(value, str) for value in use.categories)
        return "string" if strings or use.text else "number"
    if found == {"integer", "number"}:
        return "number"
    if len(found) > 1:
        raise DataError(f"column {name!r} is {' in one table and '.join(sorted(found))} in the other")
    return found.pop()


def _range(name: str, columns: "Sequence[pd.Series[Any]]", *, integer: bool) -> tuple[float | None, float | None]:
    present = [column.dropna() for column in columns]
    values = [part.min() for part in present if len(part)] + [part.max() for part in present if len(part)]
    if not values:
        return None, None
    low, high = min(values), max(values)
    if not (np.isfinite(float(low)) and np.isfinite(float(high))):
        raise DataError(
            f"column {name!r} has infinite values", hint="JSON has no infinity: make them missing or finite"
        )
    if max(abs(float(low)), abs(float(high))) > LARGEST_NUMBER:
        raise DataError(
            f"column {name!r} has numbers beyond ±{LARGEST_NUMBER:.2g}, which are refused in requests",
            hint="make them missing if they mark missing values, or scale the column before fitting",
        )
    if integer and max(abs(int(low)), abs(int(high))) > LARGEST_INTEGER:
        raise DataError(
            f"column {name!r} has integers beyond ±2**53, which no engine computes exactly",
            hint="fit without the column if it is an identifier, or on strings if it is a category",
        )
    return float(low), float(high)


def _categorical(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return isinstance(column.dtype, pd.CategoricalDtype)


def _all_integers(values: set[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
