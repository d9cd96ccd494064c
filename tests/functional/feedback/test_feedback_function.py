"""functions/feedback as Lambda loads it, on a real registry and a ledger in moto: what was captured is kept and counted
once, however it comes."""

import base64
import gzip
import json
from types import ModuleType
from typing import Any

import pytest

from fairlead.errors import SettingsError, StorageError
from fairlead.feedback import log_delivery
from fairlead.feedback.ledger import Outcome
from fairlead.publishing.publish import Published
from fairlead.registry.store import Reading
from fairlead.telemetry.capture import LARGEST_PART, prediction_id
from testkit.lambda_context import event
from tests.functional import ledger_fixture
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import NOON, SLOT, Loop, Traffic, delivery, request_id, running

ROW = json.loads(event("predict")["body"])["instances"][0]


@pytest.fixture
def here(shelf: Store) -> Loop:
    return Loop(shelf)


@pytest.fixture(scope="module")
def traffic(shelf: Store, published: Published) -> Traffic:
    return Traffic(shelf, published)


@pytest.fixture
def feedback(here: Loop, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return ledger_fixture.load("feedback", here.env("feedback"), monkeypatch)


def counts(captured: int = 0, duplicates: int = 0, scored: int = 0, poison: int = 0) -> dict[str, int]:
    return {"Captured": captured, "Duplicates": duplicates, "Scored": scored, "PoisonRecords": poison}


def outcome(request: str, row: int = 0, actual: Any = "Adelie") -> Outcome:
    return Outcome(request=request, row=row, actual=actual, at=NOON + 3_600_000, by="arn:user/ada")


def test_captured_rows_are_stored_and_counted_against_the_baseline(
    feedback: ModuleType, here: Loop, traffic: Traffic
) -> None:
    lines = [line for n in range(5) for line in traffic.lines([ROW, {**ROW, "sex": None}], request=request_id(n))]

    assert feedback.handler(delivery(lines), running()) == counts(captured=5)

    [clusters] = here.ledger.counted("penguins", 1, SLOT, SLOT + 1)[0].clusters.values()
    names = [field.name for field in traffic.signature.inputs]
    islands = sum(rows for name, rows in clusters.items() if name.startswith(f"i{names.index('island')}_"))
    assert (clusters["requests"], clusters["rows"], islands) == (5, 10, 10)
    assert sum(rows for name, rows in clusters.items() if name.startswith("l0_")) == 10
    assert sum(rows for name, rows in clusters.items() if name.startswith("v")) == 10
    assert [part.request for part in here.ledger.request(request_id(3))[0]] == [request_id(3)]


def test_a_delivery_that_comes_again_adds_nothing(feedback: ModuleType, here: Loop, traffic: Traffic) -> None:
    lines = [line for n in range(4) for line in traffic.lines([ROW], request=request_id(n))]
    feedback.handler(delivery(lines), running())

    assert feedback.handler(delivery(lines), running()) == counts(duplicates=4)
    assert feedback.handler(delivery([*lines[2:], *lines[:2], lines[0]]), running()) == counts(duplicates=5)
    assert here.rows_counted() == 4


@pytest.mark.parametrize("outcome_first", [True, False])
def test_a_pair_is_scored_once_whichever_half_is_there_first(
    feedback: ModuleType, here: Loop, traffic: Traffic, *, outcome_first: bool
) -> None:
    lines = traffic.lines([ROW, ROW], request=request_id(1))
    if not outcome_first:
        assert feedback.handler(delivery(lines), running()) == counts(captured=1)
    here.ledger.record_outcomes([outcome(request_id(1), 1)])

    first, again = (feedback.handler(delivery(lines), running()) for _ in range(2))

    assert first == (counts(captured=1, scored=1) if outcome_first else counts(duplicates=1, scored=1))
    assert again == counts(duplicates=1)
    assert here.scored()["outcomes"] == 1
    assert [kept.state for kept in here.ledger.request(request_id(1))[1]] == ["scored"]


def test_the_parts_of_a_large_request_may_come_apart_and_late(
    feedback: ModuleType, here: Loop, traffic: Traffic
) -> None:
    rows = [{**ROW, "body_mass_g": 3000.0 + n / 8} for n in range(4000)]
    lines = traffic.lines(rows, request=request_id(2))
    assert len(lines) > 2
    assert max(map(len, lines)) <= LARGEST_PART
    here.ledger.record_outcomes([outcome(request_id(2), row) for row in (0, 1999, 3999)])

    for line in reversed(lines):
        feedback.handler(delivery([line]), running())

    parts, kept = here.ledger.request(request_id(2))
    assert [row for part in parts for row in range(part.first, part.first + len(part.rows))] == list(range(4000))
    assert {one.state for one in kept} == {"scored"}
    assert here.rows_counted() == 4000


def test_fields_that_are_never_stored_are_not_counted_as_missing(
    feedback: ModuleType, here: Loop, traffic: Traffic
) -> None:
    feedback.handler(delivery(traffic.lines([ROW] * 3, drop=frozenset({"island"}))), running())

    [clusters] = here.ledger.counted("penguins", 1, SLOT, SLOT + 1)[0].clusters.values()
    names = [field.name for field in traffic.signature.inputs]
    assert clusters["rows"] == 3
    assert not [name for name in clusters if name.startswith(f"i{names.index('island')}_")]
    assert [name for name in clusters if name.startswith(f"i{names.index('sex')}_")]


def test_example_event_equals_the_captured_example_request() -> None:
    found = log_delivery.read(event("feedback"))
    [part] = [log_delivery.part_of(line.message) for line in found.log_events]
    assert (found.log_group, part.at) == (ledger_fixture.LOG_GROUP, NOON)
    assert dict(zip(part.fields, part.rows[0] or [], strict=True)) == ROW
    reported = json.loads(event("intake")["body"])["outcomes"]
    assert [one["prediction_id"] for one in reported] == [prediction_id(part.request, row) for row in range(part.of)]


def altered(line: str, **changes: Any) -> str:
    return json.dumps(json.loads(line) | changes)


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (lambda _: "Task timed out after 29.00 seconds", "not a captured part"),
        (lambda line: line[: len(line) // 2], "not a captured part"),
        (lambda line: altered(line, schema=3), "not a captured part"),
        (lambda line: altered(line, request="S"), "the request id is not one of Lambda's"),
        (lambda line: altered(line, caller="x" * 300_000), "bytes; capture writes at most"),
        (lambda line: line + " \ud800", "not a captured part"),
        (lambda line: altered(line, version=99), "the registry has no penguins version 99"),
        (lambda line: altered(line, model="../blobs"), "the registry has no ../blobs version 1"),
        (lambda line: altered(line, digest="sha256:" + "0" * 64), "is not the captured one"),
        (
            lambda line: altered(line, fields=["a", "b", "c", "d", "e", "f", "g"]),
            "fields that are not in the version's signature",
        ),
        (lambda line: altered(line, labels=["Dodo"]), "the labels are not the version's classes"),
        (lambda line: altered(line, labels=None), "the labels are not the version's classes"),
        (lambda line: altered(line, probabilities=[[1.0]]), "the probabilities do not match"),
        (lambda line: altered(line, rows=[["x"] * 7]), "do not have the field's type"),
    ],
)
def test_a_malformed_record_becomes_a_dead_letter_and_delays_no_other(
    feedback: ModuleType, here: Loop, traffic: Traffic, spoilt: Any, why: str
) -> None:
    good, bad = traffic.lines([ROW]), spoilt(traffic.lines([ROW])[0])

    for _ in range(2):
        assert feedback.handler(delivery([bad, *good]), running())["PoisonRecords"] == 1

    [found] = here.dead_letters()
    assert why in found["why"]
    assert found["record"]["message"] == bad
    assert (found["record"]["log_group"], found["record"]["timestamp"]) == (ledger_fixture.LOG_GROUP, NOON)
    assert here.rows_counted() == 1


def broken_gzip() -> dict[str, Any]:
    data = base64.b64decode(delivery(["{}"])["awslogs"]["data"])
    return {"awslogs": {"data": base64.b64encode(data[: len(data) // 2]).decode()}}


@pytest.mark.parametrize(
    "broken",
    [
        broken_gzip(),
        {"awslogs": {"data": "!"}},
        {"awslogs": {"data": base64.b64encode(gzip.compress(b"[1]")).decode()}},
        {"awslogs": {"data": base64.b64encode(gzip.compress(b"\xff")).decode()}},
        {"awslogs": {}},
        {"Records": []},
        delivery(["{}"], group="/aws/lambda/another"),
    ],
)
def test_a_payload_that_is_no_delivery_becomes_one_dead_letter(
    feedback: ModuleType, here: Loop, broken: dict[str, Any]
) -> None:
    for _ in range(2):
        assert feedback.handler(broken, running()) == counts(poison=1)
    [found] = here.dead_letters()
    assert found["record"] == {"event": broken}


def test_control_messages_are_ignored(feedback: ModuleType, here: Loop) -> None:
    checked = delivery(["CWL CONTROL MESSAGE: Checking health of destination Lambda."], kind="CONTROL_MESSAGE")
    assert feedback.handler(checked, running()) == counts()
    assert here.dead_letters() == []


def test_of_its_own_log_it_takes_nothing_and_writes_nothing(
    feedback: ModuleType, here: Loop, traffic: Traffic, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is written about a delivery of its own log would be the next delivery."""
    own = delivery([*traffic.lines([ROW]), "what is this"], group=ledger_fixture.OWN_LOG_GROUP)
    capsys.readouterr()
    assert feedback.handler(own, running()) == counts()
    assert '"event":"capture"' not in capsys.readouterr().out
    assert here.dead_letters() == []
    assert here.rows_counted() == 0


def test_a_table_in_trouble_is_an_error_so_that_lambda_brings_the_batch_again(
    feedback: ModuleType, here: Loop, traffic: Traffic
) -> None:
    sent = delivery([*traffic.lines([ROW]), "poison"])
    here.dynamodb.delete_table(TableName=here.table)
    with pytest.raises(Exception, match="ledger"):
        feedback.handler(sent, running())
    ledger_fixture.make_table(here.dynamodb, here.table)
    assert feedback.handler(sent, running()) == counts(captured=1, poison=1)


def test_a_version_that_cannot_be_read_now_does_not_hold_up_the_others(
    here: Loop, traffic: Traffic, again: Published, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    feedback = ledger_fixture.load("feedback", here.env("feedback"), monkeypatch)
    manifest = Reading.manifest
    second = Traffic(shelf, again)

    def failing(self: Reading, model: str, version: int, **rest: Any) -> Any:
        if version == again.manifest.version and broken:
            raise StorageError("S3 is away")
        return manifest(self, model, version, **rest)

    monkeypatch.setattr(Reading, "manifest", failing)
    broken = [True]
    sent = delivery([*second.lines([ROW]), *traffic.lines([ROW])])
    with pytest.raises(StorageError, match="S3 is away"):
        feedback.handler(sent, running())
    assert (here.rows_counted(1), here.rows_counted(2)) == (1, 0)
    broken.clear()
    assert feedback.handler(sent, running()) == counts(captured=1, duplicates=1)


def test_every_batch_says_how_it_went(
    feedback: ModuleType, traffic: Traffic, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    feedback.handler(delivery([*traffic.lines([ROW]), "poison"]), running())
    [metrics] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert metrics["service"] == "feedback"
    assert {name: metrics[name] for name in counts() if name in metrics} == {"Captured": 1, "PoisonRecords": 1}


@pytest.mark.parametrize("name", ["FAIRLEAD_BUCKET", "FAIRLEAD_LEDGER", "FAIRLEAD_SETASIDE", "FAIRLEAD_LOG_GROUPS"])
def test_it_does_not_start_without_its_settings(here: Loop, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env = here.env("feedback")
    del env[name]
    with pytest.raises(SettingsError, match=name):
        ledger_fixture.load("feedback", env, monkeypatch)
