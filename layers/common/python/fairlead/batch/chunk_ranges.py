"""Cuts text files into byte ranges that begin and end between records.

A line of JSON is a record. A record of CSV may hold line breaks between quotation marks, so a line break ends a record
only if the number of marks before it is even. The file is read once, in blocks that are searched at the same time: each
block is cut twice, once as if it began between records and once as if it began between marks. The marks before it tell
which is true.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from fairlead.errors import DataError

READ_AT_ONCE = 4
"""Blocks that are read in parallel."""
STEP = 4 << 20
"""Bytes of a block. One with a mark in every fourth byte takes ten times its size to search."""
NEAR = 1 << 20
"""Bytes that are read at once in search of a line's end."""
MARK, COMMA, RETURN, BREAK = b'",\r\n'

Read = Callable[[int, int], bytes]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]


class _Block(NamedTuple):
    """A block of CSV: its number of marks, and for each state at its start the first record's end and the first fault.

    The states are outside and inside of marks; None where there is no end, or no fault.
    """

    marks: int
    ends: tuple[int | None, int | None]
    faults: tuple[int | None, int | None]


def cut_lines(read: Read, *, head: int, size: int, length: int) -> list[tuple[int, int]]:
    """Return ranges of about `length` bytes that end with a line; `read` returns the bytes from a start to a stop."""
    ends = []
    at = head + length
    while at < size:
        end = _line_end(read, at, size)
        if end is None:
            break
        ends.append(end)
        at = end + length
    return _ranges(head, ends, size)


def cut_csv(read: Read, *, head: int, size: int, length: int, name: str) -> list[tuple[int, int]]:
    """Return ranges of about `length` bytes that end with a record of CSV (RFC 4180).

    Raises DataError for a mark inside a field without marks, since it hides where records end. A file that needs no
    cut is not read.
    """
    if size - head <= length:
        return [(head, size)]
    step = min(length, STEP)
    starts = range(head, size, step)
    ends: list[int] = []
    inside = 0
    for start, block in zip(starts, _blocks(read, starts, size, step), strict=True):
        fault = block.faults[inside]
        if fault is not None:
            raise DataError(
                f"{name}, byte {start + fault}: there is a quotation mark inside a field that does not begin with one",
                hint='enclose such a field in quotation marks and double those inside it: "5"" pipe"',
            )
        end = block.ends[inside]
        if start >= head + length * (len(ends) + 1) and end is not None:
            ends.append(start + end)
        inside = (inside + block.marks) % 2
    return _ranges(head, ends, size)


def _blocks(read: Read, starts: Sequence[int], size: int, length: int) -> Iterator[_Block]:
    """Yield the searched blocks in order, a few read ahead."""

    def searched(start: int) -> _Block:
        # One byte more on each side shows the neighbours of marks at the edges.
        before, stop = max(start - 1, 0), min(start + length, size)
        data = read(before, min(stop + 1, size))
        return _searched(data, start - before, stop - before)

    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        for first in range(0, len(starts), READ_AT_ONCE):
            yield from pool.map(searched, starts[first : first + READ_AT_ONCE])


def _searched(data: bytes, start: int, stop: int) -> _Block:
    """Search the bytes from `start` to before `stop`; positions in the result count from `start`."""
    if not data.count(MARK, start, stop):
        end = data.find(b"\n", start, stop)
        return _Block(0, (None if end < 0 else end + 1 - start, None), (None, None))
    text = np.frombuffer(data, dtype=np.uint8)
    marks = start + np.flatnonzero(text[start:stop] == MARK)
    before = np.where(marks > 0, text[marks - 1], BREAK)
    after = np.where(marks + 1 < len(text), text[np.minimum(marks + 1, len(text) - 1)], BREAK)
    opens = np.isin(before, (COMMA, BREAK, RETURN, MARK))
    closes = np.isin(after, (COMMA, BREAK, RETURN, MARK))
    even = np.arange(len(marks)) % 2 == 0  # marks that open a field if the block begins outside
    wrong = (np.where(even, ~opens, ~closes), np.where(even, ~closes, ~opens))
    faults = [int(marks[np.argmax(one)]) - start if one.any() else None for one in wrong]
    return _Block(len(marks), _record_ends(text[start:stop], marks, start), (faults[0], faults[1]))


def _record_ends(text: Bytes, marks: Places, start: int) -> tuple[int | None, int | None]:
    """Return the place after the first line break outside of marks, for each state at the start."""
    breaks = np.flatnonzero(text == BREAK)
    inside = np.searchsorted(marks, start + breaks) % 2 == 1
    found = [breaks[~inside], breaks[inside]]
    first, second = (int(one[0]) + 1 if len(one) else None for one in found)
    return first, second


def _line_end(read: Read, at: int, size: int) -> int | None:
    """Return the place after the next line break, None where the last line follows."""
    while at < size:
        data = read(at, min(at + NEAR, size))
        found = data.find(b"\n")
        if found >= 0:
            return at + found + 1 if at + found + 1 < size else None
        at += len(data)
    return None


def _ranges(head: int, ends: Sequence[int], size: int) -> list[tuple[int, int]]:
    edges = [head, *(end for end in ends if head < end < size), size]
    return [(start, stop) for start, stop in pairwise(edges) if start < stop]
