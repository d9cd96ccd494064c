"""The sklearn engine gives an estimator rows as it was fitted on them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairlead.engines.sklearn import SklearnEngine
from fairlead.model.signature import Field, Output, Signature

FIELDS = (
    Field(name="number", kind="number", nullable=True),
    Field(name="whole", kind="integer"),
    Field(name="whole_or_missing", kind="integer", nullable=True),
    Field(name="flag", kind="boolean"),
    Field(name="flag_or_missing", kind="boolean", nullable=True),
    Field(name="word", kind="category", nullable=True, categories=("a",)),
    Field(name="zone", kind="category", categories=(1, 2)),
)
ROWS = [(1.5, 1, None, True, None, None, 2), (None, 2, 3, False, True, "a", 1)]


class Recorder:
    """An estimator that keeps what it was asked and answers two targets."""

    categories_: list[Any]

    def predict(self, X: Any) -> Any:
        self.asked = X
        return np.array([[1.0, 2.0]] * len(X))


def ask(layout: Any, fields: tuple[Field, ...] = FIELDS, rows: Any = ROWS) -> Any:
    estimator = Recorder()
    signature = Signature(inputs=fields, output=Output(task="regression", names=("x", "y")), layout=layout)
    assert SklearnEngine(estimator, signature).answer(rows).values == [[1.0, 2.0]] * len(rows)
    return estimator.asked


def test_a_frame_has_the_dtypes_of_its_kinds() -> None:
    frame = ask("frame")
    assert isinstance(frame, pd.DataFrame)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "number": "float64",
        "whole": "int64",
        "whole_or_missing": "float64",
        "flag": "bool",
        "flag_or_missing": "object",
        "word": "object",
        "zone": "int64",
    }


def test_missing_is_nan_everywhere() -> None:
    frame = ask("frame")
    assert frame.isna().sum().to_dict() == {
        name: int("missing" in name or name in ("number", "word")) for name in frame
    }
    assert isinstance(frame["word"].iloc[0], float)


@pytest.mark.parametrize(("null", "missing"), [("none", None), ("na", pd.NA)])
def test_null_becomes_each_fields_missing_value(null: Any, missing: Any) -> None:
    fields = (*FIELDS[:5], Field(name="word", kind="category", nullable=True, categories=("a",), null=null), FIELDS[6])
    frame = ask("frame", fields)
    assert frame["word"].iloc[0] is missing
    assert isinstance(frame["flag_or_missing"].iloc[0], float)


def test_an_array_of_numbers_is_of_doubles_and_one_with_strings_of_objects() -> None:
    numbers = ask("array", FIELDS[:2], [(None, 2), (1.5, 3)])
    assert numbers.dtype == np.float64
    assert np.isnan(numbers[0, 0])
    assert ask("array", FIELDS[5:], [("a", 1)]).dtype == object


def test_a_column_of_text_has_one_dimension() -> None:
    assert ask("column", (Field(name="review", kind="text"),), [("good",), ("bad",)]) == ["good", "bad"]


@pytest.mark.parametrize(("names", "expected"), [(None, [1.0]), (("x",), [[1.0]])])
def test_one_target_is_a_number_and_several_are_lists(names: Any, expected: Any) -> None:
    class Single:
        def predict(self, X: Any) -> Any:
            return np.array([[1.0]] * len(X))

    signature = Signature(inputs=FIELDS[:1], output=Output(task="regression", names=names), layout="array")
    assert SklearnEngine(Single(), signature).answer([(1.0,)]).values == expected
