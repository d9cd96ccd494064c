"""Times and costs at other memory sizes, and which size is recommended."""

import pytest

from fairlead.monitoring.memory_steps import STEPS, MemoryStep, recommended, steps


def measured(times: list[float], **more: float) -> dict[int, MemoryStep]:
    given = {"measured_share": 1.0, "used_mb": 200, "slowest_ms": 50.0} | more
    return {one.memory: one for one in steps(times, architecture="x86_64", **given)}  # type: ignore[arg-type]


def test_a_time_grows_as_the_share_of_a_vcpu_falls_and_never_shrinks_beyond_one() -> None:
    found = measured([4.0])

    assert found[1769].median_ms == found[3008].median_ms == 4.0
    assert found[512].median_ms == pytest.approx(4.0 * 1769 / 512)
    assert found[512].share == pytest.approx(0.289, abs=0.001)


def test_times_measured_with_a_part_of_a_vcpu_are_scaled_up_from_it() -> None:
    assert measured([8.0], measured_share=0.5)[1769].median_ms == 4.0


def test_a_million_calls_cost_lambda_s_list_price_of_whole_milliseconds() -> None:
    """2.5 ms are billed as 3: 0.20 $ for the calls, and 3 s × 1,000 × 1,769 MB at 16.6667 $ a million GB-seconds."""
    assert measured([2.5])[1769].dollars == pytest.approx(0.20 + 3_000 * 1769 / 1024 * 16.6667e-6)


def test_of_sizes_that_cost_nearly_the_same_the_fastest_is_recommended() -> None:
    """20 ms cost 0.78 dollars at every size up to one vCPU, and more beyond it, where they are no faster."""
    best = recommended(list(measured([20.0]).values()))

    assert best is not None
    assert best.memory == 1769


def test_a_size_that_saves_more_is_recommended_although_it_is_slower() -> None:
    """A call of 0.2 ms is billed as one whole millisecond at each size: 1,769 MB cost a tenth more than 512."""
    best = recommended(list(measured([0.2]).values()))

    assert best is not None
    assert best.memory == 1024


def test_a_size_without_headroom_does_not_fit() -> None:
    assert not measured([1.0], used_mb=500)[512].fits
    assert measured([1.0], used_mb=400)[512].fits


def test_a_size_whose_slow_calls_take_too_long_does_not_fit() -> None:
    found = measured([10.0], slowest_ms=20.0)

    assert not found[512].fits
    assert found[1024].fits


def test_where_nothing_fits_nothing_is_recommended() -> None:
    found = list(measured([100.0], slowest_ms=1.0).values())

    assert (recommended(found), len(found)) == (None, len(STEPS))
