"""The share of values outside what the data showed."""

from fairlead.model.signature import Field, Output, Signature
from fairlead.serving.range_check import Ranges

RANGES = Ranges(
    Signature(
        inputs=(
            Field(name="length", kind="number", nullable=True, minimum=1.0, maximum=2.0),
            Field(name="island", kind="category", categories=("Dream",)),
        ),
        output=Output(task="regression"),
        layout="frame",
    )
)


def test_values_inside_and_missing_values_count_as_inside() -> None:
    assert RANGES.share_outside([(1.0, "Dream"), (2.0, "Dream"), (None, "Dream")]) == 0


def test_each_value_outside_is_counted_once_over_all_values() -> None:
    assert RANGES.share_outside([(0.5, "Dream"), (1.5, "Atlantis")]) == 0.5


def test_a_column_of_missing_values_has_no_range() -> None:
    assert RANGES.share_outside([(None, "Dream")]) == 0
