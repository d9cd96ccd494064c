"""Columns are checked as requests are: the same values pass, and the same values are refused."""

import math
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.instances import RequestReader
from fairlead.batch.fields import checked
from fairlead.errors import InstancesError
from fairlead.model.signature import Field, Output, Signature

FIELDS = [
    Field(name="x", kind="number"),
    Field(name="x", kind="number", nullable=True, largest=100.0),
    Field(name="x", kind="integer", nullable=True),
    Field(name="x", kind="boolean", nullable=True),
    Field(name="x", kind="boolean"),
    Field(name="x", kind="category", categories=("a", "b"), closed=True, nullable=True),
    Field(name="x", kind="category", categories=("a", "b")),
    Field(name="x", kind="category", categories=(1, 2), closed=True),
    Field(name="x", kind="category", categories=(1, 2), nullable=True),
    Field(name="x", kind="text"),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.sampled_from([1, 2, 3, 2.0, 2.5, 2**53, 2.0**53, 2**53 + 1, 1e300, 99.5, 100.5, -0.0, "a", "b", "", "NA"]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("ab1 é", max_size=4),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
)


def signature(field: Field) -> Signature:
    other = Field(name="other", kind="number")  # a row without any field is refused as a whole
    return Signature(inputs=(field, other), output=Output(task="regression"), layout="frame")


def refused(field: Field, value: Any) -> bool:
    try:
        RequestReader(signature(field)).rows(msgspec.json.encode({"instances": [{"x": value, "other": 0}]}))
    except InstancesError:
        return True
    return False


@pytest.mark.hypothesis
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.kind}{field.nullable}{field.closed}")
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_json_values_are_refused_where_a_request_refuses_them(field: Field, values: list[Any]) -> None:
    columns = {"x": values, "other": [0.0] * len(values)}
    rows, faults = checked(signature(field), columns, len(values))
    assert sorted(faults) == [place for place, value in enumerate(values) if refused(field, value)]
    reader = RequestReader(signature(field))
    for place, value in enumerate(values):
        if place not in faults:
            body = msgspec.json.encode({"instances": [{"x": value, "other": 0}]})
            (expected,), (found,) = reader.rows(body), rows.chosen([place])
            assert found == expected
            assert type(found[0]) is type(expected[0])


@pytest.mark.parametrize(
    ("field", "cells", "expected"),
    [
        (FIELDS[0], ("1", "-2.5e3", ".5", "+7", "007", " 8", "1_0", "x", "", "NA", "inf", "1e999", "1,5", "[1]"),
         [1.0, -2500.0, 0.5, 7.0, 7.0, 8.0, *[None] * 8]),
        (FIELDS[1], ("1", "", "null", "100.5"), [1.0, math.nan, math.nan, None]),
        (FIELDS[2], ("2008", "2008.0", "2008.5", "", "9007199254740993"), [2008.0, 2008.0, None, math.nan, None]),
        (FIELDS[3], ("true", "False", "TRUE", "1", ""), [1.0, 0.0, 1.0, None, math.nan]),
        (FIELDS[5], ("a", "b", "c", "nan"), ["a", "b", None, math.nan]),
        (FIELDS[7], ("1", "2.0", "3", ""), [1.0, 2.0, None, None]),
        (FIELDS[9], ("a, b", "007", ""), ["a, b", "007", None]),
    ],
)  # fmt: skip
def test_cells_of_csv_are_read_by_the_field(field: Field, cells: tuple[str, ...], expected: list[Any]) -> None:
    """In `expected`, None means a fault and NaN a missing value."""
    rows, faults = checked(signature(field), {"x": cells, "other": ("0",) * len(cells)}, len(cells))
    found = [None if place in faults else value for place, value in enumerate(rows.columns[0].tolist())]
    missing = [math.nan if value is None and place not in faults else value for place, value in enumerate(found)]
    np.testing.assert_equal(missing, expected)


@pytest.mark.parametrize(
    ("field", "column", "wrong"),
    [
        (FIELDS[0], pa.array([1, None, 3], pa.int32()), [1]),
        (FIELDS[0], pa.array([1.5, math.nan, math.inf]), [1, 2]),
        (FIELDS[0], pa.array(["1", "2"]), [0, 1]),
        (FIELDS[0], pa.array([True, False]), [0, 1]),
        (FIELDS[2], pa.array([1, None, 2**60]), [2]),
        (FIELDS[3], pa.array([True, None]), []),
        (FIELDS[3], pa.array([1, 0]), [0, 1]),
        (FIELDS[5], pa.array(["a", None, "c"]), [2]),
        (FIELDS[6], pa.array(["a", None, "c"]), [1]),
        (FIELDS[2], pa.nulls(2), []),
        (FIELDS[0], pa.nulls(2), [0, 1]),
    ],
)
def test_arrays_of_arrow_are_checked_by_type_and_value(field: Field, column: pa.Array, wrong: list[int]) -> None:
    _, faults = checked(signature(field), {"x": column, "other": [0.0] * len(column)}, len(column))
    assert sorted(faults) == wrong


def test_a_column_that_is_left_out_is_missing() -> None:
    _, faults = checked(signature(FIELDS[1]), {"other": [0.0]}, 1)
    assert faults == {}
    _, faults = checked(signature(FIELDS[0]), {"other": [0.0]}, 1)
    assert faults == {0: "x: expected a finite number between ±3.4e+38, got nothing"}


def test_a_column_of_lists_is_refused_row_by_row() -> None:
    """NumPy would take lists of one length for a second dimension."""
    _, faults = checked(signature(FIELDS[9]), {"x": [[1], [2]], "other": [0.0, 0.0]}, 2)
    assert faults == dict.fromkeys((0, 1), "x: expected text, got an array")
