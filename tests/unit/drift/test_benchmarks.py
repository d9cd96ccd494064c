"""The programs that measure drift's false alarms and power count correctly, and detect a broken judgement."""

import functools
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import stats

from benchmarks import drift_breaking, drift_false_alarms, drift_plots, drift_power
from benchmarks.drift_counts import Counted
from benchmarks.drift_false_alarms import Measured
from benchmarks.drift_intervals import interval
from benchmarks.drift_plants import PLANTS, SWAPPED
from benchmarks.drift_power import Power, powers
from benchmarks.drift_scenes import HELD, SLOTS_A_DAY, Month, Scene, Simpler, alarms, month
from benchmarks.drift_screen import moved, uncorrected
from benchmarks.drift_traffic import HABITS, Traffic
from benchmarks.drift_world import Day, World, baseline, requests, world
from benchmarks.options import drawing_parser, figures
from fairlead.drift import Counters, Judgement, Tally, judge
from fairlead.drift.counters import SLOT
from fairlead.model.baseline import Baseline

SINGLE, CALLERS = (Scene("penguins", habit) for habit in ("single rows, nothing alike", "callers and hours"))


@functools.cache
def penguins() -> World:
    return world("penguins")


@functools.cache
def days(scene: Scene, count: int) -> tuple[Baseline, list[Day], Counted]:
    traffic = Traffic(penguins(), HABITS[scene.habit], scene.rows, np.random.default_rng(3))
    reference = baseline(penguins(), traffic.sample(10, 500))
    drawn = [traffic.day(number) for number in range(count)]
    return reference, drawn, Counted(penguins(), reference, drawn)


def always(reference: Baseline, counters: Counters) -> Judgement:
    judgement = judge(reference, counters)
    rings = [msgspec.structs.replace(one, verdict="drift", psi=9.0, p=0.0) for one in judgement.findings]
    return msgspec.structs.replace(judgement, drift=True, findings=tuple(rings))


def never(reference: Baseline, counters: Counters) -> Judgement:
    judgement = judge(reference, counters)
    silent = [msgspec.structs.replace(one, verdict="none", psi=0.0, p=1.0) for one in judgement.findings]
    return msgspec.structs.replace(judgement, drift=False, findings=tuple(silent))


def rings(*quarters: int, p: float = 1e-6, enough: int = 30) -> Month:
    return Month([(quarter, p) for quarter in quarters], enough=enough, answers=0, worth=90.0)


def measured(scene: Scene, *months: Month) -> Measured:
    return Measured(scene, list(months), [Simpler(psi_alone=3, plain=2)])


def test_counting_by_arrays_equals_the_tally() -> None:
    reference, drawn, counted = days(CALLERS, 2)
    for number, day in enumerate(drawn):
        whole = counted.window(number * SLOTS_A_DAY, SLOTS_A_DAY)
        assert whole == Tally(reference)(requests(penguins(), day))
        assert len(whole.clusters) > 30


def test_no_window_that_causes_an_alarm_is_left_out_by_the_screen() -> None:
    reference, _, counted = days(CALLERS, 2)
    screen = moved(counted, SLOTS_A_DAY, SLOTS_A_DAY)
    seen = []
    for quarter in range(0, SLOTS_A_DAY, 16):
        judgement = judge(reference, counted.window(quarter, SLOTS_A_DAY))
        for place, thing in enumerate(counted.things[: screen.shape[1]]):
            found = next(one for one in judgement.findings if one.feature == thing.name)
            assert bool(screen[quarter, place]) == (found.psi >= 0.1)
            assert uncorrected(counted, place, quarter, SLOTS_A_DAY) <= (1.0 if found.p is None else found.p)
            seen.append(found.psi >= 0.1)
    assert {True, False} == set(seen)


def test_a_judge_that_always_alarms_is_noticed() -> None:
    months = [month(penguins(), SINGLE, seed, judge=always, days=1) for seed in range(2)]
    assert [one.alarms() for one in months] == [1, 1]  # a month's first hour is always judged
    assert "more than 0.1 false alarms a month" in str(drift_false_alarms.complaint([measured(SINGLE, *months)]))


def test_the_real_judgement_finds_no_drift_where_nothing_drifts() -> None:
    months = [month(penguins(), SINGLE, seed, days=2) for seed in range(2)]
    assert [(one.alarms(), one.enough) for one in months] == [(0, 2), (0, 2)]
    assert drift_false_alarms.complaint([measured(SINGLE, *months)]) is None


def test_judge_without_alarms_is_noticed_and_the_real_one_finds_planted_drift() -> None:
    measure = functools.partial(powers, penguins(), SINGLE.habit, SINGLE.rows, 10, plants=[SWAPPED])
    assert [one.found for one in measure()] == [10]
    assert drift_power.complaint(measure()) is None
    assert drift_power.complaint(measure(judge=never)) == ("the judge is broken: of 10 days in another unit it found 0")


def test_an_alarm_is_drift_that_lasts_and_the_next_one_needs_a_gap() -> None:
    assert alarms([]) == 0
    assert alarms(range(HELD - 1)) == 0
    assert alarms(range(50)) == 1
    assert alarms([*range(10), *range(11, 14), *range(20, 30)]) == 2
    assert alarms([0, 1, 2, 7, 9, 10], held=1) == 3
    lasting = [rings(*range(HELD), p=p) for p in (1e-4, 1.1e-4)]
    assert [one.alarms() for one in lasting] == [1, 0]
    assert [one.alarms(1e-3) for one in lasting] == [1, 1]


def test_the_alarm_that_is_measured_is_the_templates() -> None:
    template = (Path(__file__).parents[3] / "template.yaml").read_text()
    alarm, looks = (template.partition(f"\n  {name}:\n")[2] for name in ("DriftAlarm", "DriftLooks"))
    period, usual = re.search(r"Period: (\d+)", alarm), re.search(r"Default: (\d+)", looks)
    assert period
    assert usual
    assert int(period[1]) * int(usual[1]) == HELD * SLOT


def test_the_interval_is_poissons_and_wider_where_alarms_come_together() -> None:
    assert interval([0] * 40) == pytest.approx((0.0, 3.689 / 40), rel=1e-3)
    assert interval([1, 1, 1, 1]) == pytest.approx(tuple(stats.chi2.ppf([0.025, 0.975], [8, 10]) / 2 / 4))
    low, high = interval([4, 0, 0, 0])
    assert low < interval([1, 1, 1, 1])[0]
    assert high > interval([1, 1, 1, 1])[1]


def test_the_table_counts_alarms_and_the_stated_rate_is_of_traffic_without_drift() -> None:
    hour = range(HELD)
    weekend = measured(Scene("penguins", "other rows at weekends"), *(rings(*hour) for _ in range(4)))
    single = measured(SINGLE, rings(*hour), rings())
    start = "| single rows, nothing alike | 60 | 0% | 90 | 3.0 | 2.0 | 0.50 ("
    assert drift_false_alarms.line(single).startswith(start)
    assert drift_false_alarms.complaint([single, weekend]) is None
    assert "| 0.0001 | 4 | 2 | 1 | 0.500 (" in drift_false_alarms.summary([single, weekend])


def test_figures_stand_alone_on_light_and_dark_pages(tmp_path: Path) -> None:
    silent = Scene("penguins", "one batch a night")
    shown = [measured(SINGLE, rings(5), rings()), measured(silent, rings(enough=0))]
    found = [Power(plant.family, plant.size, "some traffic", rows, 10, 4) for plant in PLANTS for rows in (100, 1_000)]
    drawings = {"rates": drift_plots.rates(shown), "power": drift_plots.power(found)}
    for name, drawing in drawings.items():
        drift_plots.write(tmp_path / name, drawing)
        text = (tmp_path / name).read_text()
        assert "prefers-color-scheme:dark" in text
        assert "nan" not in text.lower()
        assert {one.tag for one in drawing} >= {"title", "desc", "style", "text"}
    assert "never enough data to judge" in (tmp_path / "rates").read_text()


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ([], Path("docs/figures")),
        (["--smallest"], None),
        (["--figures", "mine"], Path("mine")),
        (["--smallest", "--figures", "mine"], Path("mine")),
    ],
)
def test_figures_of_the_smallest_run_are_written_only_where_a_folder_is_named(
    arguments: list[str], folder: Path | None
) -> None:
    assert figures(drawing_parser("").parse_args(arguments)) == folder


def test_hours_are_counted_as_the_monitor_counts_them() -> None:
    _, _, counted = days(SINGLE, 2)
    table = drift_breaking.by_hour(counted, counted.tables[0], SLOTS_A_DAY)
    for first in (0, 33, SLOTS_A_DAY - 1):
        hour = counted.window(first, drift_breaking.HOUR)
        whole = [sum(one.get(f"i0_{cell}", 0) for one in hour.clusters.values()) for cell in range(table.shape[1])]
        assert table[first].tolist() == whole


def test_of_steady_traffic_no_hour_is_broken_and_another_unit_is_found_within_two() -> None:
    found = drift_breaking.month(penguins(), SINGLE, 3, days=2)
    assert (found.hours, found.broken) == (2 * SLOTS_A_DAY, {})
    assert found.enough > SLOTS_A_DAY
    assert drift_breaking.delay(penguins(), SINGLE.habit, 0) <= 2


def test_hours_that_are_near_are_looked_at_as_the_monitor_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """With any limit below chance, every hour with enough rows is."""
    monkeypatch.setattr("benchmarks.drift_breaking.MOST", -1.0)
    monkeypatch.setattr("fairlead.drift.broken_inputs.MOST", -1.0)
    found = drift_breaking.month(penguins(), SINGLE, 3, days=1)
    assert len(found.broken) == found.enough > 0
