"""Thousands of inputs: what is asked and kept is bounded by values, counted here instead of timed."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.evidence import columns, probes
from fairlead.publishing.parity import golden_rows
from fairlead.publishing.parity.boundary_rows import boundary_rows, far_rows
from fairlead.publishing.signature.probe import MOST_ROWS, probe_of

WIDE = 3_000
NUMBERS = Signature(
    inputs=tuple(Field(name=f"x{at}", kind="number", minimum=-1.0, maximum=1.0, nullable=True) for at in range(WIDE)),
    output=Output(task="regression"),
    layout="array",
)
ROWS = [(0.5,) * WIDE for _ in range(probes.BASES)]


@pytest.fixture(autouse=True)
def a_tenth_of_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules at a tenth of the values, so that a tenth of them is built."""
    monkeypatch.setattr(probes, "MOST_VALUES", probes.MOST_VALUES // 10)
    monkeypatch.setattr(probes, "BATCH_VALUES", probes.BATCH_VALUES // 5)
    monkeypatch.setattr(columns, "BLOCK_VALUES", columns.BLOCK_VALUES // 10)


class Counting:
    """Answers zeros and counts what it is given; breaks on rows in which an input of `breaks` is missing."""

    def __init__(self, breaks: Sequence[int] = ()) -> None:
        self.breaks = breaks
        self.batches: list[int] = []
        self.missing: set[int] = set()

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        self.batches.append(len(rows) * WIDE)
        for row in rows:
            if None in row:
                self.missing.update(at for at, value in enumerate(row) if value is None)
        return Answers(values=[float("nan") if any(row[at] is None for at in self.breaks) else 0.0 for row in rows])


def test_probes_hand_over_bounded_batches_and_change_every_input() -> None:
    engine = Counting()
    found = probes.probe(engine, NUMBERS, ROWS)
    assert max(engine.batches) <= probes.BATCH_VALUES
    assert sum(engine.batches) <= 5 * probes.MOST_VALUES
    assert engine.missing == set(range(WIDE))
    assert not any(probe.broken for probe in found)


@pytest.mark.parametrize("width", [3, WIDE])
def test_the_input_that_breaks_is_named_among_thousands(width: int) -> None:
    from msgspec.structs import replace

    signature = replace(NUMBERS, inputs=NUMBERS.inputs[:width])
    culprit = width - 1
    found = probes.probe(Counting([culprit]), signature, [row[:width] for row in ROWS])
    named = {probe.field for probe in found if probe.kind == "missing" and probe.broken}
    assert f"x{culprit}" in named
    assert named <= {f"x{culprit}", ""}  # and the row in which all are missing


def test_a_combination_that_breaks_is_said_of_all_inputs() -> None:
    class Together(Counting):
        def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
            return Answers(values=[float("inf") if row.count(None) > 1 else 0.0 for row in rows])

    found = [probe for probe in probes.probe(Together(), NUMBERS, ROWS) if probe.broken]
    assert {probe.field for probe in found} == {""}


def test_an_input_that_was_never_negative_is_not_made_negative() -> None:
    tried: list[float] = []

    class Noting(Counting):
        def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
            tried.extend(row[0] for row in rows)
            return Answers(values=[0.0] * len(rows))

    price = Field(name="price", kind="number", minimum=2.0, maximum=50.0)
    count = Field(name="count", kind="integer", minimum=0.0, maximum=9.0)
    for field, lowest in ((price, 2e-6), (count, 0)):
        tried.clear()
        probes.probe(
            Noting(), Signature(inputs=(field,), output=Output(task="regression"), layout="array"), [(3,)] * 10
        )
        assert min(tried) == pytest.approx(lowest)
        assert max(tried) > 1e6


def test_golden_and_boundary_rows_of_thousands_of_inputs_take_bounded_memory() -> None:
    tracemalloc.start()
    try:
        golden = golden_rows.choose(NUMBERS, ROWS)
        boundary = boundary_rows(object(), NUMBERS, ROWS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(golden) == golden_rows.FEWEST_ROWS
    assert 100 <= len(boundary) < 2_000
    assert peak < 150e6


def test_blocks_of_wide_tables_hold_fewer_rows() -> None:
    frame = pd.DataFrame(np.zeros((150, WIDE)), columns=[field.name for field in NUMBERS.inputs])
    sizes = [len(rows) for rows in columns.blocks(NUMBERS, frame)]
    assert sum(sizes) == 150
    assert max(sizes) * WIDE <= columns.BLOCK_VALUES


def test_thousands_of_columns_with_missing_values_are_probed_with_few_rows() -> None:
    holes = np.zeros((WIDE, WIDE))
    np.fill_diagonal(holes, np.nan)
    probe, _ = probe_of(object(), pd.DataFrame(holes), "array", frozenset())
    assert len(probe.frame) <= MOST_ROWS


def test_far_rows_change_all_numbers_first_and_build_no_more_than_they_return() -> None:
    """One row for each field, of all fields at once, was 288 MB for 6,000 fields and 3 GB for 20,000."""
    from msgspec.structs import replace

    signature = replace(NUMBERS, inputs=NUMBERS.inputs * 2)
    rows = [(0.5,) * len(signature.inputs)] * 4
    tracemalloc.start()
    found = far_rows(signature, rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert len(found) * len(signature.inputs) <= 4_000_000
    changed = [sum(value != 0.5 for value in row) for row in found]
    assert changed[0] == len(signature.inputs)
    assert 1 in changed
