"""Read rows from a CSV file in two passes, for its shape and for its values; the file is never in memory as a whole.

The result equals pandas' result for the whole file: pandas reads blocks of rows, and a column whose blocks differ in
type is read again alone.
"""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from fairlead.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

LARGEST_TABLE = 2 << 30
"""Bytes of a table, decompressed."""
BLOCK = 50_000  # rows
NUMERIC = frozenset({"int64", "float64"})
"""Blocks of these types joined give the same column as the whole file read at once."""


def read_csv(path: Path) -> "pd.DataFrame":
    """Return the rows of a .csv or .csv.gz file; raises DataError with the file and the line."""
    import pandas as pd

    check_text(path)
    parts = list(blocks(path, BLOCK))
    mixed = _mixed_columns(parts)
    frame = pd.concat([part.drop(columns=mixed) for part in parts], ignore_index=True) if len(parts) > 1 else parts[0]
    if not mixed:
        return frame
    with _naming(path), _opened(path) as file:
        whole = pd.read_csv(file, usecols=mixed, **_options())
    return pd.concat([frame, whole], axis=1)[list(parts[0].columns)]


def blocks(path: Path, rows: int, dtypes: Mapping[str, Any] | None = None) -> "Iterator[pd.DataFrame]":
    """Yield blocks of `rows` rows; each has types of its own, unless `dtypes` gives those of columns.

    Raises DataError. `check_text` is called before.
    """
    import pandas as pd

    with _naming(path), _opened(path) as file:
        yield from pd.read_csv(file, chunksize=rows, dtype=dtypes, **_options())


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    import pandas as pd

    try:
        yield
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path.name} is empty") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{path.name} cannot be read as CSV: {error}") from error


def _options() -> dict[str, Any]:
    return {"low_memory": False, "index_col": False, "skipinitialspace": False, "encoding": "utf-8-sig"}


def _mixed_columns(parts: "list[pd.DataFrame]") -> list[str]:
    """Return the columns whose blocks differ in type: only the whole column tells its type."""
    kinds = {name: {str(part[name].dtype) for part in parts} for name in parts[0].columns}
    return [name for name, found in kinds.items() if len(found) > 1 and not found <= NUMERIC]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            yield file  # type: ignore[misc]  # both read bytes
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error


def check_text(path: Path, *, largest: float = LARGEST_TABLE) -> None:
    """Raise DataError unless the file is UTF-8, at most `largest` bytes, and every row is as long as the header.

    pandas would fill short rows and shift long ones.
    """
    with _opened(path) as file:
        if file.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            raise DataError(f"{path.name} is UTF-16", hint="save it as UTF-8")
    with _opened(path) as file:
        _check_shape(_Lines(file, path, largest), path)


class _Lines:
    """Lines of a file for the csv module; raises DataError for bytes that are not text, and beyond the size limit."""

    def __init__(self, file: IO[bytes], path: Path, largest: float) -> None:
        self._file = file
        self._path = path
        self._largest = largest

    def __iter__(self) -> Iterator[str]:
        read = 0
        for number, line in enumerate(self._file, start=1):
            read += len(line)
            if read > self._largest:
                raise DataError(
                    f"{self._path.name} is larger than {LARGEST_TABLE >> 30} GiB",
                    hint="publish with a sample of the rows, or as Parquet",
                )
            yield from io.StringIO(self._decoded(line, number), newline="")

    def _decoded(self, line: bytes, number: int) -> str:
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self._path.name} is not UTF-8: byte 0x{line[error.start]:02x} in line {number}",
                hint="save it as UTF-8 (pandas: frame.to_csv(…, encoding='utf-8'))",
            ) from error
        if "\x00" in text:
            raise DataError(f"{self._path.name} has a zero byte in line {number}")
        return text


def _check_shape(lines: _Lines, path: Path) -> None:
    reader = csv.reader(lines)
    try:
        header = next((row for row in reader if row), None)
        if header is None:
            raise DataError(f"{path.name} is empty")
        _check_header(header, path)
        for row in reader:
            if row and len(row) != len(header):
                raise DataError(
                    f"line {reader.line_num} of {path.name} has {len(row)} fields, the header has {len(header)}",
                    hint="quote fields that contain commas or line breaks",
                )
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} of {path.name} cannot be read as CSV: {error}") from error


def _check_header(header: list[str], path: Path) -> None:
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path.name} names the column {twice[0]!r} more than once")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DataError(
            f"the header of {path.name} has no commas: {header[0][:60]!r}", hint="separate columns by commas"
        )
