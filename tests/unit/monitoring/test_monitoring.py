"""Monitoring's rules: mature predictions, surely worse quality, datapoints, and when a lasting alarm is sent again."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead import quality
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.gate import metrics
from fairlead.model.manifest import Metric
from fairlead.model.signature import Output
from fairlead.monitoring import Labels, Quality, View, label_delay, primary_metric
from fairlead.monitoring.gauges import gauges
from fairlead.monitoring.quality_window import CERTAIN
from fairlead.monitoring.tick import due
from fairlead.quality.metrics import figures as measured
from fairlead.telemetry.capture import Part

NOW = 2_000_000
DAY = 96
OUTPUT = Output(task="classification", target="churned", classes=("no", "yes"))


def counts(outcomes: int, delay: int = 0) -> dict[str, int | float]:
    """Outcomes of a slot, all of one delay."""
    return {"outcomes": outcomes, f"d{delay}": outcomes}


@pytest.mark.parametrize(
    ("late", "usual"),
    [
        ({}, None),
        ({"d0": 10}, 1),
        ({"d0": 89, "d1": 11}, 6),
        ({"d0": 91, "d5": 9}, 1),
        ({"d4": 1}, 168),
        ({"d5": 1}, 720),
    ],
)
def test_the_usual_delay_is_when_nine_in_ten_outcomes_have_come(late: dict[str, int], usual: int | None) -> None:
    assert label_delay.usual_delay([late, {}]) == usual


def test_predictions_mature_with_the_usual_delay() -> None:
    predicted = {NOW - n: 10 for n in range(1, 4 * DAY)}
    known = {NOW - n: counts(4, delay=2) for n in range(DAY + 1, 4 * DAY)}
    assert label_delay.matured(predicted, known, NOW, 24) == NOW - DAY


def test_young_predictions_whose_outcomes_are_as_complete_as_the_old_ones_are_mature() -> None:
    predicted = {NOW - n: 10 for n in range(1, 2 * DAY)}
    known = {NOW - n: counts(4) for n in range(1, 2 * DAY)}
    assert label_delay.matured(predicted, known, NOW, 1) == NOW
    first_hour = {NOW - n: 10 for n in range(1, 4)}
    assert label_delay.matured(first_hour, {slot: counts(10) for slot in first_hour}, NOW, 1) == NOW


def test_a_few_quick_outcomes_make_nothing_mature() -> None:
    """Wrong predictions are reported at once, right ones a day later."""
    predicted = {NOW - n: 10 for n in range(1, 3 * DAY)}
    known = {NOW - n: counts(10, delay=2) for n in range(DAY + 1, 3 * DAY)} | {
        NOW - n: counts(2) for n in range(1, DAY + 1)
    }
    assert label_delay.matured(predicted, known, NOW, 24) == NOW - DAY


def test_names_of_figures_are_the_gates_and_improve_in_its_direction() -> None:
    assert {name for name in primary_metric.HIGHER if metrics.better(name) == "higher"} == primary_metric.HIGHER
    assert {name for name in primary_metric.LOWER if metrics.better(name) == "lower"} == primary_metric.LOWER
    assert set(metrics.FIGURES) >= primary_metric.HIGHER | primary_metric.LOWER


@pytest.mark.parametrize(
    ("name", "published", "now", "worse"),
    [
        ("accuracy", (0.95, 0.93, 0.97), (0.80, 0.76, 0.84), True),
        ("accuracy", (0.95, 0.93, 0.97), (0.92, 0.88, 0.95), False),
        ("accuracy", (0.95, 0.85, 0.99), (0.88, 0.87, 0.89), False),  # published on few rows: it may have been luck
        ("accuracy", (0.80, 0.78, 0.82), (0.95, 0.94, 0.96), False),
        ("mae", (10, 9, 11), (20, 18, 22), True),
        ("mae", (10, 9, 11), (11, 9, 13), False),
        ("mae", (10, 9, 11), (5, 4, 6), False),
    ],
)
def test_worse_means_beyond_both_uncertainties(
    name: str, published: tuple[float, ...], now: tuple[float, ...], *, worse: bool
) -> None:
    before, after = (Metric(value=one[0], low=one[1], high=one[2]) for one in (published, now))
    assert (primary_metric.surely_worse(name, before, after) > 0) is worse


def pairs(right: float, rows: int, dice: random.Random) -> list[Pair]:
    """Independent predictions of which a share is right."""
    found = []
    for number in range(rows):
        actual = dice.choice(["no", "yes"])
        other = "yes" if actual == "no" else "no"
        part = Part(
            request=str(number), at=number * 60_000, model="churn", version=1, release="1", digest="",
            caller=str(number), first=0, of=1, fields=("x",), rows=[[0.0]],
            labels=[actual if dice.random() < right else other],
        )  # fmt: skip
        outcome = Outcome(request=str(number), row=0, actual=actual, at=part.at, by="ada")
        found.append(Pair(part=part, position=0, outcome=outcome))
    return found


@pytest.mark.parametrize(("right", "falls"), [(0.9, 0), (0.93, 0), (0.7, 100)])
def test_a_drop_is_seen_where_there_is_one_and_not_where_there_is_none(right: float, falls: int) -> None:
    """A hundred windows of 300 outcomes each; the version was published with 0.9."""
    dice = random.Random(7)  # noqa: S311 - a test's dice
    published = Metric(value=0.9, low=0.88, high=0.92)
    seen = 0
    for _ in range(100):
        slots = quality.tally(OUTPUT, pairs(right, 300, dice))
        seen += (
            primary_metric.surely_worse("accuracy", published, measured(OUTPUT, slots, confidence=CERTAIN)["accuracy"])
            > 0
        )
    assert seen == falls


def view(**changes: Any) -> View:
    """A view of a live version about which nothing is known."""
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    labels = {"predictions": 0, "outcomes": 0, "invalid": 0, "conflicts": 0, "coverage": None, "delay_hours": None}
    held = {
        "metric": "accuracy",
        "published": None,
        "now": None,
        "drop": None,
        "outcomes": 0,
        "effective_outcomes": 0.0,
    }
    return View(
        model="churn", version=3, live=True, at=at, hours=24, judged=None, broken=None, estimate=None,
        labels=Labels(**labels | changes.get("labels", {})),
        quality=Quality(**held | changes.get("quality", {}), since=at, until=at, figures={}),
    )  # fmt: skip


def of_live(seen: View) -> Mapping[str, float]:
    """Gauges that alarms watch."""
    return next(one.values for one in gauges(seen) if not one.dimensions)


def test_unknown_figure_is_no_datapoint() -> None:
    assert of_live(view()) == {"Predictions": 0, "Outcomes": 0, "InvalidOutcomes": 0, "Conflicts": 0}


def test_gauges_of_the_live_release_and_of_each_version() -> None:
    now = Metric(value=0.8, low=0.7, high=0.9)
    seen = view(quality={"now": now, "drop": 0.05}, labels={"coverage": 0.0, "delay_hours": 24})
    live, by_version = gauges(seen)
    assert (live.dimensions, by_version.dimensions) == ({}, {"model": "churn", "version": "3"})
    assert live.values["QualityDrop"] == by_version.values["QualityDrop"] == 0.05
    assert (live.values["QualityLow"], live.values["QualityHigh"]) == (0.7, 0.9)
    assert live.values["LabelCoverage"] == 0
    assert live.values["LabelDelayHours"] == 24
    assert "LabelDelayHours" not in by_version.values


@pytest.mark.parametrize("late", [-140, 0, 1, 140])
def test_a_lasting_alarm_is_sent_again_once_an_hour_also_with_irregular_ticks(late: int) -> None:
    since = 1_000_123.5
    ticks = [300 * n + (late if n % 2 else 0) for n in range(3400, 3400 + 12 * 5)]
    put = [at for at in ticks if due(since, at, tick=300, cool_down=3600)]
    hours = {round((at - since) / 3600) for at in put}
    assert len(put) == len(hours)
    assert sorted(hours) == list(range(min(hours), max(hours) + 1))
    assert len(put) >= 4
    assert not due(since, since + 3000, tick=300, cool_down=3600)
