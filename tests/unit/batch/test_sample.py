"""The sample of a chunk that is captured: a bounded number of answered rows, from every block."""

from typing import Any

import numpy as np
import pytest

from fairlead.batch.sample import MOST_ROWS, NAME, Sample
from fairlead.engines.row_packing import ColumnRows
from fairlead.feedback.log_delivery import part_of
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry.capture import Capture, Part

REQUEST = "0f0e0d0c-0000-4000-8000-000000000000"
IDENTITY: dict[str, Any] = {"model": "m", "version": 3, "digest": "sha256:" + "0" * 64, "release": NAME}
SIGNATURE = Signature(
    inputs=(Field(name="a", kind="number"), Field(name="b", kind="number")),
    output=Output(task="regression"),
    layout="frame",
)


def parts(sample: Sample, *, rows: int, drop: str = "") -> list[Part]:
    """The captured parts, as the feedback function reads them."""
    capture = Capture(SIGNATURE, drop=frozenset({drop} - {""}))
    return [part_of(line) for line in sample.lines(capture, IDENTITY, REQUEST, rows=rows)]


def block(sample: Sample, rows: int, *, first: int = 0, refused: tuple[int, ...] = ()) -> None:
    """Add a block whose row n has the values n and -n, and the answer 10 n; n is counted in the chunk."""
    numbers = np.arange(first, first + rows, dtype=float)
    answers = {"values": [None if place in refused else 10.0 * number for place, number in enumerate(numbers.tolist())]}
    answered = np.setdiff1d(np.arange(rows), refused)
    sample.add(ColumnRows([numbers, -numbers], ["number", "number"]), answers, answered, first=first)


def places(found: list[Part]) -> list[int]:
    return [part.first + row for part in found for row in range(len(part.rows))]


def test_rows_have_their_answers_and_the_places_of_their_prediction_ids() -> None:
    sample = Sample(1, 1.0)
    block(sample, 4, refused=(1,))
    found = parts(sample, rows=4)
    assert places(found) == [0, 2, 3]
    assert [part.rows for part in found] == [[[0.0, -0.0]], [[2.0, -2.0], [3.0, -3.0]]]
    assert [part.values for part in found] == [[0.0], [20.0, 30.0]]
    assert {(part.caller, part.release, part.request, part.of) for part in found} == {(NAME, NAME, REQUEST, 4)}


def test_a_field_that_is_not_stored_is_left_out() -> None:
    sample = Sample(1, 1.0)
    block(sample, 2)
    [part] = parts(sample, rows=2, drop="b")
    assert (part.fields, part.rows) == (("a",), [[0.0], [1.0]])


@pytest.mark.parametrize(("chunks", "most"), [(1, MOST_ROWS), (10, MOST_ROWS // 10), (MOST_ROWS * 5, 1)])
def test_a_chunk_gives_its_share_of_the_jobs_sample(chunks: int, most: int) -> None:
    sample = Sample(chunks, 1.0)
    block(sample, 10_000)
    assert len(places(parts(sample, rows=10_000))) == most


def test_every_block_of_a_chunk_gives_as_many_rows() -> None:
    sample = Sample(1, 1.0)
    for first in range(0, 40_000, 10_000):
        block(sample, 10_000, first=first)
    found = places(parts(sample, rows=40_000))
    assert len(found) == MOST_ROWS
    assert [sum(first <= place < first + 10_000 for place in found) for first in range(0, 40_000, 10_000)] == [250] * 4


@pytest.mark.parametrize(("rate", "rows"), [(0.0, 0), (0.01, 1), (0.5, 5), (1.0, 10)])
def test_no_more_than_the_share_that_the_stack_captures(rate: float, rows: int) -> None:
    sample = Sample(1, rate)
    block(sample, 10)
    assert len(places(parts(sample, rows=10))) == rows


def test_a_block_without_an_answer_gives_nothing() -> None:
    sample = Sample(1, 1.0)
    block(sample, 2, refused=(0, 1))
    assert parts(sample, rows=2) == []
