"""Inputs as they are opened: the columns of a file, and a view of Parquet that reads byte ranges."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fairlead.batch.files import Files
from fairlead.batch.job import Chunk, Input
from fairlead.batch.row_blocks import csv_header
from fairlead.errors import DataError, one_line

if TYPE_CHECKING:
    from pyarrow import parquet

FIRST = 64
"""Bytes that show whether a file is text."""
UTF_16 = "is UTF-16", "save it as UTF-8"
OTHERS = {
    b"\x1f\x8b": ("is compressed with gzip", "decompress it: gunzip"),
    b"\x28\xb5\x2f\xfd": ("is compressed with zstd", "decompress it: unzstd"),
    b"\xfd7zXZ": ("is compressed with xz", "decompress it: unxz"),
    b"PK\x03\x04": ("is a zip archive", "unpack it: unzip"),
    b"\xff\xfe": UTF_16,
    b"\xfe\xff": UTF_16,
}
"""The kinds of files that begin with these bytes, each with a hint."""
HEADER = 1 << 20
"""Bytes of the longest header of a CSV file."""


def check_text(files: Files, source: Input) -> None:
    """Raise DataError for a file whose first line is no text in UTF-8."""
    start = files.part(source.key, 0, min(source.size, FIRST), etag=source.etag)
    for begin, (kind, hint) in OTHERS.items():
        if start.startswith(begin):
            raise DataError(f"{source.key} {kind}", hint=hint)
    if b"\0" in start.partition(b"\n")[0]:
        raise DataError(f"{source.key} is not text", hint="save it as UTF-8, or give it the ending of its format")


def read_header(files: Files, source: Input) -> tuple[list[str], int]:
    """Return the columns of a CSV file, and the number of bytes before its first row; raises DataError."""
    start = files.part(source.key, 0, min(source.size, HEADER), etag=source.etag)
    if b"\r" in start and b"\n" not in start:
        raise DataError(f"{source.key} ends its lines with a carriage return alone", hint="end them with a line feed")
    end, marks = 0, 0
    while (found := start.find(b"\n", end)) >= 0:
        marks += start.count(b'"', end, found)
        end = found + 1
        if marks % 2 == 0:
            return csv_header(start[:end], source.key), end
    if source.size > HEADER:
        raise DataError(f"the first line of {source.key} does not end", hint="separate rows by line breaks")
    return csv_header(start, source.key), source.size


@contextmanager
def opened_parquet(files: Files, source: Input) -> "Iterator[parquet.ParquetFile]":
    """Open a Parquet file of which only the read columns are fetched; raises DataError where it is none."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(pa.PythonFile(_Ranges(files, source), mode="r"), pre_buffer=False) as file:
            yield file
    except (pa.ArrowException, OSError) as error:  # Arrow raises OSError for damaged bytes
        raise DataError(f"{source.key} cannot be read as Parquet: {one_line(error)}") from error


class _Ranges(io.RawIOBase):
    """A file by byte ranges."""

    def __init__(self, files: Files, source: Input) -> None:
        self._files = files
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the place of the next byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, all of them where `size` is negative."""
        stop = self._source.size if size < 0 else min(self._at + size, self._source.size)
        if stop <= self._at:
            return b""
        data = self._files.part(self._source.key, self._at, stop, etag=self._source.etag)
        self._at = stop
        return data


def chunk_bytes(files: Files, chunk: Chunk) -> bytes:
    """Return the bytes of a chunk of text."""
    return files.part(chunk.input.key, chunk.start, chunk.stop, etag=chunk.input.etag)


def chunk_columns(files: Files, chunk: Chunk) -> list[str]:
    """Return the columns of a chunk's CSV file."""
    source = chunk.input
    return csv_header(files.part(source.key, 0, chunk.head, etag=source.etag), source.key)


def parquet_names(file: Any, source: Input) -> list[str]:
    """Return the columns of an open Parquet file; raises DataError for two of one name."""
    names: list[str] = file.schema_arrow.names
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{source.key} names the column {twice!r} more than once")
    return names
