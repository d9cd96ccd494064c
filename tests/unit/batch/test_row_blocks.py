"""Rows of a chunk by column: refused rows keep their readable values, and their fault names their lines."""

import gzip
import lzma
from pathlib import Path
from typing import Any

import pytest

from fairlead.batch.files import LocalFiles
from fairlead.batch.input_files import check_text, read_header
from fairlead.batch.job import Input
from fairlead.batch.row_blocks import Block, csv_blocks, json_blocks
from fairlead.errors import DataError


def csv_block(data: bytes, header: tuple[str, ...] = ("key", "a", "b")) -> Block:
    (block,) = csv_blocks(data, header)
    return block


def column(block: Block, name: str) -> list[Any]:
    return list(block.columns[name])


def test_a_ragged_row_keeps_the_values_that_it_has_and_names_its_line() -> None:
    block = csv_block(b"k1,1,2\nk2,1\n\nk3,1,2,3\nk4,1,2\n")
    assert column(block, "key") == ["k1", "k2", "k3", "k4"]
    assert column(block, "a") == ["1", "1", "1", "1"]
    assert block.faults == {
        1: "the row has 2 values, the header 3",
        2: "the row has 4 values, the header 3",
    }
    assert block.lines == {1: (2, 2), 2: (4, 4)}


def test_a_wrong_byte_costs_its_value_alone() -> None:
    block = csv_block(b"k1,1,\xff\nk2,1,2\n")
    assert (column(block, "key"), column(block, "b")) == (["k1", "k2"], ["", "2"])
    assert block.faults == {0: "the value of b is not UTF-8"}


def test_a_row_of_many_lines_names_its_first_and_last_line() -> None:
    block = csv_block(b'k1,"1,2\nk2,1,2\nk3,"1,2\nk4,1,2\n')
    assert block.rows == 2
    assert block.faults[0].startswith("the row cannot be read as CSV: ")
    assert block.lines == {0: (1, 3)}


def test_a_mark_that_is_not_closed_is_said() -> None:
    block = csv_block(b'k1,1,2\nk2,"1,2\nk3,1,2\n')
    assert block.faults == {1: "a quotation mark opens and is not closed before the end of the file"}
    assert block.lines == {1: (2, 3)}


def test_json_lines_may_begin_with_a_byte_order_mark() -> None:
    (block,) = json_blocks(b'\xef\xbb\xbf{"a":1}\n{"a":2}\n')
    assert (column(block, "a"), block.faults) == ([1, 2], {})


def test_a_line_that_is_not_json_names_its_line_also_behind_empty_ones_and_in_later_blocks() -> None:
    first, second = json_blocks(b"\n" + b'{"a":1}\n\n' * 10_000 + b"[]\n{}\n")
    assert (first.rows, first.lines) == (10_000, {})
    assert (second.rows, second.lines) == (2, {0: (20_002, 20_002)})


def test_a_line_that_is_nested_too_deep_is_refused_in_plain_words() -> None:
    (block,) = json_blocks(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    assert block.faults == {0: "the line is not JSON: it is nested too deep"}


OTHERS = {
    "gzip": (gzip.compress(b"a,b\n1,2\n", mtime=0), "is compressed with gzip"),
    "zstd": (b"\x28\xb5\x2f\xfd\x24\x08", "is compressed with zstd"),
    "zip": (b"PK\x03\x04\x14\x00", "is a zip archive"),
    "xz": (lzma.compress(b"a,b\n1,2\n"), "is compressed with xz"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), "is not text"),
    "Parquet": (b"PAR1\x15\x04\x15\x10\x00", "is not text"),
}


def as_input(table: Path, data: bytes) -> Input:
    table.write_bytes(data)
    (found,) = LocalFiles().matching(str(table))
    return Input(*found)


@pytest.mark.parametrize("kind", OTHERS)
def test_files_that_are_no_text_are_refused_with_the_cause(kind: str, tmp_path: Path) -> None:
    data, said = OTHERS[kind]
    with pytest.raises(DataError, match=f"rows.jsonl {said}") as caught:
        check_text(LocalFiles(), as_input(tmp_path / "rows.jsonl", data))
    assert caught.value.hint


def test_a_wrong_byte_in_a_row_is_no_fault_of_the_file(tmp_path: Path) -> None:
    check_text(LocalFiles(), as_input(tmp_path / "rows.csv", b"a,b\n1,\0\n"))


def test_lines_that_end_with_a_carriage_return_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ends its lines"):
        read_header(LocalFiles(), as_input(tmp_path / "rows.csv", b"a,b\r1,2\r3,4\r"))
