"""Reading request bodies: rows out, or an error naming the row and the field."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import InstancesError, NotJsonError
from fairlead.requests import RequestReader
from fairlead.signature import Field, Output, Signature

SIGNATURE = Signature(
    inputs=(
        Field(name="bill length (mm)", kind="number", nullable=True),
        Field(name="year", kind="integer"),
        Field(name="tagged", kind="boolean"),
        Field(name="island", kind="category", categories=("Dream", "Biscoe"), closed=True, nullable=True),
        Field(name="note", kind="text"),
    ),
    output=Output(task="regression"),
    layout="frame",
)
GOOD: dict[str, Any] = {"bill length (mm)": 45.1, "year": 2007, "tagged": True, "island": "Dream", "note": "a: b"}
READER = RequestReader(SIGNATURE)


def body(*rows: Any) -> str:
    return json.dumps({"instances": rows})


def test_rows_come_out_in_signature_order() -> None:
    shuffled = dict(reversed(GOOD.items()))
    assert READER.rows(body(GOOD, shuffled)) == [(45.1, 2007, True, "Dream", "a: b")] * 2
    assert READER.rows(body(GOOD).encode()) == [(45.1, 2007, True, "Dream", "a: b")]


def test_null_and_left_out_both_mean_missing() -> None:
    bare = {name: GOOD[name] for name in ("year", "tagged", "note")}
    assert (
        READER.rows(body({**GOOD, "island": None, "bill length (mm)": None}, bare))
        == [(None, 2007, True, None, "a: b")] * 2
    )


@pytest.mark.parametrize(
    ("field", "value", "got"),
    [
        ("bill length (mm)", "45", '"45"'),
        ("bill length (mm)", math.nan, "NaN"),
        ("bill length (mm)", -math.inf, "Infinity"),
        ("bill length (mm)", 10**400, "too large"),
        ("bill length (mm)", True, "true"),
        ("bill length (mm)", [1], "an array"),
        ("year", 2007.5, "2007.5"),
        ("year", 10**30, str(10**30)),
        ("year", None, "null"),
        ("tagged", 1, "1"),
        ("tagged", "true", '"true"'),
        ("island", "Atlantis", '"Atlantis"'),
        ("island", {"a": {"b": []}}, "an object"),
        ("note", None, "null"),
        ("note", 5, "5"),
    ],
)
def test_a_wrong_value_is_named_by_row_and_field(field: str, value: Any, got: str) -> None:
    with pytest.raises(InstancesError) as caught:
        READER.rows(body(GOOD, {**GOOD, field: value}))
    [error] = caught.value.errors
    assert (error["row"], error["field"]) == (1, field)
    assert got in error["got"]


def test_unknown_missing_and_duplicate_fields_are_all_named() -> None:
    row = '{"year": 1, "year": 2, "tagged": true, "colour": 3}'
    with pytest.raises(InstancesError) as caught:
        READER.rows(f'{{"instances": [{row}]}}')
    assert {(error["field"], error["got"]) for error in caught.value.errors} == {
        ("year", "the field twice"),
        ("colour", "an unknown field"),
        ("note", "nothing"),
    }


def test_a_duplicate_is_found_even_beside_a_left_out_field() -> None:
    """One colon too many and one too few must not cancel out."""
    with pytest.raises(InstancesError, match="the field twice"):
        READER.rows('{"instances": [{"year": 1, "year": 1, "tagged": true, "note": "x", "island": null}]}')


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "{}",
        "3",
        "null",
        '{"instances": {}}',
        '{"instances": []}',
        '{"instances": [1]}',
        '{"rows": []}',
        '{"instances": [], "instances": [{}]}',
        '{"instances": [[]]}',
        '{"instances": [' + "9" * 5000 + "]}",
    ],
)
def test_other_shapes_are_refused_as_instances(document: str) -> None:
    with pytest.raises(InstancesError):
        READER.rows(document)


@pytest.mark.parametrize(
    "document",
    [
        "",
        " ",
        "{",
        '{"instances": [',
        "instances=1",
        '{"instances": [{}]} trailing',
        b"\xff\xfe",
        "[" * 100000,
        '{"a":' * 100000,
        '{"instances": [{"note": "\ud800"}]}',
        b'{"instances": [{"note": "\xc3"}]}',
    ],
)
def test_what_is_not_json_is_said_to_be_so(document: str | bytes) -> None:
    with pytest.raises(NotJsonError):
        READER.rows(document)


def test_a_row_without_any_field_is_refused_even_if_all_may_be_missing() -> None:
    fields = (Field(name="a", kind="number", nullable=True), Field(name="b", kind="number", nullable=True))
    reader = RequestReader(Signature(inputs=fields, output=Output(task="regression"), layout="array"))
    assert reader.rows('{"instances": [{"a": null}]}') == [(None, None)]
    with pytest.raises(InstancesError, match="row 1: expected at least one field"):
        reader.rows('{"instances": [{"a": 1}, {}]}')


def test_a_flood_of_errors_is_cut_short() -> None:
    with pytest.raises(InstancesError) as caught:
        READER.rows(body(*[{}] * 10_000))
    assert len(caught.value.errors) == 20


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=6),
    max_leaves=12,
)


@given(JSON | st.fixed_dictionaries({"instances": st.lists(JSON, max_size=3)}))
def test_any_json_is_rows_or_a_request_error(document: Any) -> None:
    try:
        rows = READER.rows(json.dumps(document))
    except (InstancesError, NotJsonError):
        return
    assert all(len(row) == len(SIGNATURE.inputs) for row in rows)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_a_request_error(document: bytes | str) -> None:
    with pytest.raises((InstancesError, NotJsonError)):
        READER.rows(document)
