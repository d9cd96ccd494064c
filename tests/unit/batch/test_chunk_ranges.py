"""Byte ranges of text files: each begins and ends between records, and together they are the file."""

import csv
import io
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.batch.chunk_ranges import cut_csv, cut_lines
from fairlead.errors import DataError

CELL = st.text(st.sampled_from('ab",\r\n é'), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=12)


def written(rows: list[list[str]], ending: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending).writerows(rows)
    return text.getvalue().encode()


def parts(data: bytes, ranges: list[tuple[int, int]], head: int = 0) -> list[bytes]:
    assert ranges[0][0] == head
    assert ranges[-1][1] == len(data)
    assert all(stop == start for (_, stop), (start, _) in pairwise(ranges))
    return [data[start:stop] for start, stop in ranges]


def reader(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@given(ROWS, st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
@example([["a\n", "b"], ['"', '\n"\n']], 1, "\n")
@pytest.mark.hypothesis
def test_chunks_of_csv_hold_the_records_of_the_whole_file(rows: list[list[str]], length: int, ending: str) -> None:
    data = written(rows, ending)
    ranges = cut_csv(lambda start, stop: data[start:stop], head=0, size=len(data), length=length, name="rows.csv")
    assert [row for part in parts(data, ranges) for row in reader(part)] == reader(data)


def test_csv_is_cut_near_the_wanted_length() -> None:
    data = b"x,note\n" + b'1.5,"two\nlines, ""marked"""\n' * 10_000
    ranges = cut_csv(lambda start, stop: data[start:stop], head=7, size=len(data), length=20_000, name="rows.csv")
    assert len(ranges) == -(-(len(data) - 7) // 20_000)
    assert max(stop - start for start, stop in ranges) < 20_100
    assert all(part.startswith(b"1.5,") for part in parts(data, ranges, 7))


@pytest.mark.parametrize("line", [b'a,5" pipe,b\n', b'5",10\n', b'"a" b,c\n', b'a,b"\n'])
def test_csv_with_a_mark_inside_a_plain_field_is_refused_with_its_place(line: bytes) -> None:
    data = b"1,2\n" * 100 + line + b"3,4\n" * 100
    with pytest.raises(DataError, match=r"rows\.csv, byte 40\d: there is a quotation mark inside a field"):
        cut_csv(lambda start, stop: data[start:stop], head=0, size=len(data), length=64, name="rows.csv")


def test_file_that_is_one_chunk_is_not_read() -> None:
    def read(start: int, stop: int) -> bytes:
        raise AssertionError((start, stop))

    assert cut_csv(read, head=5, size=100, length=100, name="rows.csv") == [(5, 100)]


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), min_size=1), st.integers(1, 30))
@pytest.mark.hypothesis
def test_chunks_of_lines_are_whole_lines(lines: list[bytes], length: int) -> None:
    data = b"\n".join([*lines, b"end"])
    found = parts(data, cut_lines(lambda start, stop: data[start:stop], head=0, size=len(data), length=length))
    assert b"".join(found) == data
    assert all(part.endswith(b"\n") for part in found[:-1])
    assert all(len(part) <= length + 10 for part in found)


def test_a_file_with_marks_around_every_field_takes_little_memory_and_time() -> None:
    """Each block is searched in both states; in the wrong one no line ends."""
    data = b"a,b\n" + b'"1","2"\n' * 2_000_000
    tracemalloc.start()
    ranges = cut_csv(lambda start, stop: data[start:stop], head=4, size=len(data), length=6 << 20, name="rows.csv")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [data[start : start + 4] for start, _ in ranges] == [b'"1",'] * 3
    assert most < 400 << 20
