"""Drift's p values keep their promise for independent rows and for rows that resemble each other by caller or hour."""

import math

import numpy as np
import pytest
from scipy import stats

from fairlead.drift.effective_sample import ClusterTable
from fairlead.drift.significance import compare, compare_share, join_small_cells, stability_index

SHARES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
BASELINE = (SHARES * 2_000).astype(int).tolist()
WINDOWS = 300


def drawn(random: np.random.Generator, *, callers: float = 0.0, hours: float = 0.0) -> ClusterTable:
    """Return a window of 24 hours × 20 callers × 4 rows. `callers` and `hours` are how similar the rows of each are."""
    own = random.dirichlet(SHARES / callers, 20) if callers else np.tile(SHARES, (20, 1))
    now = random.dirichlet(SHARES / hours, 24) if hours else np.tile(SHARES, (24, 1))
    shares = own[None] if not hours else now[:, None]
    counts = random.multinomial(4, np.broadcast_to(shares, (24, 20, 5)))
    return ClusterTable(counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist())


def p_values(**alike: float) -> list[float]:
    random = np.random.default_rng(0)
    found = []
    for _ in range(WINDOWS):
        baseline = random.multinomial(2_000, SHARES).tolist()
        test = compare(drawn(random, **alike), baseline)
        assert test is not None
        found.append(test.p)
    return found


@pytest.mark.parametrize("alike", [{}, {"callers": 0.05}, {"callers": 0.5}, {"hours": 0.1}, {"hours": 0.5}])
def test_p_values_without_drift_are_rarely_small(alike: dict[str, float]) -> None:
    found = np.array(p_values(**alike))
    assert (found <= 0.05).mean() <= 0.08
    assert (found <= 0.01).mean() <= 0.02
    assert found.mean() > 0.4


def test_a_test_that_takes_rows_for_independent_raises_false_alarms() -> None:
    random = np.random.default_rng(0)
    plain = [stats.chi2_contingency([drawn(random, callers=0.5).totals, BASELINE]).pvalue for _ in range(WINDOWS)]
    assert np.mean(np.array(plain) <= 0.05) > 0.9


def test_independent_rows_are_tested_as_pearson_would() -> None:
    random = np.random.default_rng(4)
    shifted = [random.multinomial(200, (0.36, 0.25, 0.18, 0.13, 0.08)).tolist() for _ in range(24)]
    table = ClusterTable(shifted, shifted)
    found = compare(table, BASELINE)
    plain = stats.chi2_contingency([table.totals, BASELINE]).pvalue
    assert found is not None
    assert found.effective_rows == pytest.approx(4_800, rel=0.25)
    assert math.log10(found.p) == pytest.approx(math.log10(plain), rel=0.5)


def test_effective_rows_are_the_clusters_where_each_sends_one_thing() -> None:
    random = np.random.default_rng(2)
    callers = [[100 if cell == own else 0 for cell in range(5)] for own in random.choice(5, 60, p=SHARES)]
    hours = [random.multinomial(250, SHARES).tolist() for _ in range(24)]
    found = compare(ClusterTable(hours, callers), BASELINE)
    assert found is not None
    assert 35 < found.effective_rows < 90


def test_few_clusters_or_one_that_outweighs_the_others_are_not_enough() -> None:
    few = [[30, 25, 20, 15, 10]] * 4
    assert compare(ClusterTable(few, few), BASELINE) is None
    heavy = [[3000, 0, 0, 0, 0], *[[30, 25, 20, 15, 10]] * 30]
    assert compare(ClusterTable(heavy, heavy), BASELINE) is None


def test_one_row_of_a_new_value_is_not_significant_and_many_are() -> None:
    def table(new: int) -> ClusterTable:
        hours = np.random.default_rng(0).multinomial(new, [1 / 24] * 24)
        counts = [[100 - number, number] for number in hours.tolist()]
        return ClusterTable(counts, counts)

    one, many = (compare_share(table(new), [1], 1, 500) for new in (1, 100))
    assert one is not None
    assert many is not None
    assert one.p > 0.5
    assert many.p < 0.0001


def test_a_share_of_one_cluster_alone_is_no_evidence() -> None:
    hours = [[100, 0]] * 23 + [[0, 100]]
    found = compare_share(ClusterTable(hours, hours), [1], 0, 2_000)
    assert found is not None
    assert found.p > 0.01


def test_the_stability_index_is_symmetric_zero_for_the_same_and_finite_for_empty_cells() -> None:
    assert stability_index([10, 20, 70], [100, 200, 700]) == 0.0
    assert stability_index([10, 20, 70], [30, 30, 40]) == pytest.approx(stability_index([30, 30, 40], [10, 20, 70]))
    expected = sum((p - q) * math.log(p / q) for p, q in ((0.1, 0.3), (0.2, 0.3), (0.7, 0.4)))
    assert stability_index([1000, 2000, 7000], [3000, 3000, 4000]) == pytest.approx(expected, rel=0.01)
    assert 1 < stability_index([100, 0], [0, 100]) < 20
    assert stability_index([], []) == stability_index([0], [5]) == 0.0


def test_cells_are_joined_with_their_neighbours_until_enough_is_expected() -> None:
    assert join_small_cells([50, 50], 1_000) == [[0], [1]]
    assert join_small_cells([500, 3, 2, 495], 1_000) == [[0], [1, 2], [3]]
    assert join_small_cells([500, 500, 3], 10_000) == [[0], [1, 2]]
    assert join_small_cells([100] * 10, 20) == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
