"""Forged and damaged log lines: each is counted or becomes a dead letter with its reason; the others are processed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import quality
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.feedback.ledger.counter_items import pages
from fairlead.feedback.score import MOST_UNKNOWN
from fairlead.feedback.versions import KnownVersion, VersionName
from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Signature
from fairlead.telemetry import capture
from fairlead.telemetry.capture import MOST_COUNTERS, Part, counters
from tests.unit.feedback.deliveries import DIGEST, INPUTS, NOON, OUTPUTS, Registry, _check, line, reference, take


def test_a_line_without_fields_has_all_inputs() -> None:
    rows = [[1.5, "Dream", "seen", None], None]
    found, dead_letters, _ = take([line(fields=[], rows=rows)])
    assert (found.captured, dead_letters.kept) == (1, {})
    part = capture.decode(line(fields=[], rows=rows))
    known = KnownVersion(Signature(inputs=INPUTS, output=OUTPUTS["classes"], layout="frame"), reference("classes"))
    assert known.completed(part).fields == ("mass", "island", "note", "wild")
    whole = capture.decode(line(rows=rows))
    assert known.traffic([known.completed(part)]) == known.traffic([whole])


@pytest.mark.parametrize("model", OUTPUTS)
def test_captured_line_is_accepted(model: str) -> None:
    found, dead_letters, _ = take([line(model)])
    assert (found.captured, found.poison, dead_letters.kept) == (1, 0, {})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"at": NOON + 3_600_000}, "the request is dated"),
        ({"at": NOON - 86_400_000}, "the request is dated"),
        ({"at": -1}, "`int` >= 0"),
        ({"at": 10**18}, "<= 253402300799999"),
        ({"at": 10**30}, "<= 253402300799999"),
        ({"at": str(NOON)}, "Expected `int`"),
        ({"at": True}, "Expected `int`"),
        ({"version": 0}, "`int` >= 1"),
        ({"version": -3}, "`int` >= 1"),
        ({"version": 10**2000}, "`int` <= 2147483647"),
        ({"version": 2}, "no such version"),
        ({"model": "penguins"}, "no such version"),
        ({"digest": "sha256:" + "1" * 64}, "no such version"),
        ({"digest": ""}, "no such version"),
        ({"release": "the other stack's"}, "is not a release"),
        ({"release": "07"}, "is not a release"),
        ({"release": 7}, "Expected `str`"),
        ({"caller": "x" * 65}, "length <= 64"),
        ({"rows": []}, "length >= 1"),
        ({"rows": [], "labels": [], "probabilities": [], "of": 1}, "length >= 1"),
        ({"rows": [[], []]}, "other fields than its part"),
        ({"rows": [None, None], "of": 1}, "outside its request"),
        ({"of": 0}, "`int` >= 1"),
        ({"of": 10**9}, "<= 9999999"),
        ({"first": -1}, "`int` >= 0"),
        ({"first": 10**12}, "outside its request"),
        ({"probabilities": [[1e308] * 3] * 2}, "probabilities"),
        ({"probabilities": [[-5.0, 3, 3]] * 2}, "probabilities"),
        ({"probabilities": [[0.5, 0.5]] * 2}, "probabilities"),
        ({"probabilities": [["a", 0, 0]] * 2}, "Expected `float | null`"),
        ({"values": [1.0, 2.0]}, "does not answer values"),
        ({"scores": [1.0, 2.0]}, "does not answer scores"),
        ({"labels": ["a"]}, "differ in length"),
        ({"labels": ["a", 10**60]}, "labels"),
        ({"labels": ["a", None]}, "got `null`"),
        ({"rows": [["heavy", "Dream", "x", None]] * 2}, "do not have the field's type"),
        ({"rows": [[1.0, "Dream", 7, None]] * 2}, "do not have the field's type"),
        ({"rows": [[[1.0], "Dream", "x", None]] * 2}, "got `array`"),
        ({"fields": ["mass"] * 4}, "fields that are not in the version's signature"),
        ({"fields": [], "rows": [[1.5, "Dream", "x"]] * 2}, "than the version's signature has inputs"),
        ({"fields": [], "rows": [[1.5], [1.5, "Dream"]]}, "a row has other fields than its part"),
        ({"fields": [], "rows": [["heavy", "Dream", "x", None]] * 2}, "do not have the field's type"),
    ],
)  # fmt: skip
def test_a_forged_line_is_a_dead_letter_with_its_reason_and_its_neighbour_is_taken(
    changes: dict[str, Any], why: str
) -> None:
    found, dead_letters, _ = take([line(number=1), line(number=2, **changes), line(number=3)])
    assert (found.captured, found.poison) == (2, 1)
    [reason] = dead_letters.kept.values()
    assert why in reason


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("odd", {"probabilities": [[], []]}),
        ("odd", {"labels": [1, 2]}),
        ("groups", {"labels": [0, "x"]}),
        ("groups", {"labels": [0, True]}),
        ("groups", {"labels": [0, 1.5]}),
        ("groups", {"scores": [1.0, 2.0]}),
        ("value", {"values": [[1.0], 2.0]}),
        ("value", {"values": [True, 2.0]}),
        ("value", {"labels": ["a", "b"]}),
        ("values", {"values": [[1.0], [1.0, 2.0]]}),
    ],
)
def test_answers_that_the_task_does_not_have_are_dead_letters(model: str, changes: dict[str, Any]) -> None:
    found, _, _ = take([line(model, number=1), line(model, number=2, **changes)])
    assert (found.captured, found.poison) == (1, 1)


def test_a_number_of_any_size_in_a_row_or_a_value_is_captured() -> None:
    rows = [[10**400, "Dream", "x", None], [1e300, "", "y", None]]
    found, dead_letters, _ = take([line("value", number=1, rows=rows, values=[1e300, -1.7e308])])
    assert (found.captured, dead_letters.kept) == (1, {})


def test_ten_thousand_unknown_versions_are_asked_for_a_hundred_times() -> None:
    forged = [line(number=n, digest=f"sha256:{n:064x}") for n in range(2, 1_500)]
    found, dead_letters, registry = take([*forged, line(number=1)])
    assert (found.captured, found.poison) == (1, len(forged))
    assert registry.asked <= MOST_UNKNOWN + 2
    assert len(dead_letters.kept) == len(forged)


def test_a_part_with_more_counters_than_a_transaction_takes_is_a_dead_letter() -> None:
    fields = tuple(f"f{n}" for n in range(300))
    part = msgspec.json.decode(line("value"), type=Part)
    wide = msgspec.structs.replace(
        part, fields=fields, rows=[[float(n)] * 300 for n in range(60)], of=60, values=[1.0] * 60
    )
    assert counters(wide) > MOST_COUNTERS
    found, dead_letters, _ = take([msgspec.json.encode(wide).decode(), line(number=9)])
    assert (found.captured, found.poison) == (1, 1)
    assert "counters" in next(iter(dead_letters.kept.values()))


def test_a_row_of_more_fields_than_counters_is_captured_without_its_fields() -> None:
    inputs = tuple(Field(name=f"feature {n}", kind="number") for n in range(20_000))
    known = Signature(inputs=inputs, output=OUTPUTS["value"], layout="frame")
    asked = capture.CapturedRequest(request="r", at=NOON, caller="c", rows=[(1.0,) * 20_000])
    identity = {"model": "m", "version": 1, "digest": DIGEST, "release": "7"}
    answered = capture.CapturedAnswer(identity=identity, answers=Answers(values=[0.5]))
    [only] = list(capture.Capture(known).lines(asked, answered))
    part = capture.decode(only)
    assert (part.fields, part.rows, part.values) == ((), [None], [0.5])
    assert KnownVersion(known, None).misfit(part) == ""


@given(
    st.sampled_from([*OUTPUTS]),
    st.one_of(st.text(max_size=5), st.booleans(), st.integers(-(10**400), 10**400), st.floats(allow_nan=False),
              st.dictionaries(st.sampled_from("xyz"), st.floats(allow_nan=False), max_size=3),
              st.sampled_from([0, 1, "a", -1])),
    st.lists(st.floats(-0.001, 1.001) | st.none(), min_size=3, max_size=3),
    st.floats(allow_nan=False, allow_infinity=False) | st.none(),
)  # fmt: skip
def test_a_pair_of_any_outcome_and_answer_is_counted_or_invalid(
    model: str, actual: Any, shares: list[float | None], value: float | None
) -> None:
    part = msgspec.json.decode(line(model), type=Part)
    if model == "classes":
        part = msgspec.structs.replace(part, probabilities=[shares, shares])
    if model == "value":
        part = msgspec.structs.replace(part, values=[value, value])
    assert Registry().of(VersionName(model, 1, DIGEST)).misfit(part) == ""
    outcome = Outcome(request=part.request, row=1, actual=actual, at=NOON, by="arn")
    pair = Pair(part=part, position=1, outcome=outcome)
    [(slot, counts)] = quality.tally(OUTPUTS[model], [pair]).items()
    assert ("invalid" in counts) is bool(quality.pair_error(OUTPUTS[model], pair))
    for page in pages("W", slot, "Q", "0", counts):
        for held in page.update("ledger", 0, expires=0)["ExpressionAttributeValues"].values():
            _check(held)
