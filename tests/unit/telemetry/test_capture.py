"""Captured requests: every row once, in lines that Lambda does not cut."""

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry import capture
from fairlead.telemetry.capture import Capture, CapturedAnswer, CapturedRequest, Part

SIGNATURE = Signature(
    inputs=(Field(name="island", kind="category"), Field(name="mass", kind="number"), Field(name="note", kind="text")),
    output=Output(task="classification", classes=("a", "b"), probabilities=True),
    layout="frame",
)
IDENTITY = {"model": "penguins", "version": 7, "digest": "sha256:" + "0" * 64, "release": "14"}


def parts(rows: list[tuple[Any, ...]], *, request: str = "r-1", drop: frozenset[str] = frozenset()) -> list[Part]:
    """The decoded lines of a request; every line is one that Lambda keeps whole."""
    captured_request = CapturedRequest(
        request=request, at=1_000, caller=capture.pseudonym("arn:user/ada", "key"), rows=rows
    )
    answers = Answers(labels=["a"] * len(rows), probabilities=[[0.75, 0.25]] * len(rows))
    lines = list(
        Capture(SIGNATURE, drop=drop).lines(captured_request, CapturedAnswer(identity=IDENTITY, answers=answers))
    )
    assert all(len(line.encode()) <= capture.LARGEST_PART for line in lines)
    return [capture.decode(line) for line in lines]


def test_a_small_request_is_one_part_that_says_everything() -> None:
    [part] = parts([("Dream", 3.5, "x"), (None, None, "y")])
    assert (part.first, part.of, part.rows) == (0, 2, [["Dream", 3.5, "x"], [None, None, "y"]])
    assert (part.model, part.version, part.release) == ("penguins", 7, "14")
    assert part.labels == ["a", "a"]
    assert part.probabilities == [[0.75, 0.25]] * 2


def test_a_line_repeats_nothing_that_the_signature_says() -> None:
    """Bytes of log are paid for. `level` is what lets the line pass Lambda's filter, `event` the subscription's."""
    answered = CapturedAnswer(identity=IDENTITY, answers=Answers(labels=["a"], probabilities=[[0.75, 0.25]]))
    captured_request = CapturedRequest(request="r-1", at=1_000, caller="c", rows=[("Dream", 3.5, "x")])
    [line] = Capture(SIGNATURE).lines(captured_request, answered)
    assert msgspec.json.decode(line) == {
        "event": "capture",
        "level": "INFO",
        "timestamp": "1970-01-01T00:00:01.000+00:00",
        "schema": 2,
        "request": "r-1",
        "at": 1_000,
        "caller": "c",
        **IDENTITY,
        "of": 1,
        "rows": [["Dream", 3.5, "x"]],
        "labels": ["a"],
        "probabilities": [[0.75, 0.25]],
    }


def test_a_line_of_schema_1_is_read() -> None:
    """A release keeps its code for years, and the ledger its parts for months."""
    line = {
        "event": "capture",
        "level": "INFO",
        "schema": 1,
        "request": "r-1",
        "at": 1_000,
        "caller": "c",
        **IDENTITY,
        "first": 0,
        "of": 1,
        "fields": ["island", "mass"],
        "rows": [["Dream", 3.5]],
        "labels": ["a"],
        "probabilities": None,
        "values": None,
        "scores": None,
    }
    part = capture.decode(msgspec.json.encode(line))
    assert (part.schema, part.fields, part.rows, part.values) == (1, ("island", "mass"), [["Dream", 3.5]], None)


def test_a_large_request_becomes_parts_that_hold_each_row_once_in_order() -> None:
    rows = [("Dream", float(number), "x" * 100) for number in range(10_000)]
    found = parts(rows)
    assert len(found) > 1
    assert [row for part in found for row in part.rows] == [list(row) for row in rows]
    assert [part.first for part in found] == [sum(len(p.rows) for p in found[:n]) for n in range(len(found))]
    assert {part.of for part in found} == {10_000}
    assert sum(len(part.labels or ()) for part in found) == 10_000


def test_a_row_larger_than_a_line_is_left_out_and_its_answer_kept() -> None:
    found = parts([("Dream", 1.0, "x" * 300_000), ("Biscoe", 2.0, "y")])
    assert [row for part in found for row in part.rows] == [None, ["Biscoe", 2.0, "y"]]
    assert [label for part in found for label in part.labels or ()] == ["a", "a"]


def test_dropped_fields_are_in_no_line() -> None:
    [part] = parts([("Dream", 3.5, "secret")], drop=frozenset({"note"}))
    assert part.fields == ("island", "mass")
    assert part.rows == [["Dream", 3.5]]
    assert b"secret" not in msgspec.json.encode(part)


def test_the_sample_is_a_share_of_requests_and_the_same_whenever_asked() -> None:
    names = [f"request-{number}" for number in range(4_000)]
    chosen = [name for name in names if capture.sampled(name, 0.25)]
    assert 850 < len(chosen) < 1_150
    assert chosen == [name for name in names if capture.sampled(name, 0.25)]
    assert all(capture.sampled(name, 1) for name in names)
    assert not any(capture.sampled(name, 0) for name in names)


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ["a"]},
        {"rows": [["Dream", 1.0, "x"], ["Dream"]]},
        {"first": 1},
        {"first": -1},
        {"event": "request"},
        {"schema": 3},
        {"version": "7"},
    ],
    ids=",".join,
)
def test_line_that_is_no_part_is_refused(wrong: dict[str, Any]) -> None:
    [part] = parts([("Dream", 1.0, "x"), ("Dream", 2.0, "y")])
    document = msgspec.to_builtins(part) | wrong
    with pytest.raises(msgspec.MsgspecError):
        capture.decode(msgspec.json.encode(document))


def test_a_line_has_its_time_in_lambdas_format() -> None:
    """Without a timestamp in RFC 3339, Lambda's JSON log format adds one of its own."""
    [part] = parts([("Dream", 3.5, "x")])
    assert part.timestamp == "1970-01-01T00:00:01.000+00:00"


def test_members_that_a_log_service_added_are_ignored() -> None:
    [part] = parts([("Dream", 1.0, "x")])
    document = msgspec.to_builtins(part) | {"requestId": "c6af9ac6", "type": "app.log"}
    assert capture.decode(msgspec.json.encode(document)) == part


def test_callers_have_different_pseudonyms_without_their_names() -> None:
    assert capture.pseudonym("arn:user/ada", "key") != capture.pseudonym("arn:user/bob", "key")
    assert "ada" not in capture.pseudonym("arn:user/ada", "key")


def test_a_pseudonym_is_an_hmac_of_its_stack() -> None:
    """Without the key an ARN cannot be tried, and two stacks name one caller differently."""
    named = capture.pseudonym("arn:user/ada", "key")
    assert named == hmac.new(b"key", b"arn:user/ada", hashlib.sha256).hexdigest()[:16]
    assert named != capture.pseudonym("arn:user/ada", "another")
    assert named != hashlib.sha256(b"arn:user/ada").hexdigest()[:16]


@pytest.mark.parametrize(("fields", "rows"), [(2_000, 40), (600, 300), (100, 2_000), (9_500, 3)])
def test_a_wide_request_is_cut_until_its_counters_fit_a_transaction(fields: int, rows: int) -> None:
    signature = Signature(
        inputs=tuple(Field(name=f"f{place}", kind="number") for place in range(fields)),
        output=Output(task="regression"),
        layout="frame",
    )
    captured_request = CapturedRequest(request="r-1", at=1_000, caller="c", rows=[(1.0,) * fields] * rows)
    answered = CapturedAnswer(identity=IDENTITY, answers=Answers(values=[0.5] * rows))
    found = [capture.decode(line) for line in Capture(signature).lines(captured_request, answered)]
    assert [part.first + place for part in found for place in range(len(part.rows))] == list(range(rows))
    assert all(min(len(part.rows), 53) * (fields + 52) <= 9_900 for part in found)


@pytest.mark.parametrize("row", [0, 7, 9_999_999])
def test_an_id_says_its_request_and_row(row: int) -> None:
    request = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert capture.parse_prediction_id(capture.prediction_id(request, row)) == (request, row)
