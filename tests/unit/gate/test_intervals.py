"""Textbook intervals and tests agree with scipy's."""

import numpy as np
import pytest
from scipy import stats

from fairlead.gate.intervals import (
    benjamini_hochberg,
    holm,
    kolmogorov_smirnov,
    mcnemar,
    paired_share_difference,
    rows_needed,
    total_variation,
    wilson,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (7, 10), (10, 10), (930, 1000)])
def test_wilson(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials, confidence=0.95) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 8), (8, 1), (5, 5), (30, 12), (700, 600)])
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int) -> None:
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("sizes", [(80, 120), (3_000, 500)])
@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_kolmogorov_smirnov(sizes: tuple[int, int], shift: float) -> None:
    generator = np.random.default_rng(5)
    first, second = generator.normal(size=sizes[0]), generator.normal(shift, size=sizes[1])
    expected = stats.ks_2samp(first, second, method="exact")
    distance, p_value = kolmogorov_smirnov(first, second)
    assert distance == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue, rel=0.15, abs=0.02)


def test_a_column_that_goes_missing_is_a_shift() -> None:
    values = np.random.default_rng(6).normal(size=400)
    holes = np.where(np.arange(400) % 2 == 0, np.nan, values)
    distance, p_value = kolmogorov_smirnov(values, holes)
    assert distance >= 0.45
    assert p_value < 1e-10


@pytest.mark.parametrize(
    "counts", [([30, 50, 20], [25, 40, 35]), ([300, 100], [120, 30]), ([5, 5, 5, 5], [9, 1, 6, 4])]
)
def test_total_variation_has_the_chi_squared_tail(counts: tuple[list[int], list[int]]) -> None:
    first, second = (np.array(count, dtype=float) for count in counts)
    _, p_value = total_variation(first, second)
    assert p_value == pytest.approx(
        stats.chi2_contingency(np.stack([first, second]), correction=False).pvalue, abs=0.01
    )


@pytest.mark.parametrize(("correct", "method"), [(benjamini_hochberg, "bh")])
def test_benjamini_hochberg(correct: object, method: str) -> None:
    p_values = np.random.default_rng(7).random(40) ** 3
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values, method=method))


def test_holm_correction_equals_values_computed_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.5])).tolist() == pytest.approx([0.04, 0.09, 0.09, 0.5])


def test_two_models_that_never_disagree_are_still_not_known_to_be_equal() -> None:
    low, high = paired_share_difference(0, 0, 100, confidence=0.9)
    assert low == pytest.approx(-0.016, abs=0.001)
    assert high == -low
    assert paired_share_difference(30, 10, 1000, confidence=0.9)[1] < 0


def test_rows_needed_are_enough() -> None:
    """With the rows it asks for, a mean one unit inside its bound is shown in about 80 % of samples."""
    needed = rows_needed(100, 1.0, 0.5, confidence=0.9)
    assert needed is not None
    generator, shown = np.random.default_rng(8), 0
    for _ in range(500):
        sample = generator.normal(0.5, 10.0, size=needed)
        shown += sample.mean() - 1.645 * sample.std() / needed**0.5 > 0
    assert 0.75 <= shown / 500 <= 0.86
    assert rows_needed(100, 1.0, 0.0, confidence=0.9) is None
