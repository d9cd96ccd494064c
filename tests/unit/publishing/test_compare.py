"""The proof finds each difference, with its place and size, and accepts no different label."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fairlead.model.answers import Answers
from fairlead.publishing.parity.compare import TOLERANCE, NotProvedError, answerable, difference, prove

Row = tuple[Any, ...]
HELD_OUT: list[Row] = [(float(value),) for value in range(100)]
BOUNDARY: list[Row] = [(value + 0.5,) for value in range(50)]


class Scripted:
    """An engine that answers a row by a function, which may look at the size of the batch."""

    def __init__(
        self, share: Callable[[float, int], float], *, label: Callable[[float], Any] = lambda value: value > 30
    ):
        self._share, self._label = share, label

    def answer(self, rows: Sequence[Row]) -> Answers:
        shares = [self._share(row[0], len(rows)) for row in rows]
        return Answers(labels=[self._label(row[0]) for row in rows], probabilities=[[1 - s, s] for s in shares])


def half(_: float, __: int) -> float:
    return 0.5


def test_equal_engines_are_certified_with_the_compared_rows() -> None:
    certificate = prove(Scripted(half), Scripted(lambda _, __: 0.5 + 1e-7), HELD_OUT, BOUNDARY)
    assert (certificate.rows, certificate.boundary_rows, certificate.label_differences) == (150, 50, 0)
    assert certificate.largest_difference == pytest.approx(1e-7)
    assert certificate.tolerance == TOLERANCE


def test_one_label_is_too_many() -> None:
    other = Scripted(half, label=lambda value: value > 31)
    with pytest.raises(NotProvedError, match=r"^2 of 150 rows differ in label, .*held-out row 31"):
        prove(Scripted(half), other, HELD_OUT, BOUNDARY)


def test_a_label_of_another_json_type_is_another_label() -> None:
    ones = Scripted(half, label=lambda _: 1)
    with pytest.raises(NotProvedError, match="150 of 150 rows differ in label"):
        prove(ones, Scripted(half, label=lambda _: True), HELD_OUT, BOUNDARY)


def test_a_figure_beyond_the_tolerance_is_named_with_its_row() -> None:
    off = Scripted(lambda value, _: 0.81 if value == 7.5 else 0.5)
    expected = r"^1 of 150 rows differ by more than 1e-05, largest difference 0.31 \(boundary row 7\)"
    with pytest.raises(NotProvedError, match=expected):
        prove(Scripted(half), off, HELD_OUT, BOUNDARY)


def test_a_row_alone_must_be_answered_as_in_a_batch() -> None:
    alone = Scripted(lambda _, size: 0.5 if size > 1 else 0.6)
    with pytest.raises(NotProvedError, match="150 of 150 rows differ by more"):
        prove(Scripted(half), alone, HELD_OUT, BOUNDARY)


@pytest.mark.parametrize(
    ("expected", "got", "differs"),
    [
        ([1e9], [1e9 + 100], False),  # relative to the value
        ([1e9], [1e9 + 1e5], True),
        ([0.001], [0.00102], True),
        ([float("nan")], [float("nan")], False),
        ([float("nan")], [1.0], True),
        ([float("inf")], [float("inf")], False),
        ([1.0], [float("inf")], True),
        ([[1.0, 2.0]], [[1.0, 2.0]], False),
        ([[1.0, 2.0]], [[1.0], [2.0]], True),
    ],
)
def test_values_are_compared_relatively_and_nan_equals_only_nan(expected: Any, got: Any, *, differs: bool) -> None:
    assert bool(difference(Answers(values=expected), Answers(values=got))) is differs


def test_rows_that_the_estimator_refuses_are_left_out_and_the_rest_kept_in_order() -> None:
    class Refuses:
        def answer(self, rows: Sequence[Row]) -> Answers:
            if any(row[0] % 17 == 3 for row in rows):
                raise ValueError("not that one")
            return Answers(labels=[0] * len(rows))

    assert answerable(Refuses(), HELD_OUT) == [row for row in HELD_OUT if row[0] % 17 != 3]


def test_an_estimator_that_refuses_every_row_is_asked_a_bounded_number_of_times() -> None:
    sizes = []

    class Refuses:
        def answer(self, rows: Sequence[Row]) -> Answers:
            sizes.append(len(rows))
            raise ValueError("nothing")

    assert answerable(Refuses(), HELD_OUT * 20) == []
    assert len(sizes) <= 500
