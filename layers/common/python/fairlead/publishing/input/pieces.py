"""Read a table in pieces, so that memory does not grow with the file; columns have the types of the whole file.

The file is read twice: for its shape, its digest and the types of its columns, then for its rows.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import DataError
from fairlead.publishing.input.csv import blocks, check_text
from fairlead.publishing.input.tables import COLUMNS_READ, is_csv, named_by_text, naming_parquet, read_parquet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CELLS = 100_000
MOST_ROWS = 5_000
"""A piece has at most so many rows, and fewer where the table is wide: at most CELLS cells."""
NUMBER = re.compile(r"u?int\d+|float\d+")
TEXT = "str"


class TableFile:
    """A .csv, .csv.gz or .parquet file: its columns, the number of its rows, the SHA-256 of its bytes.

    `pieces` yields its rows, of at most `limit` rows if that is given. Raises DataError and NotFoundError as
    `read_table` does, and DataError where the file changes meanwhile.
    """

    def __init__(self, path: Path, *, limit: int | None = None) -> None:
        self.path = path
        self._csv = is_csv(path)
        if self._csv:
            check_text(path, largest=float("inf"))
        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()
        kinds: dict[str, set[str]] = {}
        self._all_rows = 0
        for block in self._read():
            self._all_rows += len(block)
            for name, kind in _kinds(block):
                kinds.setdefault(name, set()).add(kind)
        if not self._all_rows:
            raise DataError(f"{path.name} has columns but no rows")
        self.rows = self._all_rows if limit is None else min(limit, self._all_rows)
        self.columns = list(kinds)
        self._types = {name: kind for name, found in kinds.items() if (kind := self._joined(found))}

    def head(self) -> "pd.DataFrame":
        """Return the first piece."""
        return next(self.pieces())

    def pieces(self, *, start: int = 0) -> "Iterator[pd.DataFrame]":
        """Yield the rows from row `start` on, in order."""
        place = 0
        for block in self._typed():
            piece = block.iloc[max(start - place, 0) : max(self.rows - place, 0)]
            place += len(block)
            if len(piece):
                yield piece
            if place >= self.rows < self._all_rows:
                return
        if place != self._all_rows:
            raise DataError(f"{self.path.name} changed while it was read", hint="run the command again")

    def schema(self) -> "pa.Schema":
        """Return the columns' types in Arrow, for the rows of `pieces` as Python values."""
        import pyarrow as pa
        from pyarrow import parquet

        types = {"object": pa.bool_(), "bool": pa.bool_(), TEXT: pa.string()}
        types |= {"int64": pa.int64(), "uint64": pa.uint64(), "float64": pa.float64()}
        stored = {} if self._csv else {field.name: field.type for field in parquet.read_schema(self.path)}
        plain = {name: kind.value_type if pa.types.is_dictionary(kind) else kind for name, kind in stored.items()}
        return pa.schema([(name, types.get(self._types.get(name, "")) or plain[name]) for name in self.columns])

    def _joined(self, kinds: set[str]) -> str:
        """Return the dtype of a whole column by its blocks' kinds, as pandas finds it in a file read at once.

        It is `object` for booleans with missing values, and empty where each block shows the column's own type.
        """
        if len(kinds) == 1 and not self._csv:
            return ""
        known = kinds - {"missing"}
        if known <= {"bool", "object"} and known:
            return "bool" if kinds == {"bool"} else "object"
        if not all(NUMBER.fullmatch(kind) for kind in known) or known == {"int64", "uint64"}:
            return TEXT if self._csv else ""
        return known.pop() if len(kinds) == 1 and known else "float64"

    def _typed(self) -> "Iterator[pd.DataFrame]":
        if self._csv:
            read = {name: kind for name, kind in self._types.items() if kind != "object"}
            yield from (self._cast(block) for block in self._read(read))
        else:
            yield from (self._cast(block) for block in self._read())

    def _cast(self, block: "pd.DataFrame") -> "pd.DataFrame":
        """Return a block with the types of the whole file: one without missing values does not show the others'."""
        cast = {name: kind for name, kind in self._types.items() if kind != TEXT and str(block[name].dtype) != kind}
        return block.astype(cast) if cast else block

    def _read(self, dtypes: dict[str, Any] | None = None) -> "Iterator[pd.DataFrame]":
        if not self._csv:
            yield from _parquet_blocks(self.path)
            return
        width = len(next(iter(blocks(self.path, 1))).columns)
        yield from blocks(self.path, _rows(width), dtypes)


def _rows(width: int) -> int:
    return max(1, min(MOST_ROWS, CELLS // max(width, 1)))


def _parquet_blocks(path: Path) -> "Iterator[pd.DataFrame]":
    from pyarrow import parquet

    with naming_parquet(path), parquet.ParquetFile(path) as file:
        width = len(file.schema_arrow)
        if width <= COLUMNS_READ:
            for batch in file.iter_batches(_rows(width)):
                yield named_by_text(path, batch.to_pandas())
            return
    frame = read_parquet(path)  # reads few columns at a time: Parquet's readers of so many would take gigabytes
    for start in range(0, len(frame), _rows(width)):
        yield frame.iloc[start : start + _rows(width)]


def _kinds(block: "pd.DataFrame") -> Iterator[tuple[str, str]]:
    """Yield each column's kind: a dtype, `str`, `missing` where no value tells, or another name."""
    from pandas.api.types import infer_dtype

    for name in block.columns:
        column = block[name]
        kind = str(column.dtype)
        if kind in {"object", TEXT, "float64"} and column.isna().all():
            kind = "missing"
        elif kind == "object":
            kind = {"boolean": "object", "string": TEXT}.get(infer_dtype(column, skipna=True), "other")
        yield name, kind
