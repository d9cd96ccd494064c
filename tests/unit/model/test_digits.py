"""Numbers as texts for human readers."""

import pytest

from fairlead.model.digits import digits


@pytest.mark.parametrize(
    ("value", "count", "text"),
    [
        (0.98765, 4, "0.9877"),
        (27_123.4, 4, "27,123"),
        (-27_123.4, 4, "-27,123"),
        (9_999.0, 4, "9999"),
        (2_712.3, 3, "2,712"),
        (271.23, 3, "271"),
        (0.0, 4, "0"),
        (1.5e12, 4, "1.5e+12"),
        (2.2e-16, 2, "2.2e-16"),
        (float("nan"), 4, "nan"),
        (float("inf"), 4, "inf"),
    ],
)
def test_a_number_has_the_digits_that_count_and_seldom_an_exponent(value: float, count: int, text: str) -> None:
    assert digits(value, count) == text
