"""Pairs of the ledger as rows of the champion's signature: those that do not fit are counted, and never converted."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.drift.counters import SLOT
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.feedback.ledger.reader import CapturedVersion
from fairlead.model.signature import Field, Output, Signature
from fairlead.retraining.labelled_rows import Targets, labelled
from fairlead.telemetry.capture import Part

START, END = 100 * SLOT, 200 * SLOT
SIGNATURE = Signature(
    inputs=(
        Field(name="age", kind="number"),
        Field(name="visits", kind="integer", nullable=True),
        Field(name="vip", kind="boolean"),
        Field(name="plan", kind="category", categories=("a", "b")),
        Field(name="zone", kind="category", categories=(1, 2)),
        Field(name="note", kind="text", nullable=True),
    ),
    output=Output(task="classification", classes=("no", "yes")),
    layout="frame",
)
NAMES = tuple(field.name for field in SIGNATURE.inputs)
ROW = [1.5, 3, True, "a", 1, "x"]


class Reader:
    """A ledger of these pairs; it keeps which slots were asked for."""

    def __init__(self, *pairs: Pair) -> None:
        self._pairs = pairs
        self.ranges: list[tuple[int, int]] = []

    def seen(self) -> list[CapturedVersion]:
        versions = {(pair.part.model, pair.part.version) for pair in self._pairs}
        return [CapturedVersion(model=model, version=version, slot=0) for model, version in versions]

    def quality(self, model: str, version: int, start: int, end: int) -> dict[int, dict[str, int]]:
        return {
            slot: {}
            for pair in self._pairs
            if (pair.part.model, pair.part.version) == (model, version)
            and start <= (slot := pair.part.at // 1000 // SLOT) < end
        }

    def labelled(self, model: str, version: int, start: int, end: int) -> Iterator[Pair]:
        self.ranges.append((start, end))
        for pair in self._pairs:
            if (pair.part.model, pair.part.version) == (model, version) and start <= pair.part.at // 1000 // SLOT < end:
                yield pair


def pair(row: Any = ROW, actual: Any = "yes", **change: Any) -> Pair:
    facts: dict[str, Any] = {
        "request": "r1", "at": 150 * SLOT * 1000, "model": "churn", "version": 3, "release": "9", "digest": "d",
        "caller": "c", "first": 0, "of": 1, "fields": NAMES, "rows": [row], "labels": ["no"],
    }  # fmt: skip
    by, conflicts = change.pop("by", "arn:aws:iam::1:user/ada"), change.pop("conflicts", 0)
    part = Part(**(facts | change))
    outcome = Outcome(request=part.request, row=part.first, actual=actual, at=part.at, by=by)
    return Pair(part=part, position=0, outcome=outcome, conflicts=conflicts)


def found(*pairs: Pair) -> Any:
    reader: Any = Reader(*pairs)
    return labelled(reader, "churn", SIGNATURE, START, END)


def test_a_pair_becomes_a_row_in_the_signatures_order() -> None:
    turned = pair([*ROW[::-1]], fields=NAMES[::-1], conflicts=2)

    (one,) = found(turned).rows

    assert one.row == tuple(ROW)
    assert (one.id, one.target, one.caller, one.contradicted) == ("r1-0", "yes", "c", True)


def test_rows_come_oldest_first_of_all_versions_of_the_model_alone() -> None:
    pairs = [
        pair(request=f"r{slot}", at=slot * SLOT * 1000, version=slot % 3 + 1, model=model)
        for slot in (150, 120, 199, 130)
        for model in ("churn", "other")
    ]
    assert [one.request for one in found(*pairs).rows] == ["r120", "r130", "r150", "r199"]


def test_empty_slots_are_not_read() -> None:
    reader: Any = Reader(pair(), pair(request="r2", at=300 * SLOT * 1000))
    labelled(reader, "churn", SIGNATURE, START, END)
    assert reader.ranges == [(150, 151)]


def test_sessions_of_a_role_are_one_reporter() -> None:
    role = "arn:aws:sts::1:assumed-role/nightly"
    assert {one.by for one in found(pair(by=f"{role}/monday"), pair(request="r2", by=f"{role}/tuesday")).rows} == {role}


def test_whole_numbers_of_a_number_field_are_doubles() -> None:
    (one,) = found(pair([2, 3, False, "b", 2, "x"])).rows
    assert [type(value) for value in one.row] == [float, int, bool, str, int, str]


def test_nullable_field_may_be_missing() -> None:
    (one,) = found(pair([1.0, None, True, "a", 1, None])).rows
    assert one.row == (1.0, None, True, "a", 1, None)


@pytest.mark.parametrize(
    "row",
    [
        [None, 3, True, "a", 1, "x"],
        ["1", 3, True, "a", 1, "x"],
        [True, 3, True, "a", 1, "x"],
        [1.5, 3.0, True, "a", 1, "x"],
        [1.5, 3, 1, "a", 1, "x"],
        [1.5, 3, True, 1, 1, "x"],
        [1.5, 3, True, "a", "1", "x"],
        [1.5, 3, True, "a", 1, 7],
    ],
    ids=["missing", "text", "boolean", "a double", "a number", "no text", "no number", "no note"],
)
def test_a_row_of_another_signature_is_a_stranger(row: list[Any]) -> None:
    refused = found(pair(row))
    assert (refused.rows, refused.unfit) == ([], 1)


def test_a_row_without_a_field_or_too_large_to_be_captured_is_incomplete() -> None:
    refused = found(pair(ROW[1:], fields=NAMES[1:]), pair(None, request="r2"))
    assert (refused.rows, refused.incomplete, refused.dropped) == ([], 2, ("age",))


def test_an_outcome_of_an_unknown_class_is_counted_and_left_out() -> None:
    assert found(pair(actual="maybe")).unfit == 1


@pytest.mark.parametrize(
    ("output", "actual", "target"),
    [
        (Output(task="classification", classes=(0, 1)), 1.0, 1),
        (Output(task="classification", classes=(0, 1)), True, None),
        (Output(task="classification", classes=(0, 1)), "1", None),
        (Output(task="classification", classes=(False, True)), True, True),
        (Output(task="classification", classes=("a",)), {"a": 1.0}, None),
        (Output(task="regression"), 3, 3.0),
        (Output(task="regression"), "3", None),
        (Output(task="regression"), True, None),
        (Output(task="regression", names=("p", "q")), {"q": 2.0, "p": 1.0}, [1.0, 2.0]),
        (Output(task="regression", names=("p", "q")), {"p": 1.0}, None),
        (Output(task="regression", names=("p", "q")), 1.0, None),
    ],
)
def test_outcome_becomes_a_training_label_or_nothing(output: Output, actual: Any, target: Any) -> None:
    learnt = Targets(output).of(actual)
    assert learnt == target
    assert type(learnt) is type(target)
