"""A sample of a chunk's rows and answers as captured lines, which the feedback loop counts as it counts requests.

Rows of one batch resemble each other: more of them would outweigh the callers' rows, and say no more about drift.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from fairlead.batch.answering import Positions
from fairlead.engines.row_packing import ColumnRows
from fairlead.model.answers import Answers
from fairlead.telemetry.capture import Capture, CapturedAnswer, CapturedRequest

MOST_ROWS = 1_000
"""Rows of a job's sample; a job of more chunks has one row of each."""
NAME = "batch"
"""Stands for the caller and the release in captured lines."""


class Capturing(msgspec.Struct, frozen=True, kw_only=True):
    """Capture settings: at most this share of rows (0 to 1), without the fields in `drop`; `write` takes lines."""

    rate: float
    drop: frozenset[str]
    write: Callable[[Iterable[str]], None]


class SampledRows(msgspec.Struct, frozen=True):
    """Answered rows of one block: their places in the chunk, ascending, and their answers by column."""

    places: list[int]
    rows: Sequence[tuple[Any, ...]]
    columns: Mapping[str, Sequence[Any]]

    def runs(self, most: int) -> Iterator[slice]:
        """Yield the first rows, at most so many, as slices of rows that follow each other in the chunk."""
        gaps = np.flatnonzero(np.diff(self.places[:most]) != 1) + 1
        edges = [0, *gaps.tolist(), min(most, len(self.places))]
        return (slice(start, stop) for start, stop in pairwise(edges))


class Sample:
    """Collects the sample of one chunk of a job of so many `chunks`; `rate` is the largest share of a block's rows."""

    def __init__(self, chunks: int, rate: float) -> None:
        self._most = max(1, MOST_ROWS // chunks)
        self._rate = rate
        self._blocks: list[SampledRows] = []

    def add(self, rows: ColumnRows, answers: Mapping[str, Sequence[Any]], answered: Positions, *, first: int) -> None:
        """Take the first of a block's answered rows; `first` is the chunk's row with which the block begins."""
        chosen = answered[: min(self._most, math.ceil(self._rate * len(rows)))]
        if len(chosen):
            places = chosen.tolist()
            columns = {name: [column[place] for place in places] for name, column in answers.items()}
            self._blocks.append(SampledRows([first + place for place in places], rows.chosen(chosen), columns))

    def lines(self, capture: Capture, identity: dict[str, Any], request: str, *, rows: int) -> Iterator[str]:
        """Yield the captured lines, of each block as many rows; `rows` is the number of the chunk's."""
        each = math.ceil(self._most / max(1, len(self._blocks)))
        for block in self._blocks:
            for run in block.runs(each):
                asked = CapturedRequest(
                    request=request,
                    at=round(time.time() * 1000),
                    caller=NAME,
                    rows=block.rows[run],
                    first=block.places[run.start],
                    of=rows,
                )
                answers = Answers(**{name: list(column[run]) for name, column in block.columns.items()})
                yield from capture.lines(asked, CapturedAnswer(identity=identity, answers=answers))
