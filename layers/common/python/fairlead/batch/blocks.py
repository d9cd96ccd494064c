"""Rows of a chunk by column, a block at a time: CSV as text, JSON lines as Python values, Parquet as Arrow arrays."""

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.api.field_errors import shown
from fairlead.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10_000
"""Rows of a block: enough to work by column, few enough that memory does not grow with the chunk."""
csv.field_size_limit(sys.maxsize)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by column. `faults` says by position which rows could not be read; their values are missing."""

    columns: Mapping[str, Sequence[Any]]
    rows: int
    faults: dict[int, str]


def csv_header(line: bytes, name: str) -> list[str]:
    """Return the column names in the first record of a CSV file; raises DataError."""
    try:
        header = next(csv.reader(io.StringIO(line.decode("utf-8-sig"), newline="")), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the header of {name} cannot be read as CSV: {error}", hint="save it as UTF-8") from error
    if not any(header):
        raise DataError(f"{name} does not begin with a header", hint="its first line names the columns")
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice is not None:
        raise DataError(f"{name} names the column {twice!r} more than once")
    return header


def csv_blocks(data: bytes, header: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of CSV without its header; a row of another length, or that is not UTF-8, is a fault."""
    records = _csv_records(data.decode(errors="surrogateescape"))
    while found := list(islice(records, ROWS)):
        faults = {place: record for place, record in enumerate(found) if isinstance(record, str)}
        if faults or set(map(len, found)) != {len(header)}:
            faults |= {
                place: f"the row has {len(record)} values, the header {len(header)}"
                for place, record in enumerate(found)
                if place not in faults and len(record) != len(header)
            }
            empty = [""] * len(header)
            found = [empty if place in faults else record for place, record in enumerate(found)]
        columns = dict(zip(header, zip(*found, strict=True), strict=True))
        yield Block(columns=columns, rows=len(found), faults=faults)


def _csv_records(text: str) -> Iterator[Any]:
    """Yield each record as a list of text, or its fault as text; a record that cannot be read ends with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    whole = text.isascii() or text.isprintable() or not _has_surrogates(text)
    while True:
        try:
            for record in reader:
                if not record:
                    continue
                yield record if whole or not _has_surrogates("".join(record)) else "the row is not UTF-8"
        except csv.Error as error:
            yield f"the row cannot be read as CSV: {error}"
        else:
            return


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def json_blocks(data: bytes) -> Iterator[Block]:
    """Yield the rows of JSON lines; a line that is not an object is a fault. Of members of one name the last counts."""
    decode = msgspec.json.Decoder().decode
    lines = (line for line in data.split(b"\n") if line.strip())
    while found := list(islice(lines, ROWS)):
        faults: dict[int, str] = {}
        records: list[dict[str, Any]] = []
        for place, line in enumerate(found):
            record = _json_record(decode, line)
            if isinstance(record, str):
                faults[place] = record
            records.append({} if isinstance(record, str) else record)
        names = dict.fromkeys(name for record in records for name in record)
        columns = {name: [record.get(name) for record in records] for name in names}
        yield Block(columns=columns, rows=len(found), faults=faults)


def _json_record(decode: Callable[[bytes], Any], line: bytes) -> dict[str, Any] | str:
    try:
        record = decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"the line is not JSON: {error}"
    return record if isinstance(record, dict) else f"the line is not an object: {shown(record)}"


def parquet_blocks(file: Any, groups: Sequence[int], columns: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of row groups of a file that pyarrow has opened."""
    for batch in file.iter_batches(ROWS, row_groups=list(groups), columns=list(columns)):
        named = dict(zip(batch.schema.names, batch.columns, strict=True))
        yield Block(columns={name: _plain(column) for name, column in named.items()}, rows=batch.num_rows, faults={})


def _plain(column: "pa.Array") -> "pa.Array":
    """Return an array of values instead of one of positions in a dictionary."""
    return column.dictionary_decode() if hasattr(column, "dictionary_decode") else column
