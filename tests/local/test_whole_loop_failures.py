"""Failures of DynamoDB and of the feedback functions: the loop catches up, and counts everything once."""

import json
import time

import pytest

from tests.local.feedback_stack import Stage
from tests.local.pauses import still
from tests.local.variants import HOUR, MINUTE, LabelledPrediction, begin

pytestmark = pytest.mark.xdist_group("loop")

FEEDBACK = "aws/lambda/async/fairlead-feedback/"
POISON = json.dumps({"event": "capture", "level": "INFO", "rows": "of another hand"})


def true(labelled: list[LabelledPrediction]) -> list[dict[str, object]]:
    return [one.said(one.truth) for one in labelled]


def test_while_dynamodb_throttles_callers_get_503_and_nothing_is_lost(loop_stage: Stage) -> None:
    variant, cloud = begin(loop_stage, "throttled"), loop_stage.cloud
    with cloud.faults(writes=4):  # a shorter failure would not be noticed
        first = variant.ask(60, seed=0)
        variant.captured(60)
        assert variant.report(true(first)) == {"recorded": 60}

    # Half an hour. The function fails at once instead of after ten attempts, to keep the test short.
    with cloud.faults(writes=-1, functions={"fairlead-feedback": "fail"}):
        second = variant.ask(60, seed=1)
        refused = loop_stage.report("reporter", true(second))
        assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (
            503,
            "ledger_unavailable",
            "5",
        )
        variant.wait(33 * MINUTE)
    assert variant.rang()["failed-batches"] == ["ALARM"]
    assert variant.books().states == {"scored": 60}
    assert variant.books().rows == 60
    assert len(variant.dead_letters(FEEDBACK)) == 1

    labelled = loop_stage.result("redrive")
    assert (labelled["Redriven"], labelled["RedriveFailed"], labelled["Captured"]) == (1, 0, 1)
    assert variant.report(true(second)) == {"recorded": 60}
    assert variant.report(true(first + second)) == {"duplicate": 120}
    still(loop_stage, 31 * MINUTE)

    rang = variant.rang()
    assert rang["failed-batches"] == ["ALARM", "OK"]
    assert rang["dropped-events"] == ["ALARM", "OK"]
    assert variant.decided() == []
    assert variant.undisturbed()
    assert variant.books().hold(rows=120, outcomes=120)


def test_a_day_without_the_feedback_function_is_caught_up_with(loop_stage: Stage) -> None:
    """Captured lines wait in the bucket, and outcomes wait for captured lines; then each is counted once."""
    variant, cloud = begin(loop_stage, "caught-up"), loop_stage.cloud
    labelled: list[LabelledPrediction] = []
    with cloud.faults(functions={"fairlead-feedback": "fail", "fairlead-redrive": "fail"}):
        for quarter in range(4):
            labelled += variant.ask(50, seed=quarter)
            if quarter == 0:
                log(loop_stage, POISON)
            assert variant.report(true(labelled[-50:-25])) == {"accepted": 25}
            variant.skip((quarter + 1) * 6 * HOUR)
        variant.wait(33 * MINUTE)
    waiting = variant.dead_letters(FEEDBACK)
    assert len(waiting) >= 4
    assert variant.books().states == {"pending": 100}
    assert variant.books().counters == {}
    assert variant.rang()["failed-batches"] == ["ALARM"]
    assert variant.rang()["dropped-events"] == ["ALARM", "OK"] * 4

    key, data = variant.dead_letters(FEEDBACK).popitem()
    variant.wait(16 * MINUTE)
    assert variant.books().hold(rows=200, outcomes=100)
    assert variant.dead_letters(FEEDBACK) == {}
    assert len(variant.dead_letters("setaside/")) == 1
    assert variant.metered("Captured", "redrive") == 4

    cloud.client("s3").put_object(Bucket=loop_stage.outputs["DeadLetterBucket"], Key=key, Body=data)
    again = loop_stage.result("redrive")
    assert (again["Redriven"], again["Captured"]) == (1, 0)
    halves = [one for place, one in enumerate(labelled) if place % 50 >= 25]
    assert variant.report(true(labelled)) == {"duplicate": 100, "recorded": len(halves)}
    still(loop_stage, 31 * MINUTE)
    rang = variant.rang()
    assert rang["failed-batches"] == ["ALARM", "OK"]
    assert rang["poison-records"][0] == "ALARM"
    assert variant.decided() == []
    assert variant.undisturbed()
    assert variant.books().hold(rows=200, outcomes=200)


def log(stage: Stage, message: str) -> None:
    """Write a line into predict's log."""
    logs, group = stage.cloud.client("logs"), "/aws/lambda/fairlead-predict"
    logs.create_log_stream(logGroupName=group, logStreamName="another hand")
    event = {"timestamp": int(time.time() * 1000), "message": message}
    logs.put_log_events(logGroupName=group, logStreamName="another hand", logEvents=[event])
