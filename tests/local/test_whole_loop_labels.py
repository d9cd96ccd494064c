"""Without outcomes, or with late ones, no action is taken, the reason is given, and quality is not called better."""

import pytest

from tests.local.feedback_stack import Stage
from tests.local.pauses import threshold
from tests.local.variants import DAY, HOUR, MINUTE, X, begin

pytestmark = pytest.mark.xdist_group("loop")

LARGE = (X["petal length (cm)"] >= 4.7).to_numpy()


def test_without_labels_drift_is_seen_and_nothing_is_done(loop_stage: Stage) -> None:
    variant = begin(loop_stage, "unlabelled")
    with threshold(loop_stage, "label-coverage", 0.5):
        predicted = 0
        for quarter in range(6):
            predicted += len(variant.ask(60, seed=quarter, of=LARGE))
            variant.skip((quarter + 1) * 15 * MINUTE)
        variant.captured(predicted)
        variant.wait(26 * MINUTE)

    rang = variant.rang()
    assert rang["label-coverage"][0] == rang["drift"][0] == "ALARM"
    assert "quality" not in rang
    assert variant.gauges("QualityDrop") == variant.gauges("Quality") == []
    assert set(variant.gauges("LabelCoverage")) == {0}
    assert variant.gauges("EstimatedQuality")
    assert {(one["action"], one["rule"]) for one in variant.decided()} == {("nothing", "too few outcomes")}
    assert variant.undisturbed()
    assert variant.books().hold(rows=predicted, outcomes=0)


def test_labels_a_week_late_are_judged_a_week_late(loop_stage: Stage) -> None:
    """A tenth of the outcomes comes at once, all right; the rest comes a week later, all wrong."""
    variant, days = begin(loop_stage, "late"), []
    with threshold(loop_stage, "label-coverage", 0.5):
        for day in range(7):
            days.append(labelled := variant.ask(120, seed=day))
            variant.captured(120 * len(days))
            assert variant.report([one.said(one.truth) for one in labelled[:12]]) == {"recorded": 12}
            if day == 0:  # the tenth outcome came within the hour, so all outcomes are expected within an hour
                variant.skip(2 * HOUR)
                variant.wait(26 * MINUTE)
                assert variant.rang() == {"label-coverage": ["ALARM"]}
            variant.skip((day + 0.95) * DAY)
        assert (variant.gauges("Quality"), variant.decided()) == ([], [])

        assert variant.report([one.said((one.truth + 1) % 3) for one in days[0][12:]]) == {"recorded": 108}
        variant.skip(7.05 * DAY)
        variant.wait(26 * MINUTE)

    rang = variant.rang()
    assert rang["label-coverage"] == ["ALARM", "OK"]
    assert rang["quality"] == ["ALARM"]
    assert set(variant.gauges("LabelDelayHours")) == {1, 168}
    assert max(variant.gauges("Quality")) < 0.2
    assert min(variant.gauges("QualityDrop")) > 0.5
    assert {(one["action"], one["rule"]) for one in variant.decided()} == {("nothing", "too few outcomes")}
    assert variant.undisturbed()
    assert variant.books().hold(rows=7 * 120, outcomes=7 * 12 + 108)
