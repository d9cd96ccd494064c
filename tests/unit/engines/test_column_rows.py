"""Rows by column are the same rows to each engine as tuples."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairlead.engines.row_packing import ColumnRows, reader, values_at
from fairlead.engines.sklearn import SklearnEngine
from fairlead.model.signature import Field, Kind, Output, Signature

KINDS: list[Kind] = ["number", "integer", "boolean", "text"]
TUPLES = [(1.5, 2, True, "a"), (None, None, None, None), (-0.0, -3, False, "")]


def rows() -> ColumnRows:
    columns: list[Any] = [
        np.array([1.5, np.nan, -0.0]),
        np.array([2, np.nan, -3]),
        np.array([1, np.nan, 0]),
        np.array(["a", None, ""], dtype=object),
    ]
    return ColumnRows(columns, KINDS)


def test_tuples_have_the_values_of_the_fields_kinds() -> None:
    found = rows()
    assert list(found) == TUPLES
    assert [type(value) for value in found[0]] == [float, int, bool, str]
    assert list(found[1:]) == TUPLES[1:]
    assert list(found.chosen(np.array([2, 0]))) == [TUPLES[2], TUPLES[0]]
    assert values_at(found, 3) == values_at(TUPLES, 3)


def test_a_matrix_of_columns_is_that_of_tuples() -> None:
    for positions in ([0, 1, 2], [2, 0], [1]):
        np.testing.assert_array_equal(reader(positions, 4)(rows()), reader(positions, 4)(TUPLES))


@pytest.mark.parametrize(("layout", "kinds"), [("frame", 4), ("array", 3), ("array", 4), ("column", 1)])
def test_the_sklearn_engine_gets_the_same_input(layout: Any, kinds: int) -> None:
    places = [3] if layout == "column" else list(range(kinds))
    fields = tuple(Field(name=f"f{place}", kind=KINDS[place], nullable=True) for place in places)
    engine = SklearnEngine(None, Signature(inputs=fields, output=Output(task="regression"), layout=layout))
    columns = ColumnRows([rows().columns[place] for place in places], [KINDS[place] for place in places])

    found, expected = engine.inputs(columns), engine.inputs([tuple(row[place] for place in places) for row in TUPLES])

    if layout == "frame":
        pd.testing.assert_frame_equal(found, expected)
    elif layout == "column":
        assert found == expected
    else:
        np.testing.assert_equal(list(map(list, found)), list(map(list, expected)))
