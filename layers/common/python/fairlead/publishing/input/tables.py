"""Read rows from a file: CSV (also gzip-compressed) and Parquet.

A CSV file is UTF-8 with commas, one header line, and as many fields in every row as in the header. A column holds
numbers, `true`/`false` or strings, by pandas' rules. Missing in CSV are the empty field and the strings in MISSING,
which are pandas.read_csv's own. The estimator was most likely fitted on a frame read that way, and a value that was
missing in fitting must be missing here. Parquet distinguishes missing values from strings: use it where `NA` or `None`
is the name of a category.
"""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import DataError
from fairlead.publishing.input.csv import read_csv
from fairlead.publishing.input.paths import check_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
"""Strings that stand for a missing value in a CSV column."""


def read_table(path: Path) -> "pd.DataFrame":
    """Return the rows of a .csv, .csv.gz or .parquet file; raises DataError with the file and, for CSV, the line.

    Raises NotFoundError where there is no file.
    """
    frame = read_csv(path) if is_csv(path) else read_parquet(path)
    if len(frame) == 0:
        raise DataError(f"{path.name} has columns but no rows")
    return frame


def is_csv(path: Path) -> bool:
    """Return whether a file is CSV by its name, else it is Parquet; raises NotFoundError, DataError for others."""
    near = "" if path.exists() else _near(path.name, _siblings(path))
    check_file(path, DataError, hint="give a .csv, .csv.gz or .parquet file", absent_hint=near)
    name = path.name.lower()
    if not name.endswith((".csv", ".csv.gz", ".parquet", ".pq")):
        raise DataError(f"{path.name} is not a table that Fairlead reads", hint="use .csv, .csv.gz or .parquet")
    return name.endswith((".csv", ".csv.gz"))


def split_target(
    frame: "pd.DataFrame", target: str | Sequence[str], path: Path | str = "the table"
) -> "tuple[pd.DataFrame, pd.Series[Any] | pd.DataFrame | None]":
    """Split a table into inputs and target: a Series, a DataFrame for several target columns, None for no target.

    Several targets are a sequence or one string with commas. Rows without a target raise DataError and are not dropped:
    the publisher decides which rows the metrics are computed on.
    """
    targets = _target_names(frame, target)
    if not targets:
        return frame, None
    for name in targets:
        if name not in frame.columns:
            raise DataError(
                f"{path} has no column {name!r}", hint=_near(name, [str(column) for column in frame.columns])
            )
    empty = int(frame[targets].isna().any(axis=1).sum())
    if empty:
        raise DataError(
            f"{empty} of {len(frame)} rows in {path} have no {' or '.join(targets)}",
            hint="remove rows without a known outcome from the file",
        )
    inputs = frame.drop(columns=targets)
    if inputs.shape[1] == 0:
        raise DataError(f"{path} has no column besides {', '.join(targets)}")
    return inputs, frame[targets[0]] if len(targets) == 1 else frame[targets]


def _target_names(frame: "pd.DataFrame", target: str | Sequence[str]) -> list[str]:
    """Return the target's column names; a column whose own name contains commas takes precedence over a list."""
    if not isinstance(target, str):
        return list(target)
    if target in frame.columns or "," not in target:
        return [target]
    return [name.strip() for name in target.split(",") if name.strip()]


COLUMNS_READ = 500
"""Columns of a Parquet file read at a time: 20,001 columns of 1,000 rows took 2.3 GB at once, 0.45 GB like this."""


def read_parquet(path: Path) -> "pd.DataFrame":
    """Return the rows of a Parquet file; raises DataError."""
    import pyarrow as pa

    with naming_parquet(path):
        table = _parquet_table(path)
        frame = named_by_text(path, table.to_pandas())
        del table
    pa.default_memory_pool().release_unused()  # else Arrow keeps as much memory again as the table takes
    return frame


@contextmanager
def naming_parquet(path: Path) -> Iterator[None]:
    """Translate pyarrow's errors to DataError with the file's name."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read as Parquet: {error}") from error


def named_by_text(path: Path, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a frame with names that are strings, and without its index; raises DataError for two of one name."""
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{path.name} names the column {twice[0]!r} more than once")
    frame.columns = [str(column) for column in frame.columns]
    return frame.reset_index(drop=True)


def _parquet_table(path: Path) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        if len(schema) <= COLUMNS_READ or len(set(schema.names)) < len(schema):
            return file.read()
        columns: list[pa.ChunkedArray] = []
        for start in range(0, len(schema), COLUMNS_READ):
            columns += file.read(columns=schema.names[start : start + COLUMNS_READ]).columns
        return pa.Table.from_arrays(columns, schema=schema)


def _near(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(close) + "?"
    return "it has " + ", ".join(names[:10]) + (" …" if len(names) > 10 else "") if names else ""


def _siblings(path: Path) -> list[str]:
    if not path.parent.is_dir():
        return []
    return sorted(
        entry.name for entry in path.parent.iterdir() if entry.name.lower().endswith((".csv", ".gz", ".parquet"))
    )
