"""Broken inputs are found within the hour, without statistics; a mere shift is left to drift."""

from typing import Any

import pytest

from fairlead.drift import Broken, Request, Tally, broken
from fairlead.model.baseline import Baseline, Categories, Feature, Numbers, Predictions

WIDTH = Numbers(edges=(1.0, 2.0), counts=(30, 40, 30), low=0.5, high=2.5)
COLOUR = Categories(values=("red", "blue"), counts=(50, 30), other=10)
BASELINE = Baseline(
    schema=1,
    rows=100,
    features=(
        Feature(name="width", kind="number", missing=0, seen=WIDTH),
        Feature(name="colour", kind="category", missing=10, seen=COLOUR),
        Feature(name="never", kind="number", missing=100, seen=Numbers(edges=(), counts=(0,), low=None, high=None)),
        Feature(name="note", kind="text", missing=0, seen=Numbers(edges=(3.5,), counts=(50, 50), low=1.0, high=9.0)),
    ),
    predictions=Predictions(),
)
USUAL = (1.5, "red", None, "abcd")


def seen(*rows: tuple[Any, ...]) -> tuple[Broken, ...] | None:
    """Return the verdict on an hour with these rows of some callers."""
    requests = [Request(caller=str(at % 3), at=900 * (at % 4), rows=[row]) for at, row in enumerate(rows)]
    return broken(BASELINE, Tally(BASELINE)(requests))


@pytest.mark.parametrize(
    ("row", "feature", "words"),
    [
        ((15.0, "red", None, "abcd"), "width", "of 40 rows in an hour 100% outside 0.5 to 2.5; before 0%"),
        ((None, "red", None, "abcd"), "width", "of 40 rows in an hour 100% missing; before 0%"),
        (
            (1.5, "0xff0000", None, "abcd"),
            "colour",
            "of 40 rows in an hour 100% in categories that the baseline does not name; before 20%",
        ),
        (
            (1.5, "red", None, "abcdefghijkl"),
            "note",
            "of 40 rows in an hour 100% outside 1 to 9 characters; before 0%",
        ),
    ],
)
def test_field_with_another_unit_or_code_or_missing_is_named_with_its_values(
    row: tuple[Any, ...], feature: str, words: str
) -> None:
    assert [(one.feature, one.words) for one in seen(*[row] * 40) or ()] == [(feature, words)]


def test_outside_and_missing_values_count_and_the_worst_input_is_first() -> None:
    found = seen(
        *[(9.0, None, None, "abcd")] * 15, *[(None, None, None, "abcd")] * 10, *[(1.5, None, None, "abcd")] * 10
    )
    assert found
    assert [(one.feature, round(one.strange, 2)) for one in found] == [("colour", 1.0), ("width", 0.71)]
    assert found[1].words == "of 35 rows in an hour 43% outside 0.5 to 2.5, 29% missing; before 0%"


def test_less_than_half_more_than_before_is_not_broken() -> None:
    assert seen(*[(9.0, *USUAL[1:])] * 19, *[USUAL] * 21) == ()
    assert seen(*[(1.5, "green", None, "abcd")] * 27, *[USUAL] * 13) == ()  # 68 %, and 20 % before


def test_of_few_rows_and_of_none_nothing_is_said() -> None:
    assert seen() is None
    assert seen(*[(9.0, *USUAL[1:])] * 19) is None


def test_value_of_a_field_without_baseline_is_no_break() -> None:
    assert seen(*[(1.5, "red", 7.0, "abcd")] * 40) == ()
