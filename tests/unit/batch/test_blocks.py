"""Rows of a chunk by column: refused rows keep their readable values, and their fault names their lines."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from fairlead.batch.blocks import Block, csv_blocks, json_blocks
from fairlead.batch.files import LocalFiles
from fairlead.batch.job import Input
from fairlead.batch.opened import read_header
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


def test_a_line_that_is_nested_too_deep_is_refused_in_plain_words() -> None:
    (block,) = json_blocks(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    assert block.faults == {0: "the line is not JSON: it is nested too deep"}


@pytest.mark.parametrize(
    ("line", "said"),
    [(gzip.compress(b"a,b\n1,2\n", mtime=0), "is compressed with gzip"), (b"a,b\r1,2\r3,4\r", "ends its lines")],
)
def test_headers_of_other_files_are_refused_with_the_cause(line: bytes, said: str, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_bytes(line)
    (found,) = LocalFiles().matching(str(table))
    with pytest.raises(DataError, match=said) as caught:
        read_header(LocalFiles(), Input(*found))
    assert caught.value.hint
