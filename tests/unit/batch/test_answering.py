"""Rows without an answer are named, and the others keep their answers, for every error of an engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from fairlead.batch.answering import BlockAnswerer
from fairlead.engines.row_packing import ColumnRows
from fairlead.errors import RowNotAnswerableError
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden

GOLDEN = Golden(rows=[(1.0,)], answers=Answers(values=[2.0]))


class Doubling:
    """Doubles numbers; fails at negative ones, naming them or not, and answers infinity above 100."""

    def __init__(self, *, names: bool = False, broken: bool = False) -> None:
        self._names = names
        self._broken = broken
        self.calls = 0

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        self.calls += 1
        values = [value for (value,) in rows]
        wrong = [place for place, value in enumerate(values) if value < 0]
        if self._broken or (wrong and not self._names):
            raise ValueError("no")
        if wrong:
            raise RowNotAnswerableError(wrong, "it is negative")
        return Answers(values=[float("inf") if value > 100 else value * 2 for value in values])


def asked(engine: Doubling, values: list[float], positions: list[int] | None = None) -> tuple[Any, dict[int, str]]:
    rows = ColumnRows([np.array(values)], ["number"])
    which = np.arange(len(values)) if positions is None else np.array(positions, dtype=np.int64)
    answered = BlockAnswerer(engine, GOLDEN).answer(rows, which)
    return answered.columns(len(values)).get("values"), answered.faults


@pytest.mark.parametrize(("names", "reason"), [(True, "it is negative"), (False, "the estimator refuses it")])
def test_refused_rows_are_named_and_the_others_answered(names: bool, reason: str) -> None:
    found, faults = asked(Doubling(names=names), [1, -1, 3, 200, -5, 6])
    assert found == [2, None, 6, None, None, 12]
    assert {place: text.partition(": ")[2] for place, text in sorted(faults.items())} == {
        1: reason,
        3: "the answer is not a finite number",
        4: reason,
    }


def test_rows_that_were_found_wrong_before_are_not_asked() -> None:
    engine = Doubling()
    assert asked(engine, [1, -1, 3], [0, 2]) == ([2, None, 6], {})
    assert engine.calls == 1


def test_a_block_without_a_right_row_asks_nothing() -> None:
    engine = Doubling()
    assert asked(engine, [-1, -2], []) == (None, {})
    assert engine.calls == 0


def test_an_engine_that_fails_at_the_golden_row_fails_the_chunk_instead_of_its_rows() -> None:
    with pytest.raises((RuntimeError, ValueError)):
        asked(Doubling(broken=True), [1, 2])
