"""Tails in pure Python agree with SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fairlead.drift.distributions import f_tail, fisher_tail, holm
from fairlead.gate import intervals


@given(st.floats(0.0, 1e4), st.floats(0.5, 60.0), st.floats(0.5, 1e6))
def test_the_tail_of_f_is_scipys(value: float, first: float, second: float) -> None:
    assert f_tail(value, first, second) == pytest.approx(stats.f.sf(value, first, second), rel=1e-6, abs=1e-13)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_exact_tail_is_scipys(trials: int, of: int, data: st.DataObject) -> None:
    successes, others = data.draw(st.integers(0, trials)), data.draw(st.integers(0, of))
    two_by_two = [[successes, trials - successes], [others, of - others]]
    expected = stats.fisher_exact(two_by_two, alternative="greater").pvalue
    assert fisher_tail(successes, trials, others=others, of=of) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_large_counts_are_computed() -> None:
    expected = stats.hypergeom.sf(400_000 - 1, 2_000_000, 800_000, 1_000_000)
    assert fisher_tail(400_000, 1_000_000, others=400_000, of=1_000_000) == pytest.approx(expected, rel=0.2)
    assert fisher_tail(401_500, 1_000_000, others=400_000, of=1_000_000) == pytest.approx(
        stats.hypergeom.sf(401_500 - 1, 2_000_000, 801_500, 1_000_000), rel=1e-2
    )


@given(st.lists(st.floats(0.0, 1.0), max_size=12))
def test_holm_is_the_gates(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(intervals.holm(np.array(p_values)).tolist() if p_values else [])
