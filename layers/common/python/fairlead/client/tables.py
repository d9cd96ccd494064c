"""Tables as rows by field name: pandas, polars and Arrow tables, arrays, lists of rows.

Imports none of these libraries: a caller who has a table has imported its library.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fairlead.client.batches import Instance
from fairlead.errors import DataError

BLOCK = 5_000
"""Rows of a DataFrame converted at a time, so that memory does not grow with the table."""
TABLES = "a pandas or polars DataFrame, an Arrow table, a NumPy array, or a list of rows"

Names = Callable[[], Sequence[str]]


def instances(table: Any, names: Names) -> Iterator[Instance]:
    """Yield the rows of a table; `names` reads the model's fields, for rows that have values by position only.

    Raises DataError for another type, and for a row whose length is not that of `names`.
    """
    if is_frame(table):
        return _of_frame(table, _named(table.columns) or names())
    if hasattr(table, "iter_rows"):  # polars
        return iter(table.iter_rows(named=True))
    if hasattr(table, "to_batches"):  # Arrow
        _named(table.column_names)
        return (row for batch in table.to_batches() for row in batch.to_pylist())
    if getattr(table, "ndim", 2) != 2 or isinstance(table, Mapping | str | bytes) or not hasattr(table, "__iter__"):
        raise DataError(f"rows are a {type(table).__name__}", hint=f"give {TABLES}")
    return _of_rows(table, names)


def _named(columns: Iterable[Any]) -> list[str]:
    """Return the columns' names, none where no column has one; raises DataError for a mixture, or a name twice."""
    labels = list(columns)
    named = [label for label in labels if isinstance(label, str)]
    if named and len(named) < len(labels):
        other = next(label for label in labels if not isinstance(label, str))
        raise DataError(f"column {named[0]!r} has a name, column {other!r} has none", hint="name all columns, or none")
    twice = next((name for name, count in Counter(named).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"two columns have the name {twice!r}", hint="leave one of them out")
    return named


def is_frame(table: Any) -> bool:
    """Return whether a table is a pandas DataFrame."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


def _of_frame(frame: Any, names: Sequence[str]) -> Iterator[Instance]:
    _check_width(0, frame.shape[1], names)
    for start in range(0, len(frame), BLOCK):
        block = frame.iloc[start : start + BLOCK]
        columns = [column_values(block.iloc[:, place]) for place in range(block.shape[1])]
        yield from (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def column_values(column: Any) -> list[Any]:
    """Return a column as Python values, None for missing ones."""
    missing = column.isna()
    values: list[Any] = column.tolist()
    if not missing.any():
        return values
    return [None if absent else value for absent, value in zip(missing.tolist(), values, strict=True)]


def _of_rows(rows: Any, names: Names) -> Iterator[Instance]:
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield row
        elif labels := _labels(row):
            yield dict(zip(labels, row, strict=True))
        elif isinstance(row, list | tuple) or getattr(row, "ndim", 0) == 1:
            values = row.tolist() if hasattr(row, "tolist") else row
            fields = names()
            _check_width(number, len(values), fields)
            yield dict(zip(fields, values, strict=True))
        else:
            raise DataError(f"row {number} is a {type(row).__name__}", hint=f"give {TABLES}")


def _labels(row: Any) -> list[str]:
    """Return the names of a row of pandas, from `iterrows` or `itertuples`; none for another row."""
    fields: Any = getattr(row, "_fields", None) if isinstance(row, tuple) else getattr(row, "index", None)
    return [] if fields is None or callable(fields) else _named(fields)


def _check_width(number: int, width: int, names: Sequence[str]) -> None:
    if width != len(names):
        raise DataError(
            f"row {number} has {width} values, the model takes {len(names)}: {', '.join(names[:20])}",
            hint="give the columns in this order, or a table with their names",
        )
