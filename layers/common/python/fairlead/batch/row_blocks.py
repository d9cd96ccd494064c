"""Rows of a chunk by column, a block at a time: CSV as text, JSON lines as Python values, Parquet as Arrow arrays."""

import csv
import io
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from fairlead.api.field_errors import shown
from fairlead.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10_000
"""Rows of a block: enough to work by column, few enough that memory does not grow with the chunk."""
UNCLOSED = "a quotation mark opens and is not closed before the end of the file"
csv.field_size_limit(sys.maxsize)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by column. `faults` says by position why a row could not be read; values that were not read are missing.

    `lines` are by position the first and last line of a row of text that could not be read or has several lines,
    counted from 1 at the chunk's first row.
    """

    columns: Mapping[str, Sequence[Any]]
    rows: int
    faults: dict[int, str]
    lines: dict[int, tuple[int, int]] = {}


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


class _Odd(NamedTuple):
    """A record of CSV that has a fault or several lines; its values are those that could be read."""

    record: list[str]
    fault: str
    lines: tuple[int, int]


def csv_blocks(data: bytes, header: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of CSV without its header; a row of another length, or that is not UTF-8, is a fault."""
    records = _csv_records(data.decode(errors="surrogateescape"), header)
    while found := list(islice(records, ROWS)):
        odd = {place: one for place, one in enumerate(found) if isinstance(one, _Odd)}
        rows = [one.record if isinstance(one, _Odd) else one for one in found] if odd else found
        yield Block(
            columns=dict(zip(header, zip(*rows, strict=True), strict=True)),
            rows=len(rows),
            faults={place: one.fault for place, one in odd.items() if one.fault},
            lines={place: one.lines for place, one in odd.items()},
        )


def _csv_records(text: str, header: Sequence[str]) -> Iterator[Any]:
    """Yield each record as a list of text, or as `_Odd`; a record that cannot be read ends with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    whole = text.isascii() or text.isprintable() or not _has_surrogates(text)
    before = 0
    while True:
        try:
            for record in reader:
                lines = (before + 1, reader.line_num)
                before = reader.line_num
                if not record:
                    continue
                fault = _csv_fault(record, header, whole=whole)
                if fault or lines[0] < lines[1]:
                    yield _Odd(_fitted(record, len(header)) if fault else record, fault, lines)
                else:
                    yield record
        except csv.Error as error:
            said = UNCLOSED if "unexpected end" in str(error) else f"the row cannot be read as CSV: {error}"
            yield _Odd([""] * len(header), said, (before + 1, reader.line_num))
            before = reader.line_num
        else:
            return


def _csv_fault(record: Sequence[str], header: Sequence[str], *, whole: bool) -> str:
    """Return why a record cannot be a row, empty if it can."""
    if len(record) != len(header):
        return f"the row has {len(record)} values, the header {len(header)}"
    if whole or not _has_surrogates("".join(record)):
        return ""
    wrong = next(name for name, value in zip(header, record, strict=True) if _has_surrogates(value))
    return f"the value of {wrong} is not UTF-8"


def _fitted(record: Sequence[str], width: int) -> list[str]:
    """Return a record with a value for each column, empty where none could be read."""
    read = ["" if _has_surrogates(value) else value for value in record[:width]]
    return read + [""] * (width - len(read))


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def json_blocks(data: bytes) -> Iterator[Block]:
    """Yield the rows of JSON lines; a line that is not an object is a fault. Of members of one name the last counts."""
    decode = msgspec.json.Decoder().decode
    numbered = enumerate(data.removeprefix(BOM_UTF8).split(b"\n"), 1)
    lines = ((number, line) for number, line in numbered if line.strip())
    while found := list(islice(lines, ROWS)):
        faults: dict[int, str] = {}
        records: list[dict[str, Any]] = []
        for place, (_, line) in enumerate(found):
            record = _json_record(decode, line)
            if isinstance(record, str):
                faults[place] = record
            records.append({} if isinstance(record, str) else record)
        names = dict.fromkeys(name for record in records for name in record)
        columns = {name: [record.get(name) for record in records] for name in names}
        at = {place: (found[place][0], found[place][0]) for place in faults}
        yield Block(columns=columns, rows=len(found), faults=faults, lines=at)


def _json_record(decode: Callable[[bytes], Any], line: bytes) -> dict[str, Any] | str:
    try:
        record = decode(line)
    except RecursionError:
        return "the line is not JSON: it is nested too deep"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
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
