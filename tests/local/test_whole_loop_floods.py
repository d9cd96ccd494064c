"""Repeated, conflicting and false reports: every report is answered and counted, and the first one counts."""

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from tests.local.commands import STACK
from tests.local.feedback_stack import Stage
from tests.local.support import until
from tests.local.variants import HOUR, MINUTE, LabelledPrediction, Variant, begin

pytestmark = pytest.mark.xdist_group("loop")

ROWS = 300


def asked_rows(variant: Variant) -> list[LabelledPrediction]:
    labelled = [one for seed in range(5) for one in variant.ask(ROWS // 5, seed=seed)]
    variant.captured(ROWS)
    return labelled


def thousand(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return as many outcomes as a request takes, by repeating these."""
    return [outcomes[place % len(outcomes)] for place in range(1000)]


def test_thousands_of_duplicates_and_conflicts_change_no_figure_and_no_training_row(loop_stage: Stage) -> None:
    variant = begin(loop_stage, "repeated")
    labelled = asked_rows(variant)
    true, false = [one.said(one.truth) for one in labelled], [one.said((one.truth + 1) % 3) for one in labelled]
    found: Counter[str] = Counter()

    with ThreadPoolExecutor(2) as pool:
        for some in pool.map(lambda who: variant.report(true, who=who), ("reporter", "clerk")):
            found += some
    assert found == {"recorded": ROWS, "duplicate": ROWS}
    for outcomes in (true, false):
        found += variant.report(thousand(outcomes))
    unfit = [{"prediction_id": f"{uuid.UUID(int=place)}-0", "actual": 1} for place in range(150)]
    nonsense = [one.said("a rose") for one in labelled[:100]] + [{"prediction_id": "rose", "actual": 1}] * 50
    found += variant.report(unfit + nonsense)
    assert found == {"recorded": ROWS, "duplicate": ROWS + 1000, "conflict": 1000, "accepted": 150, "invalid": 150}

    variant.skip(20 * MINUTE)
    variant.wait(16 * MINUTE)
    answer = variant.retrain()
    assert answer["result"] == "refused"
    assert [one for one in answer["findings"] if "contradicted labels" in one]
    [refused] = variant.decided()
    assert (refused["asked"], refused["result"]) == ("retrain", "refused")

    assert variant.rang() == {}
    assert variant.undisturbed()
    assert max(variant.gauges("QualityDrop")) <= 0
    last = {name: variant.gauges(name)[-1] for name in ("Outcomes", "Conflicts", "InvalidOutcomes", "LabelCoverage")}
    assert last == {"Outcomes": ROWS, "Conflicts": ROWS, "InvalidOutcomes": 0, "LabelCoverage": 1}
    assert variant.books().hold(rows=ROWS, outcomes=ROWS, contradictions=ROWS)
    counted = {name: variant.metered(name, "intake") for name in ("Recorded", "Duplicates", "Conflicts", "Accepted")}
    assert counted == {"Recorded": ROWS, "Duplicates": ROWS + 1000, "Conflicts": 1000, "Accepted": 150}


FORGED: list[dict[str, Any]] = [
    {"at": 0}, {"at": -1}, {"at": 10**18}, {"version": 99}, {"version": 10**30}, {"model": "another"}, {"digest": ""},
    {"release": "other stack"}, {"rows": []}, {"of": 0}, {"first": 10**9}, {"labels": ["a rose"]}, {"labels": None},
    {"probabilities": [[1e308, 1e308, 1e308]]}, {"values": [1e300]}, {"schema": 3}, {"fields": ["x"]},
]  # fmt: skip
"""Changes that make a line of one row invalid."""


def test_absurd_outcomes_and_forged_lines_in_hundreds_are_all_accounted_for_and_stop_nothing(
    loop_stage: Stage,
) -> None:
    variant = begin(loop_stage, "absurd")
    labelled = asked_rows(variant)
    [one] = variant.ask(1, seed=99)
    variant.captured(ROWS + 1)
    absurd = (1e40, 3.4e38, -1e300, "a rose", {"x": 1e40})
    found = variant.report([each.said(absurd[place % len(absurd)]) for place, each in enumerate(labelled)])
    assert found == {"invalid": ROWS}
    never = [{"prediction_id": f"{uuid.UUID(int=place)}-0", "actual": 1e40} for place in range(50)]
    assert variant.report(never) == {"invalid": 50}

    forged = forge(variant, one, 200)
    until(lambda: len(variant.dead_letters("setaside/")) >= forged, seconds=120)
    assert variant.report([each.said(each.truth) for each in [*labelled, one]]) == {"recorded": ROWS + 1}
    assert len(variant.dead_letters("setaside/")) == forged
    assert variant.dead_letters("aws/lambda/async/") == {}
    assert variant.metered("PoisonRecords", "feedback") == forged
    assert variant.books().hold(rows=ROWS + 1, outcomes=ROWS + 1)
    assert variant.undisturbed()


def forge(variant: Variant, labelled: LabelledPrediction, count: int) -> int:
    """Write forged lines into predict's log, beside the line of a prediction; returns how many."""
    logs, group = variant.stage.cloud.client("logs"), f"/aws/lambda/{STACK}-predict"
    [part], _ = variant.stage.ledger().request(labelled.id.rpartition("-")[0])
    honest = msgspec.to_builtins(part)
    now = int(variant.stage.cloud.now() * 1000)
    messages = [
        json.dumps(honest | {"request": str(uuid.UUID(int=place)), "at": now} | FORGED[place % len(FORGED)])
        for place in range(count)
    ]
    logs.create_log_stream(logGroupName=group, logStreamName="forged")
    logs.put_log_events(
        logGroupName=group,
        logStreamName="forged",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )
    return count


def test_a_flood_of_false_feedback_lowers_quality_but_changes_no_model_and_no_alias(loop_stage: Stage) -> None:
    """One reporter sends only false outcomes, and there are no others: quality falls, and subscribers are notified."""
    variant = begin(loop_stage, "slandered", versions=2, after=13 * HOUR)
    labelled = asked_rows(variant)
    variant.skip(20 * MINUTE)
    assert variant.report([one.said((one.truth + 1) % 3) for one in labelled]) == {"recorded": ROWS}
    variant.wait(26 * MINUTE)

    assert variant.rang() == {"quality": ["ALARM"]}
    learn, refused = until(lambda: variant.decided() if len(variant.decided()) > 1 else None, seconds=60)
    assert (learn["action"], learn["rule"]) == ("retrain", "learn")
    assert learn["facts"]["previous_compared"] == "not yet decided"
    assert (refused["asked"], refused["result"]) == ("retrain", "refused")
    [one_source] = [one for one in refused["findings"] if one["finding"] == "largest share of labels from one reporter"]
    assert one_source["refuses"]
    assert one_source["figure"].startswith("100% from ")
    assert one_source["figure"].endswith(":user/reporter")
    assert variant.undisturbed()

    # Other reporters' outcomes for these rows come too late, and are counted as conflicts.
    assert variant.report([one.said(one.truth) for one in labelled], who="clerk") == {"conflict": ROWS}
    variant.skip(88 * MINUTE)
    variant.wait(16 * MINUTE)  # an hour after its ALARM, the monitor sends the alarm again
    assert [one["rule"] for one in variant.decided()[2:]] == ["cooling down"]
    assert variant.gauges("Conflicts")[-1] == ROWS
    assert max(variant.gauges("Quality")) < 0.2
    assert variant.undisturbed()
    assert variant.books().hold(rows=ROWS, outcomes=ROWS, contradictions=ROWS)
