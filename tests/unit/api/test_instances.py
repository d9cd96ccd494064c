"""Reading request bodies: rows out, or an error naming the row and the field."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api import invocations
from fairlead.api.instances import RequestReader
from fairlead.errors import InstancesError, NotJsonError, TooLargeError
from fairlead.model.signature import Field, Ignored, Output, Signature

SIGNATURE = Signature(
    inputs=(
        Field(name="bill length (mm)", kind="number", nullable=True),
        Field(name="year", kind="integer"),
        Field(name="tagged", kind="boolean"),
        Field(name="island", kind="category", categories=("Dream", "Biscoe"), closed=True, nullable=True),
        Field(name="note", kind="text"),
        Field(name="ring", kind="category", categories=(3, 5), closed=True),
    ),
    output=Output(task="regression"),
    layout="frame",
)
GOOD: dict[str, Any] = {
    "bill length (mm)": 45.1,
    "year": 2007,
    "tagged": True,
    "island": "Dream",
    "note": "a: b",
    "ring": 5,
}
READER = RequestReader(SIGNATURE)


def body(*rows: Any) -> str:
    return json.dumps({"instances": rows})


def test_rows_come_out_in_signature_order() -> None:
    shuffled = dict(reversed(GOOD.items()))
    assert READER.rows(body(GOOD, shuffled)) == [(45.1, 2007, True, "Dream", "a: b", 5)] * 2
    assert READER.rows(body(GOOD).encode()) == [(45.1, 2007, True, "Dream", "a: b", 5)]


def test_null_and_left_out_both_mean_missing() -> None:
    bare = {name: GOOD[name] for name in ("year", "tagged", "note", "ring")}
    assert (
        READER.rows(body({**GOOD, "island": None, "bill length (mm)": None}, bare))
        == [(None, 2007, True, None, "a: b", 5)] * 2
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
        ("note", "\ud800", "\\ud800"),
        ("island", "Dream\udfff", "\\udfff"),
        ("year", 2.0**53, "9007199254740992.0"),
        ("year", 1e300, "1e+300"),
        ("ring", 3.5, "3.5"),
        ("ring", 4.0, "4.0"),
        ("ring", "3", '"3"'),
        ("ring", True, "true"),
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
        ("ring", "nothing"),
    }


def test_a_duplicate_is_found_even_beside_a_left_out_field() -> None:
    """One colon too many and one too few must not cancel out."""
    with pytest.raises(InstancesError, match="the field twice"):
        READER.rows('{"instances": [{"year": 1, "year": 1, "tagged": true, "note": "x", "ring": 3, "island": null}]}')


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
        b'{"instances": [{"note": "\xc3"}]}',
        '{"instances": [' + body(GOOD)[15:-2] + ",]}",
        '{"instances": [{"year": 2007, "tagged": tru}]}',
        '{"instances": [{"year": 2007 "tagged": true}]}',
        '{"instances": [{"year" 2007}]}',
        '{"instances": [{year: 2007}]}',
        "\ufeff" + body(GOOD),
        "\ud800",
    ],
)
def test_body_that_is_not_json_is_refused_by_name(document: str | bytes) -> None:
    with pytest.raises(NotJsonError):
        READER.rows(document)


def test_whole_numbers_spelt_with_a_point_are_whole_numbers() -> None:
    [row] = READER.rows(body({**GOOD, "year": 2008.0, "ring": 3.0}))
    assert row == (45.1, 2008, True, "Dream", "a: b", 3)
    assert [type(row[place]) for place in (1, 5)] == [int, int]
    rows = READER.rows(body(GOOD)[:-2] + ", " + body({**GOOD, "ring": 3.0, "year": -2e3})[15:])
    assert [row[1] for row in rows] == [2007, -2000]


def test_a_whole_number_with_a_point_does_not_hide_another_rows_fault() -> None:
    with pytest.raises(InstancesError) as caught:
        READER.rows(body({**GOOD, "year": 2008.0}, {**GOOD, "year": 2008.5}))
    assert [(error["row"], error["field"]) for error in caught.value.errors] == [(1, "year")]


@pytest.mark.parametrize("text", ["a", ":", "::", "a\\u003ab", "\\u003A"])
@pytest.mark.parametrize("name", ["x", "x:y", ":"])
def test_a_duplicate_is_found_beside_any_colon(text: str, name: str) -> None:
    fields = (Field(name=name, kind="text", nullable=True), Field(name="n", kind="text", nullable=True))
    reader = RequestReader(Signature(inputs=fields, output=Output(task="regression"), layout="frame"))
    row = f'"{name}": "{text}"'
    assert len(reader.rows(f'{{"instances": [{{{row}}}]}}')) == 1
    for rows in (f"{{{row}, {row}}}", f"{{{row}, {row}}}, {{}}", f'{{"n": "", "n": ""}}, {{{row}}}'):
        with pytest.raises(InstancesError, match="the field twice"):
            reader.rows(f'{{"instances": [{rows}]}}')


@pytest.mark.parametrize("value", ["1", "null", '"a:b"', '{"a": [1, {"b:c": null}]}', '["2024-01-01T00:00"]', "1e999"])
def test_a_column_that_the_model_ignores_may_hold_anything(value: str) -> None:
    field = Field(name="a", kind="number", nullable=True)
    ignored = (Ignored("when:at", 0), Ignored("id", 2))
    reader = RequestReader(
        Signature(inputs=(field,), output=Output(task="regression"), layout="frame", ignored=ignored)
    )
    rows = f'{{"a": 1, "when:at": {value}}}, {{"id": {value}, "a": null}}, {{"a": 2}}'
    assert reader.rows(f'{{"instances": [{rows}]}}') == [(1.0,), (None,), (2.0,)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('{"a": 1, "id": 1, "id": 2}', "row 0, field 'id': expected each field once"),
        ('{"id": 1}', "row 0: expected at least one field"),
        ('{"a": 1, "id": NaN}', "row 0, field 'id': expected a JSON value, got NaN"),
        ('{"a": 1, "id": "\\udfff"}', "row 0, field 'id': expected a JSON value, got"),
        ('{"a": 1, "id": [{"x": "\\udfff"}]}', "row 0, field 'id': expected a JSON value, got an array"),
        ('{"a": 1, "id": {"\\udfff": 1}}', "row 0, field 'id': expected a JSON value, got an object"),
        ('{"a": 1, "di": 2}', "row 0, field 'di': expected a field of the signature"),
    ],
)
def test_an_ignored_column_with_invalid_json_or_twice_is_refused(row: str, fault: str) -> None:
    field = Field(name="a", kind="number", nullable=True)
    reader = RequestReader(
        Signature(inputs=(field,), output=Output(task="regression"), layout="frame", ignored=(Ignored("id", 1),))
    )
    with pytest.raises(InstancesError, match=fault):
        reader.rows(f'{{"instances": [{row}]}}')


def test_bytes_of_an_ignored_column_that_are_not_utf8_are_refused() -> None:
    field = Field(name="a", kind="number", nullable=True)
    reader = RequestReader(
        Signature(inputs=(field,), output=Output(task="regression"), layout="frame", ignored=(Ignored("id", 1),))
    )
    with pytest.raises(NotJsonError, match="not UTF-8"):
        reader.rows(b'{"instances": [{"a": 1, "id": "\xff"}]}')


def test_more_rows_than_the_limit_are_refused_before_they_are_looked_into() -> None:
    reader = RequestReader(SIGNATURE, most_rows=2)
    assert len(reader.rows(body(GOOD, GOOD))) == 2
    for third in (GOOD, {**GOOD, "year": "x"}):
        with pytest.raises(TooLargeError, match="more than 2 rows"):
            reader.rows(body(GOOD, GOOD, third))


def test_faults_of_one_row_are_cut_short_before_its_end() -> None:
    names = ", ".join(f'"u{n}": 1' for n in range(200_000))
    with pytest.raises(InstancesError) as caught:
        READER.rows(f'{{"instances": [{{{names}}}]}}')
    assert [error["field"] for error in caught.value.errors] == [f"u{n}" for n in range(20)]


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


@pytest.mark.parametrize(
    "name", ['screen 15" wide', "cost\\unit", "price\n(EUR)", "a\tb", "\x00", "\x1b", "ключ", " ", "'", "a:b", 'q":"']
)
def test_a_name_that_json_escapes_is_read_like_any_other(name: str) -> None:
    named = RequestReader(
        Signature(
            inputs=(Field(name=name, kind="number"), Field(name="rooms", kind="integer", nullable=True)),
            output=Output(task="regression"),
            layout="frame",
            ignored=(Ignored(f"id{name}", 2),),
        )
    )

    def rows(*instances: Any) -> list[Any]:
        return named.rows(json.dumps({"instances": list(instances)}))

    assert rows({name: 1.5, "rooms": 2.0}, {name: 2}) == [(1.5, 2), (2.0, None)]
    assert rows({name: 1.5, "rooms": None, f"id{name}": [{"x": 1}]}) == [(1.5, None)]
    for wrong, expected in (
        ({"rooms": 1}, "a finite number between ±3.4e+38"),
        ({name: "x"}, "a finite number between ±3.4e+38"),
        ({name: 1, "other": 2}, "a field of the signature"),
        ({name: 1, "other": {"a": 1}}, "a field of the signature"),
    ):
        with pytest.raises(InstancesError) as refusal:
            rows({name: 1}, wrong)
        assert (refusal.value.errors[0]["row"], refusal.value.errors[0]["expected"]) == (1, expected)
    key = json.dumps(name)
    with pytest.raises(InstancesError, match="each field once"):
        named.rows(f'{{"instances": [{{{key}: 1, {key}: 2}}]}}')


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", "[1, 2, 3, 4, 5]"),
        ("application/json", '{"inputs": {"a": [1, 2, 3, 4, 5]}}'),
        ("application/json", '{"dataframe_split": {"data": [[1], [2], [3], [4], [5]]}}'),
        ("application/jsonlines", "1\n2\n3\n4\n5\n"),
        ("text/csv; header=absent", "1\n2\n3\n4\n5\n"),
        ("text/csv; header=absent", "\n\n\n\n\n"),
    ],
)
def test_no_more_rows_are_made_than_one_request_may_have(kind: str, body: str) -> None:
    """A body of 4 MB holds millions of rows, which as dictionaries take more memory than the function has."""
    field = Field(name="a", kind="number", nullable=True)
    signature = Signature(inputs=(field,), output=Output(task="regression", target="y"), layout="array")
    rows = iter(invocations.read(body, kind, signature).instances)

    with pytest.raises(TooLargeError, match="more than 2 rows"):
        RequestReader(signature, most_rows=2).rows_of(rows)

    assert len(list(rows)) == 2
