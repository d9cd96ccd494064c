"""A matrix of numbers passes at once exactly where the reader of rows takes all its rows, and means the same rows."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.instances import RequestReader
from fairlead.engines.row_packing import NumberRows, reader
from fairlead.errors import InstancesError, TooLargeError
from fairlead.model.signature import LARGEST_NUMBER, Field, Output, Signature
from fairlead.serving.number_matrix import NumberMatrix

MOST = 4
FIELDS = (Field(name="a", kind="number", largest=10), Field(name="b", kind="number", nullable=True))
VALUE = st.sampled_from(
    [0.0, -0.0, 5e-324, 10.0, math.nextafter(10, 11), -10.0, LARGEST_NUMBER, -1e39, math.nan, math.inf]
) | st.floats(-9, 9)


def signature(*fields: Field) -> Signature:
    return Signature(inputs=fields, output=Output(task="regression", target="y"), layout="array")


@given(values=st.lists(st.tuples(VALUE, VALUE), max_size=MOST + 1))
def test_a_matrix_is_taken_at_once_only_where_its_rows_are(values: list[tuple[float, float]]) -> None:
    asked = signature(*FIELDS)
    at_once = NumberMatrix(asked, most_rows=MOST).rows(np.array(values, float).reshape(len(values), 2))
    instances = [{"a": a, "b": None if math.isnan(b) else b} for a, b in values]
    try:
        read = RequestReader(asked, most_rows=MOST).rows_of(instances)
    except (InstancesError, TooLargeError):
        read = None

    missing = any(math.isnan(b) for _, b in values)
    infinite = any(map(math.isinf, (value for row in values for value in row)))  # JSON has none; its writer says null
    assert (at_once is None) == (read is None or missing or infinite)
    if at_once is not None and read is not None:
        assert repr(list(at_once)) == repr(read)


def test_other_widths_and_other_kinds_are_left_to_the_reader_of_rows() -> None:
    whole = signature(FIELDS[0], Field(name="n", kind="integer"))

    assert NumberMatrix(signature(*FIELDS), most_rows=MOST).rows(np.ones((2, 3))) is None
    assert NumberMatrix(whole, most_rows=MOST).rows(np.ones((2, 2))) is None


def test_rows_of_numbers_get_one_matrix_for_all_readers() -> None:
    rows = [(1.5, 2), (None, 3)]
    packed = NumberMatrix(signature(FIELDS[0], Field(name="n", kind="integer")), most_rows=MOST).packed(rows)

    assert isinstance(packed, NumberRows)
    assert reader([0, 1], 2)(packed) is packed.matrix
    assert np.array_equal(packed.matrix, [[1.5, 2], [math.nan, 3]], equal_nan=True)
    assert reader([1], 2)(packed).tolist() == [[2], [3]]
    assert list(packed) == rows
    assert (list(packed[1:]), packed[0]) == ([rows[1]], rows[0])


def test_rows_with_other_fields_stay_as_they_are() -> None:
    rows = [(1.0, "x")]

    assert NumberMatrix(signature(FIELDS[0], Field(name="t", kind="text")), most_rows=MOST).packed(rows) is rows
