"""Tables and targets as notebooks hold them are read as scikit-learn reads them, or refused with a hint."""

import decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlead.errors import DataError
from fairlead.publishing.input.table_types import to_frame, to_target
from fairlead.publishing.signature.infer import infer, to_rows

rng = np.random.default_rng(0)
ROWS = 40
ARRAY = rng.normal(size=(ROWS, 2)).round(3)
FRAME = pd.DataFrame(ARRAY, columns=["a", "b"])
LABELS = np.where(FRAME["a"] > 0, "yes", "no")
NAMED = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, LABELS)
UNNAMED = make_pipeline(StandardScaler(), LogisticRegression()).fit(ARRAY, LABELS)
EXPECTED = [tuple(row) for row in ARRAY.tolist()]


class ArrowStream:
    """A table of another library that speaks only Arrow's C stream."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return pa.Table.from_pandas(FRAME).__arrow_c_stream__(requested_schema)


class Anything(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Answers whatever it is given."""

    def predict(self, X: Any) -> Any:
        return np.full(len(X), "no")


class Subclass(pd.DataFrame):  # type: ignore[misc]  # pandas has no types here
    """A column type of another library, as of geopandas."""

    @property
    def _constructor(self) -> Any:
        return Subclass


@pytest.mark.parametrize(
    "table",
    [
        FRAME.sample(frac=1.0, random_state=0).sort_index(),
        FRAME.set_axis(range(100, 100 + ROWS)),
        Subclass(FRAME),
        FRAME.convert_dtypes(),
        FRAME.convert_dtypes(dtype_backend="pyarrow"),
        FRAME.astype(pd.SparseDtype("float64", 0.0)),
        FRAME.astype(object),
        FRAME.map(lambda value: decimal.Decimal(str(value))),
        pa.Table.from_pandas(FRAME),
        pa.Table.from_pandas(FRAME).to_batches()[0],
        ArrowStream(),
        SimpleNamespace(to_pandas=lambda: FRAME),
        FRAME.to_dict("records"),
        FRAME.to_dict("list"),
        FRAME.to_records(index=False),
        np.array([tuple(row) for row in ARRAY], dtype=[("a", "f8"), ("b", "f8")]),
        FRAME[["b", "a"]],
    ],
    ids=[
        *("frame", "index", "subclass", "nullable", "arrow dtypes", "sparse dtype", "objects", "decimals"),
        *("arrow table", "record batch", "arrow stream", "to_pandas", "dictionaries", "columns", "records"),
        *("structured", "order"),
    ],
)
def test_named_tables_of_any_kind_are_read(table: Any) -> None:
    signature = infer(NAMED, table, LABELS, train=table)
    assert [(field.name, field.kind) for field in signature.inputs] == [("a", "number"), ("b", "number")]
    assert to_rows(signature, table) == EXPECTED


@pytest.mark.parametrize(
    "table",
    [
        ARRAY,
        ARRAY.tolist(),
        [tuple(row) for row in ARRAY],
        list(ARRAY),
        np.ma.array(ARRAY),
        np.asmatrix(ARRAY),
        np.asfortranarray(ARRAY),
        ARRAY.astype(object),
        SimpleNamespace(__array__=None) and type("Tensor", (), {"__array__": lambda _, *__, **___: ARRAY})(),
        pd.DataFrame(ARRAY),
        pd.DataFrame(ARRAY, columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
        FRAME.convert_dtypes(),
    ],
    ids=[
        *("array", "lists", "tuples", "arrays", "masked without a mask", "matrix", "fortran", "objects", "tensor"),
        *("numbered", "levels", "nullable"),
    ],
)
def test_tables_without_names_are_read(table: Any) -> None:
    signature = infer(UNNAMED, table, LABELS)
    assert [field.kind for field in signature.inputs] == ["number", "number"]
    assert to_rows(signature, table) == EXPECTED


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        (scipy.sparse.csr_matrix(ARRAY), "sparse", "toarray"),
        (iter(ARRAY.tolist()), "list_iterator, which can be read only once", "list"),
        ((row for row in ARRAY), "generator", "list"),
        (np.ma.array(ARRAY, mask=ARRAY > 1), "masked array", "filled"),
        ([[1.0, 2.0], [3.0]], "row 0 has 2 values, row 1 has 1", ""),
        ([[1.0, 2.0], 3.0], "row 1 is a value", ""),
        ("rows.csv", "the table is a str", "DataFrame"),
        (None, "the table is a NoneType", "DataFrame"),
        (7, "the table is a int", "DataFrame"),
        (pd.DataFrame, "a class", "DataFrame"),
        ([{"a": 1}, 3], "dictionaries cannot be read as a table", "DataFrame"),
        (SimpleNamespace(collect=None, lazy=None), "has no rows yet", "collect"),
        (SimpleNamespace(toPandas=None), "SimpleNamespace, which Fairlead does not read", "toPandas"),
        (SimpleNamespace(to_pandas=lambda: 1 / 0), "pandas cannot read: division by zero", "to_pandas"),
        (FRAME.set_axis(["a", ""], axis=1), "column 1 of the table has an empty name", "give it a name"),
        (FRAME.set_axis(pd.Index(["a", "\udfff"], dtype=object), axis=1), "lone surrogate in its name", "rename"),
        (FRAME.set_axis(["a", "a"], axis=1), "names the column 'a' more than once", ""),
    ],
    ids=range(17),
)
def test_a_table_that_cannot_be_read_is_refused_with_its_type_and_the_way(table: Any, message: str, hint: str) -> None:
    with pytest.raises(DataError) as refusal:
        to_frame(table)
    assert message in str(refusal.value)
    assert hint in refusal.value.hint


@pytest.mark.parametrize("name", ['screen 15" wide', "cost\\unit", "price\n(EUR)", "a\tb", "\x00", "ключ", "😀", " "])
def test_names_with_quotes_backslashes_and_control_characters_are_read(name: str) -> None:
    assert list(to_frame(FRAME.set_axis(["a", name], axis=1)).columns) == ["a", name]


@pytest.mark.parametrize(
    ("column", "kind", "dtype"),
    [
        (pd.date_range("2024", periods=ROWS), "datetime64 values", "datetime64"),
        (pd.timedelta_range("1h", periods=ROWS), "timedelta64 values", "timedelta64"),
        (pd.period_range("2024", periods=ROWS, freq="D"), "period values", "period[D]"),
        ([1 + 2j] * ROWS, "complex values", "complex128"),
        ([b"a"] * ROWS, "bytes values", "object"),
        ([[1]] * ROWS, "mixed values", "object"),
        (
            pd.Series([1.0] * ROWS, dtype=pd.ArrowDtype(pa.float64())).map(lambda _: {"x": 1}),
            "unknown-array values",
            "struct",
        ),
        (pd.Categorical(np.arange(ROWS) % 3 + 0.5), "pandas category of numbers with fractions", ""),
        ([2**60] * ROWS, "beyond ±2**53", ""),
        (pd.Categorical([2**60] * ROWS), "beyond ±2**53", ""),
        (pd.Series(["\udfff"] * ROWS, dtype=object), "lone surrogate", ""),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_column_that_json_cannot_carry_is_refused_by_name_and_dtype(column: Any, kind: str, dtype: str) -> None:
    estimator = Anything().fit(FRAME, LABELS)
    table = FRAME.assign(b=column)
    with pytest.raises(DataError, match="column 'b'") as refusal:
        infer(estimator, table, LABELS)
    assert kind in str(refusal.value)
    assert dtype in str(refusal.value)


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (pd.array([1, None] * (ROWS // 2), dtype="Int64"), ("integer", True)),
        (pd.array([True, None] * (ROWS // 2), dtype="boolean"), ("boolean", True)),
        (pd.array([1.5, None] * (ROWS // 2), dtype="Float64"), ("number", True)),
        (pd.array(["x", None] * (ROWS // 2), dtype="string"), ("category", True)),
        (pd.array(["x", None] * (ROWS // 2), dtype=pd.ArrowDtype(pa.string())), ("category", True)),
        (pd.array([1, 2] * (ROWS // 2), dtype=pd.ArrowDtype(pa.int8())), ("integer", False)),
        (pd.array([True, False] * (ROWS // 2), dtype=pd.ArrowDtype(pa.bool_())), ("boolean", False)),
        (pd.Categorical([1, 2] * (ROWS // 2), ordered=True), ("category", False)),
        (pd.Categorical(["x", None] * (ROWS // 2)), ("category", True)),
        ([1, None] * (ROWS // 2), ("number", True)),
        (pd.Series([1, None] * (ROWS // 2), dtype=object), ("integer", True)),
        (pd.Series([True, None] * (ROWS // 2), dtype=object), ("boolean", True)),
        ([decimal.Decimal("1.5"), None] * (ROWS // 2), ("number", True)),
        (np.arange(ROWS, dtype=np.float16), ("number", False)),
    ],
    ids=range(14),
)
def test_extension_dtype_has_the_kind_of_its_values(column: Any, found: tuple[str, bool]) -> None:
    signature = infer(Anything().fit(FRAME, LABELS), FRAME.assign(b=column), None)
    assert (signature.inputs[1].kind, signature.inputs[1].nullable) == found
    for row in to_rows(signature, FRAME.assign(b=column)):
        assert row[1] is None or type(row[1]) in (int, float, bool, str)


TARGETS = {
    "series": pd.Series(LABELS, index=range(ROWS, 0, -1)),
    "frame": pd.DataFrame({"y": LABELS}),
    "column": LABELS.reshape(-1, 1),
    "list": LABELS.tolist(),
    "category": pd.Series(pd.Categorical(LABELS)),
    "string": pd.Series(LABELS, dtype="string"),
    "arrow": pa.array(LABELS.tolist()),
    "chunked": pa.chunked_array([LABELS.tolist()]),
    "objects": LABELS.astype(object),
    "categorical": pd.Categorical(LABELS),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_of_any_kind_are_labels_in_order(kind: str) -> None:
    found = to_target(TARGETS[kind])
    assert np.asarray(found, dtype=object).tolist() == LABELS.tolist()
    assert infer(NAMED, FRAME, TARGETS[kind]).output.classes == ("no", "yes")


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "Float64", pd.ArrowDtype(pa.int8())], ids=str)
def test_nullable_targets_are_numbers(dtype: Any) -> None:
    found = to_target(pd.Series([1, 0, 1], dtype=dtype))
    assert isinstance(found.dtype, np.dtype)
    assert found.dtype != object
    assert found.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ((value for value in LABELS), "the target is a generator"),
        (scipy.sparse.csr_matrix([[1.0]]), "the target is sparse"),
        ("y", "the target is a str"),
        (3, "the target is a int"),
        (["\udfff"] * 2, "lone surrogate"),
        (pd.Series([1, None], dtype="Int64"), "missing"),
    ],
    ids=range(6),
)
def test_a_target_that_cannot_be_read_is_refused(y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer(NAMED, FRAME[:2], y)
