"""Rows with their predictions as bytes of a file: CSV, JSON lines or Parquet, one block at a time.

Blocks are columns of Python values, None for missing ones. A file is the bytes of its blocks in order, so it can be
continued after any of them. Parquet has its index at the end: its blocks are an Arrow stream until the file is whole.
"""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fairlead.batch.formats import Columns, csv_lines, json_lines
from fairlead.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = ".csv, .csv.gz, .parquet or .jsonl"


class Format(Protocol):
    """A kind of file."""

    def encode(self, block: Columns, *, first: bool) -> bytes:
        """Return the bytes that a block adds; the `first` one brings the file's beginning."""
        ...

    def finish(self, part: Path) -> None:
        """Make a whole file of the blocks' bytes, in place."""


class Csv:
    """CSV."""

    def encode(self, block: Columns, *, first: bool) -> bytes:
        """Return the rows' lines, after the header."""
        return csv_lines(block, header=first)

    def finish(self, part: Path) -> None:
        """Do nothing: the lines are the file."""


class CsvGzip(Csv):
    """Gzip of CSV, a member for each block."""

    def encode(self, block: Columns, *, first: bool) -> bytes:
        """Return the compressed lines."""
        return gzip.compress(super().encode(block, first=first), compresslevel=6, mtime=0)


class JsonLines:
    """JSON lines: one object on each line."""

    def encode(self, block: Columns, *, first: bool) -> bytes:  # noqa: ARG002 - nothing begins the file
        """Return the rows' lines."""
        return json_lines(block)

    def finish(self, part: Path) -> None:
        """Do nothing: the lines are the file."""


class Parquet:
    """Parquet, a row group for each block; `inputs` types the input columns, the first block those of the answers.

    A block alone may not show a column's type: where all its values are missing, for one.
    """

    def __init__(self, inputs: "Callable[[], pa.Schema]", part: Path) -> None:
        self._inputs = inputs
        self._part = part
        self._schema: pa.Schema | None = None

    def encode(self, block: Columns, *, first: bool) -> bytes:
        """Return a message of an Arrow stream, after the schema's."""
        import pyarrow as pa

        if self._schema is None:
            self._schema = self._of(block) if first else self._begun()
        batch = pa.RecordBatch.from_pydict(block, schema=self._schema)
        return b"".join([self._schema.serialize()] * first + [batch.serialize()])

    def finish(self, part: Path) -> None:
        """Convert the Arrow stream to Parquet."""
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        whole = part.with_name(f"{part.name}.whole")
        try:
            with (
                pa.OSFile(str(part)) as file,
                pa.ipc.open_stream(file) as stream,
                ParquetWriter(whole, stream.schema) as writer,
            ):
                for batch in stream:
                    writer.write_batch(batch)
            whole.replace(part)
        finally:
            whole.unlink(missing_ok=True)

    def _begun(self) -> "pa.Schema":
        import pyarrow as pa

        with pa.OSFile(str(self._part)) as file:
            return pa.ipc.open_stream(file).schema

    def _of(self, block: Columns) -> "pa.Schema":
        import pyarrow as pa

        inputs = self._inputs()
        answers = {name: pa.array(values).type for name, values in block.items() if name not in inputs.names}
        return pa.schema([*inputs, *answers.items()])


def format_of(output: Path, part: Path, inputs: "Callable[[], pa.Schema]") -> Format:
    """Return the format of a file by its name; raises SettingsError for another ending.

    `part` has the blocks' bytes, `inputs` returns the Arrow types of the input columns.
    """
    name = output.name.lower()
    if name.endswith(".parquet"):
        return Parquet(inputs, part)
    for ending, plain in ((".csv", Csv), (".csv.gz", CsvGzip), (".jsonl", JsonLines)):
        if name.endswith(ending):
            return plain()
    raise SettingsError(f"{output.name} is no kind of file that predictions are written to", hint=f"use {ENDINGS}")
