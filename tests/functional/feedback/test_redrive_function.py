"""functions/redrive as Lambda loads it: batches that feedback failed on are retried until they are in the ledger."""

import json
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import pytest

from fairlead.errors import SettingsError, StorageError
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.redrive import RESERVE
from fairlead.publishing.publish import Published
from testkit.lambda_context import event
from tests.functional import ledger_fixture
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import Loop, Traffic, delivery, request_id, running

ROW = json.loads(event("predict")["body"])["instances"][0]
TICK = event("redrive")
PREFIX = "aws/lambda/async/fairlead-feedback/"


@pytest.fixture
def here(shelf: Store) -> Loop:
    return Loop(shelf)


@pytest.fixture(scope="module")
def traffic(shelf: Store, published: Published) -> Traffic:
    return Traffic(shelf, published)


@pytest.fixture
def redrive(here: Loop, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return ledger_fixture.load("redrive", here.env("redrive"), monkeypatch)


def fail(here: Loop, payload: Any, minute: int, *, function: str = "fairlead-feedback") -> str:
    """Return the object that Lambda writes for an event after its retries."""
    stamp = f"2026-11-23T12.{minute:02d}.00"
    key = f"aws/lambda/async/{function}/2026/11/23/{stamp}-{request_id(minute)}"
    record = {
        "version": "1.0",
        "timestamp": f"2026-11-23T12:{minute:02d}:00.000Z",
        "requestContext": {
            "requestId": request_id(minute),
            "functionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{function}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "StorageError", "errorMessage": "could not write to the ledger"},
    }
    here.store.client.put_object(Bucket=here.bucket, Key=key, Body=json.dumps(record))
    return key


def waiting(here: Loop) -> list[str]:
    found = here.store.client.list_objects_v2(Bucket=here.bucket, Prefix=PREFIX)
    return [entry["Key"] for entry in found.get("Contents", ())]


def test_a_day_of_failures_is_caught_up_with_and_removed(redrive: ModuleType, here: Loop, traffic: Traffic) -> None:
    lines = [traffic.lines([ROW], request=request_id(n)) for n in range(12)]
    for minute, some in enumerate(lines):
        fail(here, delivery([*some, *lines[0]]), minute)

    done = redrive.handler(TICK, running())

    assert (done["Redriven"], done["RedriveFailed"], done["Left"]) == (12, 0, 0)
    assert (done["Captured"], done["Duplicates"]) == (12, 12)
    assert here.rows_counted() == 12
    assert waiting(here) == []
    assert redrive.handler(TICK, running())["Redriven"] == 0


def test_event_that_fails_again_stays_and_the_others_go_on(
    redrive: ModuleType, here: Loop, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (traffic.lines([ROW], request=request_id(n)) for n in (1, 2))
    kept = fail(here, delivery(bad), 1)
    fail(here, delivery(good), 2)
    record_parts = Ledger.record_parts

    def failing(self: Ledger, parts: Sequence[Any], tally: Any) -> Any:
        if parts[0].request == request_id(1):
            raise StorageError("the ledger is throttled")
        return record_parts(self, parts, tally)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "record_parts", failing)
        done = redrive.handler(TICK, running())
    assert (done["Redriven"], done["RedriveFailed"], done["Captured"]) == (1, 1, 1)
    assert waiting(here) == [kept]
    assert redrive.handler(TICK, running())["Captured"] == 1
    assert here.rows_counted() == 2


def test_while_there_is_no_table_everything_stays(redrive: ModuleType, here: Loop, traffic: Traffic) -> None:
    fail(here, delivery(traffic.lines([ROW])), 1)
    here.dynamodb.delete_table(TableName=here.table)
    assert redrive.handler(TICK, running())["RedriveFailed"] == 1
    ledger_fixture.make_table(here.dynamodb, here.table)
    assert redrive.handler(TICK, running())["Captured"] == 1


def test_it_begins_with_the_oldest_and_stops_while_there_is_time_to_finish(
    redrive: ModuleType, here: Loop, traffic: Traffic
) -> None:
    keys = [fail(here, delivery(traffic.lines([ROW])), minute) for minute in (5, 3, 4)]
    left: Iterator[float] = iter((900, RESERVE, RESERVE - 0.01))
    context = running()
    context.get_remaining_time_in_millis = lambda: next(left) * 1000

    done = redrive.handler(TICK, context)

    assert (done["Redriven"], done["Left"]) == (2, 1)
    assert waiting(here) == [keys[0]]


def test_a_crash_between_taking_and_removing_counts_nothing_twice(
    redrive: ModuleType, here: Loop, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(here, delivery(traffic.lines([ROW])), 1)
    with monkeypatch.context() as patched:
        patched.setattr(redrive.dead_letters, "done", lambda _: (_ for _ in ()).throw(StorageError("S3 is away")))
        assert redrive.handler(TICK, running())["RedriveFailed"] == 1
    done = redrive.handler(TICK, running())
    assert (done["Redriven"], done["Captured"], done["Duplicates"]) == (1, 0, 1)
    assert here.rows_counted() == 1


def test_an_event_that_another_has_just_removed_is_no_failure(
    redrive: ModuleType, here: Loop, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fail(here, delivery(traffic.lines([ROW])), 1)
    monkeypatch.setattr(redrive.dead_letters, "failed", lambda _: [key])
    redrive.handler(TICK, running())
    done = redrive.handler(TICK, running())
    assert (done["Redriven"], done["RedriveFailed"]) == (0, 0)


@pytest.mark.parametrize("data", [b"\xff\x00", b"[]", b'{"version": "1.0"}'])
def test_a_failed_event_that_lambda_did_not_write_becomes_a_dead_letter(
    redrive: ModuleType, here: Loop, data: bytes
) -> None:
    here.store.client.put_object(Bucket=here.bucket, Key=f"{PREFIX}2026/11/23/odd", Body=data)
    done = redrive.handler(TICK, running())
    assert (done["Redriven"], done["PoisonRecords"]) == (1, 1)
    assert waiting(here) == []
    [found] = here.dead_letters()
    assert found["record"]["key"].endswith("/odd")


def test_a_poison_record_within_a_failed_event_becomes_a_dead_letter(
    redrive: ModuleType, here: Loop, traffic: Traffic
) -> None:
    fail(here, delivery(["poison", *traffic.lines([ROW])]), 1)
    fail(here, {"awslogs": {"data": "broken"}}, 2)
    done = redrive.handler(TICK, running())
    assert (done["Redriven"], done["PoisonRecords"], done["Captured"]) == (2, 2, 1)
    assert len(here.dead_letters()) == 2


def test_other_functions_events_are_left_alone(redrive: ModuleType, here: Loop) -> None:
    fail(here, {"anything": 1}, 1, function="fairlead-respond")
    assert redrive.handler(TICK, running())["Redriven"] == 0
    assert len(here.dead_letters("aws/lambda/async/fairlead-respond/")) == 1


def test_a_failed_retraining_is_counted_at_every_tick_and_never_retried(
    here: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redrive = ledger_fixture.load(
        "redrive", here.env("redrive") | {"FAIRLEAD_RETRAIN": "fairlead-retrain"}, monkeypatch
    )
    fail(here, {"model": "penguins", "reason": "drift"}, 1, function="fairlead-retrain")
    capsys.readouterr()

    done = [redrive.handler(TICK, running()) for _ in range(2)]

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [one["FailedRetrainings"] for one in done] == [1, 1]
    assert [metrics["FailedRetrainings"] for metrics in lines] == [1, 1]
    assert len(here.dead_letters("aws/lambda/async/fairlead-retrain/")) == 1


def test_every_tick_says_how_it_went(
    redrive: ModuleType, here: Loop, traffic: Traffic, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(here, delivery(traffic.lines([ROW])), 1)
    capsys.readouterr()
    redrive.handler(TICK, running())
    [metrics] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert metrics["service"] == "redrive"
    assert (metrics["Redriven"], metrics["Captured"], "RedriveFailed" in metrics) == (1, 1, False)


def test_a_tick_without_work_makes_no_metric(redrive: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """CloudWatch bills a metric by the hour in which it gets data, and this would be every hour."""
    capsys.readouterr()
    redrive.handler(TICK, running())
    assert "_aws" not in capsys.readouterr().out


def test_it_does_not_start_without_the_function_whose_events_it_redrives(
    here: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = here.env("redrive")
    del env["FAIRLEAD_FUNCTION"]
    with pytest.raises(SettingsError, match="FAIRLEAD_FUNCTION"):
        ledger_fixture.load("redrive", env, monkeypatch)
