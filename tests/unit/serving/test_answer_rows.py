"""A failing batch: rows that the model cannot answer are named, failures of the release are raised."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import RowNotAnswerableError
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.signature import Field, Output, Signature
from fairlead.serving.answer_rows import MOST_CALLS, RowAnswerer, without_number

NAMES = ("a", "b", "c")
SIGNATURE = Signature(
    inputs=tuple(Field(name=name, kind="number") for name in NAMES), output=Output(task="regression"), layout="frame"
)
GOLDEN = Golden(rows=[(0.0, 0.0, 0.0)], answers=Answers(values=[0.0]))
HUGE = 1e39


class Refusing:
    """An engine of sums that raises at a batch with a value beyond float32, as scikit-learn does."""

    def __init__(self, error: type[Exception] = ValueError) -> None:
        self.calls = 0
        self._error = error

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        self.calls += 1
        if any(abs(value) > 3.4e38 for row in rows for value in row):
            raise self._error("Input X contains infinity or a value too large for dtype('float32').")
        return Answers(values=[sum(row) for row in rows])


class Wrapped:
    """An engine made of a function of all rows."""

    def __init__(self, answer: Callable[[Sequence[tuple[Any, ...]]], Answers]) -> None:
        self.answer = answer


def refused(engine: Any, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]]:
    with pytest.raises(RowNotAnswerableError) as caught:
        RowAnswerer(engine, SIGNATURE, GOLDEN).answer(rows)
    return [(error["row"], error["field"]) for error in caught.value.errors]


def batch(count: int, wrong: dict[int, int]) -> list[tuple[float, ...]]:
    """Rows of ones, with a huge value in a field (its place) of some rows."""
    return [tuple(HUGE if wrong.get(row) == place else 1.0 for place in range(3)) for row in range(count)]


def test_rows_that_are_answered_are_predicted_once() -> None:
    engine = Refusing()
    answers = RowAnswerer(engine, SIGNATURE, GOLDEN).answer([(1.0, 2.0, 3.0)])
    assert (answers.values, engine.calls) == ([6.0], 1)


@pytest.mark.parametrize("error", [ValueError, KeyError, ZeroDivisionError, RuntimeError, TypeError])
def test_a_row_that_the_estimator_refuses_is_named_with_its_field(error: type[Exception]) -> None:
    assert refused(Refusing(error), [(1.0, HUGE, 3.0)]) == [(0, "b")]
    assert refused(Refusing(error), batch(1000, {777: 2})) == [(777, "c")]


def test_error_has_the_received_value_and_no_text_of_the_estimator() -> None:
    with pytest.raises(RowNotAnswerableError) as caught:
        RowAnswerer(Refusing(), SIGNATURE, GOLDEN).answer(batch(3, {1: 0}))
    assert str(caught.value) == "row 1, field 'a': the model has no answer: the estimator refuses it"
    assert caught.value.errors == [
        {"row": 1, "field": "a", "expected": "a value that the model can answer", "got": "1e+39"}
    ]


def test_the_first_eight_of_a_hundred_rows_are_named_within_the_calls() -> None:
    engine = Refusing()
    found = refused(engine, batch(100, dict.fromkeys(range(3, 100, 9), 1)))
    assert [row for row, _ in found] == list(range(3, 67, 9))
    assert engine.calls <= MOST_CALLS


@given(st.integers(1, 3000), st.lists(st.tuples(st.integers(0, 2999), st.integers(0, 2)), min_size=1, max_size=20))
def test_the_named_rows_are_the_first_refused_ones_whatever_the_batch(
    count: int, places: list[tuple[int, int]]
) -> None:
    wrong = {row % count: place for row, place in places}
    engine = Refusing()
    found = refused(engine, batch(count, wrong))
    assert engine.calls <= MOST_CALLS
    assert [row for row, _ in found] == sorted(wrong)[: len(found)]
    assert all(field in {"", NAMES[wrong[row]]} for row, field in found)


def test_an_engine_that_names_the_rows_is_asked_only_for_their_fields() -> None:
    def guarded(rows: Sequence[tuple[Any, ...]]) -> Answers:
        negative = [place for place, row in enumerate(rows) if row[2] < 0]
        if negative:
            raise RowNotAnswerableError(negative, "the logarithm of a negative number")
        return Answers(values=[0.0] * len(rows))

    rows = [(1.0, 1.0, 1.0), (1.0, 1.0, -1.0), (-1.0, 1.0, -2.0)]
    with pytest.raises(RowNotAnswerableError, match=r"row 1, field 'c'.*logarithm of a negative number"):
        RowAnswerer(Wrapped(guarded), SIGNATURE, GOLDEN).answer(rows)
    assert refused(Wrapped(guarded), rows) == [(1, "c"), (2, "c")]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("column", ["values", "scores", "probabilities"])
def test_an_answer_that_is_no_finite_number_is_no_answer(column: str, value: float) -> None:
    def answer(rows: Sequence[tuple[Any, ...]]) -> Answers:
        figures: list[Any] = [value if row[1] > 1 else 0.0 for row in rows]
        if column == "probabilities":
            figures = [[figure, 0.0] for figure in figures]
        return Answers(**{column: figures})

    golden = Golden(rows=GOLDEN.rows, answers=answer(GOLDEN.rows))
    with pytest.raises(RowNotAnswerableError, match=r"row 1, field 'b': .*not a finite number") as caught:
        RowAnswerer(Wrapped(answer), SIGNATURE, golden).answer([(1.0, 1.0, 1.0), (1.0, 2.0, 1.0)])
    assert caught.value.positions == (1,)


def test_huge_answers_are_finite() -> None:
    assert without_number(Answers(values=[1.7e308, 1.7e308])) == []
    assert without_number(Answers(values=[[1.7e308, 1.7e308], [1.7e308, 1.7e308]])) == []
    assert without_number(Answers(values=[1.7e308, math.nan, 1.7e308])) == [1]
    assert without_number(Answers(values=[[1.7e308, 1.7e308], [1.7e308, math.nan]])) == [1]


def test_a_golden_row_that_fails_now_is_the_releases_failure() -> None:
    def broken(_: Sequence[tuple[Any, ...]]) -> Answers:
        raise ValueError("the session is gone")

    with pytest.raises(RuntimeError, match="golden row") as caught:
        RowAnswerer(Wrapped(broken), SIGNATURE, GOLDEN).answer([(1.0, 1.0, 1.0)])
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_golden_row_that_is_answered_otherwise_now_is_the_releases_failure() -> None:
    with pytest.raises(RuntimeError, match="golden row"):
        RowAnswerer(Wrapped(lambda rows: Answers(values=[math.nan] * len(rows))), SIGNATURE, GOLDEN).answer(
            [(1.0, 1.0, 1.0)]
        )


def test_too_little_memory_is_the_releases_failure() -> None:
    with pytest.raises(MemoryError):
        RowAnswerer(Refusing(MemoryError), SIGNATURE, GOLDEN).answer(batch(4, {1: 1}))


def test_rows_that_fail_only_together_are_the_releases_failure() -> None:
    def together(rows: Sequence[tuple[Any, ...]]) -> Answers:
        if len(rows) > 3:
            raise ValueError("too many")
        return Answers(values=[0.0] * len(rows))

    with pytest.raises(RuntimeError, match="10 rows fail together"):
        RowAnswerer(Wrapped(together), SIGNATURE, GOLDEN).answer(batch(10, {}))
