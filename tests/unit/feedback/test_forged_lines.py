"""Forged and damaged log lines: each is counted or becomes a dead letter with its reason; the others are processed."""

import base64
import copy
import gzip
import json
import random
import threading
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, Overflow, Subnormal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import quality
from fairlead.feedback.ledger import Ledger, Outcome, Pair
from fairlead.feedback.ledger.counter_items import pages
from fairlead.feedback.log_delivery import Collected, Collector
from fairlead.feedback.score import MOST_UNKNOWN, Scorer
from fairlead.feedback.versions import KnownVersion, UnknownVersionError, VersionName
from fairlead.model.answers import Answers
from fairlead.model.baseline import SCHEMA, Baseline, Calibration, Categories, Feature, Numbers, Predictions, Score
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry import capture
from fairlead.telemetry.capture import MOST_COUNTERS, Part, counters

NOON = 1_795_435_200_000
GROUP = "/aws/lambda/predict"
DIGEST = "sha256:" + "0" * 64
DYNAMODB = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow, Subnormal])

INPUTS = (
    Field(name="mass", kind="number"),
    Field(name="island", kind="category", categories=("Dream", "Biscoe")),
    Field(name="note", kind="text"),
    Field(name="wild", kind="boolean", nullable=True),
)
FEATURES = (
    Feature(name="mass", kind="number", missing=1, seen=Numbers(edges=(2.0, 3.0), counts=(5, 5, 5), low=1.0, high=4.0)),
    Feature(name="island", kind="category", missing=0, seen=Categories(values=("Dream", "Biscoe"), counts=(9, 7))),
    Feature(name="note", kind="text", missing=0, seen=Numbers(edges=(5.0,), counts=(8, 8), low=1.0, high=9.0)),
    Feature(name="wild", kind="boolean", missing=2, seen=Numbers(edges=(), counts=(14,), low=0.0, high=1.0)),
)
SHARE = Numbers(edges=(0.5,), counts=(8, 8), low=0.0, high=1.0)
OUTPUTS = {
    "classes": Output(task="classification", classes=("a", "b", "c"), probabilities=True),
    "labels": Output(task="classification", classes=(0, 1)),
    "value": Output(task="regression"),
    "values": Output(task="regression", names=("x", "y")),
    "odd": Output(task="anomaly"),
    "groups": Output(task="clustering"),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "classes": {"labels": ["a", "b"], "probabilities": [[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]]},
    "labels": {"labels": [0, 1]},
    "value": {"values": [1.5, -2.0]},
    "values": {"values": [[1.5, 2.5], [0.0, 1e300]]},
    "odd": {"labels": [1, -1], "scores": [0.1, -0.2]},
    "groups": {"labels": [0, 3]},
}


def reference(name: str) -> Baseline:
    """A baseline that counts everything its task answers."""
    scores: dict[str, tuple[Any, ...]] = {
        "classes": ("a", "b", "c"),
        "value": ("",),
        "values": ("x", "y"),
        "odd": ("s",),
    }
    predictions = Predictions(
        labels=None if name.startswith("value") else Categories(values=(0, 1, "a"), counts=(5, 5, 6)),
        scores=tuple(Score(of=one, seen=SHARE) for one in scores.get(name, ())),
        calibration=(Calibration(of=None, edges=(0.5,), counts=(8, 8), stated=(0.3, 0.8), true=(3, 7)),)
        if name == "classes"
        else (),
    )
    return Baseline(schema=SCHEMA, rows=16, features=FEATURES, predictions=predictions)


class Registry:
    """Versions of every task, under the task's name."""

    def __init__(self) -> None:
        self.asked = 0
        self._known = {
            name: KnownVersion(Signature(inputs=INPUTS, output=output, layout="frame"), reference(name))
            for name, output in OUTPUTS.items()
        }

    def has(self, name: VersionName) -> bool:
        return name.model in self._known and (name.version, name.digest) == (1, DIGEST)

    def of(self, name: VersionName) -> KnownVersion:
        self.asked += 1
        if not self.has(name):
            raise UnknownVersionError("the registry has no such version")
        return self._known[name.model]


class Table:
    """A DynamoDB that refuses what DynamoDB refuses, and remembers which parts it has."""

    def __init__(self) -> None:
        self.parts: set[tuple[str, str]] = set()

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        assert 0 < len(TransactItems) <= 100
        keys = [repr(one.get("Put", {}).get("Item", one.get("Update", {}).get("Key"))) for one in TransactItems]
        assert len(set(keys)) == len(keys)
        for action in TransactItems:
            if update := action.get("Update"):
                assert len(update["UpdateExpression"].encode()) <= 4096
                for value in update["ExpressionAttributeValues"].values():
                    _check(value)
            else:
                item = action["Put"]["Item"]
                assert sum(len(name) + len(str(value)) for name, value in item.items()) < 400_000
                for value in item.values():
                    _check(value)
                self.parts.add((item["pk"]["S"], item["sk"]["S"]))

    def update_item(self, ExpressionAttributeValues: dict[str, Any], **_: Any) -> None:
        for value in ExpressionAttributeValues.values():
            _check(value)

    def get_paginator(self, _: str) -> "Table":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Items": []}]


def _check(value: Mapping[str, Any]) -> None:
    [(kind, held)] = value.items()
    if kind == "N":
        number = DYNAMODB.plus(Decimal(held))
        assert number.is_finite()
    elif kind == "S":
        held.encode()


class FakeDeadLetters:
    """Keeps dead letters with their reasons in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self._lock = threading.Lock()

    def keep(self, record: Mapping[str, Any], why: str) -> str:
        assert why
        key = json.dumps(record, sort_keys=True)
        with self._lock:
            self.kept[key] = why
        return key


def line(model: str = "classes", /, *, number: int = 1, **changes: Any) -> str:
    """A line as capture writes it, with changes."""
    facts: dict[str, Any] = {
        "request": f"00000000-0000-0000-0000-{number:012x}", "at": NOON, "model": model, "version": 1, "release": "7",
        "digest": DIGEST, "caller": "12f6652b8b0daaaa", "first": 0, "of": 2,
        "fields": ("mass", "island", "note", "wild"),
        "rows": [[1.5, "Dream", "seen", None], [None, "Torgersen", "", True]],
    }  # fmt: skip
    part = Part(**facts | ANSWERS[model])
    return json.dumps(msgspec.to_builtins(part) | changes)


def take(lines: list[str], *, at: int = NOON) -> tuple[Collected, FakeDeadLetters, Registry]:
    """Take a delivery of these lines."""
    events = [{"id": str(place), "timestamp": at, "message": one} for place, one in enumerate(lines)]
    document = {"messageType": "DATA_MESSAGE", "logGroup": GROUP, "logStream": "s", "logEvents": events}
    event = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()}}
    registry, dead_letters = Registry(), FakeDeadLetters()
    collector = Collector(
        Scorer(Ledger(Table(), "ledger"), registry),  # type: ignore[arg-type]  # as much of a registry as is asked
        dead_letters,  # type: ignore[arg-type]  # likewise
        source=GROUP,
        own="/aws/lambda/feedback",
    )
    return collector.take(event), dead_letters, registry


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


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**60), 10**60), st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8), st.sampled_from([10**400, 1e308, -1e308, "$LATEST", "a", NOON, "\ud800", DIGEST, 2**63]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
MEMBERS = st.sampled_from([*Part.__struct_fields__, "unknown"])


@given(st.sampled_from([*OUTPUTS]), st.dictionaries(MEMBERS, VALUES, max_size=4))
def test_members_of_any_kind_never_fail_a_delivery(model: str, changes: dict[str, Any]) -> None:
    lines = [line(model, number=1), line(model, number=2, **changes)]
    found, dead_letters, _ = take(lines)
    assert found.captured + found.duplicates + found.poison == len(lines)
    assert len(dead_letters.kept) == found.poison


def mutated(text: str, dice: random.Random) -> str:
    """Change, cut, double or swap some characters, or replace a value by an odd one."""
    for _ in range(dice.randint(1, 4)):
        at, to = sorted((dice.randrange(len(text) + 1), dice.randrange(len(text) + 1)))
        odd = dice.choice(
            ["1e999", "-0", "null", "[]", "{}", '"\\ud800"', "9" * 400, "true", '""', ",", "\x00", "é", "-", "1e300"]
        )
        text = dice.choice(
            [text[:at] + odd + text[to:], text[:at] + text[to:], text[:to] + text[at:], text[:at] + odd + text[at:]]
        )
        text = text[:5_000] or "{"
    return text


def test_thousands_of_mutated_lines_never_fail_a_delivery() -> None:
    dice = random.Random(7)  # noqa: S311 - a test's dice
    for _ in range(25):
        lines = [mutated(line(dice.choice([*OUTPUTS]), number=n), dice) for n in range(50)]
        lines += [replaced(line(dice.choice([*OUTPUTS]), number=100 + n), dice) for n in range(50)]
        found, _, _ = take(lines)
        assert found.captured + found.duplicates + found.poison == len(lines)


def replaced(text: str, dice: random.Random) -> str:
    """Replace one value anywhere in a line by an odd one."""
    document = json.loads(text)
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        10**30,
        10**400,
        1e300,
        -1e308,
        "",
        "x" * 300,
        [],
        {},
        [[]],
        [None],
        "\ud800",
        0.5,
        "1",
    ]
    holder: Any = document
    key: Any = dice.choice([*document])
    while isinstance(holder[key], list) and holder[key] and dice.random() < 0.7:
        holder, key = holder[key], dice.randrange(len(holder[key]))
    holder[key] = copy.deepcopy(dice.choice(odd))
    return json.dumps(document)


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
