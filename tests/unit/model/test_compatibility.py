"""Contracts: what a new signature means to callers who were written for the live one."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.instances import RequestReader
from fairlead.errors import InstancesError
from fairlead.model.compatibility import compare
from fairlead.model.signature import Field, Ignored, Kind, Output, Signature

LABELS = Output(task="classification", classes=("no", "yes"), probabilities=True)
FIELDS = (
    Field(name="age", kind="number"),
    Field(name="visits", kind="integer", nullable=True),
    Field(name="island", kind="category", categories=("Biscoe", "Dream"), closed=True),
)


def signature(*fields: Field, output: Output = LABELS) -> Signature:
    return Signature(inputs=fields, output=output, layout="frame")


LIVE = signature(*FIELDS)


def kinds(new: Signature) -> list[tuple[str, str]]:
    return [(one.kind, one.what) for one in compare(LIVE, new)]


def test_field_order_and_data_description_are_no_part_of_the_contract() -> None:
    moved = Field(name="age", kind="number", minimum=1.0, maximum=2.0, precision="float32")
    assert compare(LIVE, signature(*FIELDS[1:], moved)) == []


@pytest.mark.parametrize(
    ("fields", "kind", "what"),
    [
        (FIELDS[:2], "breaking", "input 'island' was removed"),
        (
            (*FIELDS, Field(name="sex", kind="text", nullable=True)),
            "additive",
            "input 'sex' is new and may be left out",
        ),
        ((*FIELDS, Field(name="sex", kind="text")), "breaking", "input 'sex' is new and required"),
        ((Field(name="age", kind="integer"), *FIELDS[1:]), "breaking", "input 'age' takes an integer, took a number"),
        (
            (FIELDS[0], Field(name="visits", kind="number", nullable=True), FIELDS[2]),
            "additive",
            "input 'visits' takes a number, took an integer",
        ),
        (
            (FIELDS[0], Field(name="visits", kind="integer"), FIELDS[2]),
            "breaking",
            "input 'visits' may no longer be missing",
        ),
        ((Field(name="age", kind="number", nullable=True), *FIELDS[1:]), "additive", "input 'age' may be missing"),
        (
            (*FIELDS[:2], Field(name="island", kind="category", categories=("Dream",), closed=True)),
            "breaking",
            "input 'island' no longer takes Biscoe",
        ),
        (
            (
                *FIELDS[:2],
                Field(name="island", kind="category", categories=("Biscoe", "Dream", "Torgersen"), closed=True),
            ),
            "additive",
            "input 'island' also takes Torgersen",
        ),
        ((*FIELDS[:2], Field(name="island", kind="text")), "additive", "input 'island' takes a text, took a category"),
    ],
)
def test_differences_of_inputs_are_named(fields: tuple[Field, ...], kind: str, what: str) -> None:
    assert (kind, what) in kinds(signature(*fields))


@pytest.mark.parametrize(
    ("output", "kind", "what"),
    [
        (Output(task="regression"), "breaking", "the model answers regression, answered classification"),
        (Output(task="classification", classes=("no", "yes")), "breaking", "answers have no `probabilities`"),
        (
            Output(task="classification", classes=("maybe", "no", "yes"), probabilities=True),
            "breaking",
            "there are new labels: maybe",
        ),
        (
            Output(task="classification", classes=("no",), probabilities=True),
            "breaking",
            "there are no more labels yes",
        ),
    ],
)
def test_differences_of_answers_are_named(output: Output, kind: str, what: str) -> None:
    assert (kind, what) in kinds(signature(*FIELDS, output=output))


def test_several_values_instead_of_one_are_breaking() -> None:
    one, two = Output(task="regression"), Output(task="regression", names=("a", "b"))
    assert [found.kind for found in compare(signature(output=one), signature(output=two))] == ["breaking"]
    more = Output(task="regression", names=("a", "b", "c"))
    assert [found.kind for found in compare(signature(output=two), signature(output=more))] == ["additive"]
    assert [found.kind for found in compare(signature(output=more), signature(output=two))] == ["breaking"]


def test_every_breaking_difference_names_the_change_for_callers() -> None:
    new = signature(Field(name="new", kind="text"), output=Output(task="regression"))
    found = compare(LIVE, new)
    assert len(found) == 5
    assert all(one.change for one in found if one.kind == "breaking")


CATEGORIES: list[tuple[str | int, ...]] = [("a", "b"), ("a", "b", "c"), (1, 2), (1, 2, 3)]
SAMPLES: dict[str, list[Any]] = {
    "number": [0.5, 3, -1e30],
    "integer": [0, -7],
    "boolean": [True, False],
    "text": ["", "anything"],
}


@st.composite
def fields(draw: st.DrawFn) -> Field:
    kind: Kind = draw(st.sampled_from(get_args(Kind)))
    categories = draw(st.sampled_from(CATEGORIES)) if kind == "category" else None
    closed = kind == "category" and draw(st.booleans())
    return Field(name="x", kind=kind, nullable=draw(st.booleans()), categories=categories, closed=closed)


def requests_of(field: Field) -> list[dict[str, Any]]:
    """Requests that are right by this field, leaving it out among them."""
    values = list(field.categories or SAMPLES.get(field.kind, []))
    if field.kind == "category" and not field.closed:
        values.append(99 if isinstance(values[0], int) else "zebra")
    rows: list[dict[str, Any]] = [{"x": value} for value in values]
    rows += [{"x": None}, {}] if field.nullable else []
    return [{"always": 1.0, **row} for row in rows]


@given(fields(), fields())
def test_additive_change_accepts_old_requests_and_breaking_refuses_one(live: Field, new: Field) -> None:
    """The law behind the word: and what is called breaking refuses one."""
    always = Field(name="always", kind="number")
    differences = compare(signature(live, always), signature(new, always))
    reader, refused = RequestReader(signature(new, always)), 0
    for row in requests_of(live):
        try:
            reader.rows(json.dumps({"instances": [row]}))
        except InstancesError:
            refused += 1
    assert (refused > 0) == any(one.kind == "breaking" for one in differences)


def test_an_input_that_becomes_ignored_is_additive_because_old_requests_stay_right() -> None:
    new = Signature(inputs=FIELDS[:2], output=LABELS, layout="frame", ignored=(Ignored("island", 2),))
    assert kinds(new) == [("additive", "input 'island' is no longer used and may be left out")]


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (signature(*FIELDS[:2]), "the ignored column 'island' was removed"),
        (signature(*FIELDS[:2], Field(name="island", kind="text", nullable=True)), "input 'island' is now used"),
    ],
)
def test_a_removed_or_newly_used_ignored_column_is_breaking(new: Signature, what: str) -> None:
    live = Signature(inputs=FIELDS[:2], output=LABELS, layout="frame", ignored=(Ignored("island", 2),))
    assert [(one.kind, one.what) for one in compare(live, new)] == [("breaking", what)]
    assert compare(live, live) == []
