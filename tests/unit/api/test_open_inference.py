"""Tensors and rows: every way to send a table gives the same rows, and answers come back in tensors of one shape."""

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api import open_inference, tensors
from fairlead.api.instances import RequestReader
from fairlead.errors import InstancesError, NotJsonError, RequestError
from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Ignored, Output, Signature

NUMBERS = Signature(
    inputs=(Field(name="a", kind="number", nullable=True), Field(name="b", kind="integer")),
    output=Output(task="regression", target="y"),
    layout="array",
)
MIXED = Signature(
    inputs=(
        Field(name="n", kind="number"),
        Field(name="flag", kind="boolean"),
        Field(name="colour", kind="category", categories=("red", "blue"), nullable=True),
        Field(name="size", kind="category", categories=(1, 2)),
        Field(name="note", kind="text"),
    ),
    output=Output(task="classification", classes=("no", "yes"), probabilities=True),
    layout="frame",
)
IDENTITY = {"model": "m", "version": 3, "digest": "sha256:00", "release": "9"}


def tensor(name: str, datatype: str, data: list[Any], *, shape: list[int] | None = None) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def rows(signature: Signature, *inputs: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows that a request's tensors become, after the checks of /predict."""
    request = open_inference.read(json.dumps({"inputs": inputs}))
    return RequestReader(signature).rows_of(open_inference.instances(signature, request.inputs))


def written(output: Output, answers: Answers, *names: str, rows: int = 2) -> dict[str, Any]:
    request = open_inference.read(json.dumps({"inputs": [], "outputs": [{"name": name} for name in names]}))
    ids = [f"r-{place}" for place in range(rows)]
    response = open_inference.write(request, answers, output, identity=IDENTITY, ids=ids, binary=False)
    found: dict[str, Any] = json.loads(response.body)
    return {one["name"]: (one["datatype"], one["shape"], one["data"]) for one in found["outputs"]}


def test_one_matrix_holds_all_fields_in_the_signatures_order() -> None:
    flat = tensor("x", "FP64", [1.5, 2, 3.5, 4], shape=[2, 2])
    nested = tensor("x", "FP32", [[1.5, 2], [3.5, 4]], shape=[2, 2])

    assert rows(NUMBERS, flat) == rows(NUMBERS, nested) == [(1.5, 2), (3.5, 4)]


def test_a_matrix_may_hold_the_columns_that_the_model_ignores() -> None:
    signature = Signature(inputs=NUMBERS.inputs, output=NUMBERS.output, layout="frame", ignored=(Ignored("unused", 1),))

    assert rows(signature, tensor("x", "FP64", [1, 9, 2], shape=[1, 3])) == [(1.0, 2)]
    assert rows(signature, tensor("x", "FP64", [1, 2], shape=[1, 2])) == [(1.0, 2)]


def test_tensors_of_ignored_columns_are_dropped_unread() -> None:
    signature = Signature(inputs=NUMBERS.inputs, output=NUMBERS.output, layout="frame", ignored=(Ignored("unused", 1),))
    given = [tensor("a", "FP64", [1]), tensor("b", "INT8", [2]), tensor("unused", "BYTES", ["x"])]

    assert rows(signature, *given) == [(1.0, 2)]


def test_each_kind_of_field_takes_its_datatypes() -> None:
    given = [
        tensor("n", "INT16", [1, 2]), tensor("flag", "BOOL", [True, False]), tensor("colour", "BYTES", ["red", None]),
        tensor("size", "FP32", [1.0, 2.0]), tensor("note", "BYTES", ["", "ü\n"]),
    ]  # fmt: skip

    assert rows(MIXED, *given) == [(1.0, True, "red", 1, ""), (2.0, False, None, 2, "ü\n")]


def test_a_nullable_field_may_be_left_out() -> None:
    assert rows(NUMBERS, tensor("b", "INT64", [7])) == [(None, 7)]


def test_nan_is_missing_or_an_error_that_names_the_row() -> None:
    assert rows(NUMBERS, tensor("a", "FP64", [math.nan]), tensor("b", "INT64", [7])) == [(None, 7)]

    with pytest.raises(InstancesError, match=r"row 1, field 'n': expected a finite number, got NaN"):
        rows(MIXED, tensor("n", "FP64", [1, math.nan]), *(tensor(name, "BYTES", ["x"] * 2) for name in ("note",)))


def test_whole_numbers_beyond_doubles_stay_exact_or_are_refused() -> None:
    largest = 2**53
    assert rows(NUMBERS, tensor("b", "INT64", [largest])) == [(None, largest)]

    with pytest.raises(InstancesError, match="row 0, field 'b'"):
        rows(NUMBERS, tensor("b", "INT64", [largest + 1]))
    with pytest.raises(InstancesError, match="expected a whole number from"):
        rows(NUMBERS, tensor("b", "INT64", [2**63]))


@pytest.mark.parametrize(
    "text",
    ["", "[", "nul", '{"inputs": [], "inputs": []}', "[" * 100_000, '{"inputs": [{"name": "a", "name": "b"}]}'],
)
def test_body_that_is_no_json_is_named_so(text: str) -> None:
    with pytest.raises(NotJsonError):
        open_inference.read(text)


@pytest.mark.parametrize(
    "document",
    [[], None, {}, {"inputs": {}}, {"inputs": [1]}, {"inputs": [], "id": 7},
     {"inputs": [{"name": "a", "datatype": "FP32", "shape": [1.5], "data": [1]}]},
     {"inputs": [], "parameters": []}, {"inputs": [], "outputs": ["p"]}],
)  # fmt: skip
def test_another_shape_is_refused(document: Any) -> None:
    with pytest.raises(RequestError, match="the body is no inference request"):
        open_inference.read(json.dumps(document))


def test_regressions_give_value_and_predict() -> None:
    one = written(NUMBERS.output, Answers(values=[1.0, 2.0]), "predict", "value")
    two = written(Output(task="regression", names=("y", "z")), Answers(values=[[1.0, 2.0], [3.0, 4.0]]))

    assert one == dict.fromkeys(("predict", "value"), ("FP64", [2], [1.0, 2.0]))
    assert two == {"predict": ("FP64", [2, 2], [1.0, 2.0, 3.0, 4.0])}


@pytest.mark.parametrize(
    ("classes", "datatype"),
    [(("a", "b"), "BYTES"), ((True, False), "BOOL"), ((1, 2), "INT64"), ((1.5, 2.5), "FP64"), (None, "INT64")],
)
def test_labels_have_the_datatype_of_the_classes(classes: Any, datatype: str) -> None:
    output = Output(task="classification" if classes else "clustering", classes=classes)
    labels = list(classes or (0, 1))

    assert written(output, Answers(labels=labels)) == {"predict": (datatype, [2], labels)}


def test_anomalies_give_a_score() -> None:
    answers = Answers(labels=[1, -1], scores=[0.5, -0.5])

    assert written(Output(task="anomaly"), answers) == {
        "predict": ("INT64", [2], [1, -1]),
        "score": ("FP64", [2], [0.5, -0.5]),
    }


@given(
    st.sampled_from(sorted(tensors.NUMPY)).flatmap(
        lambda kind: st.tuples(
            st.just(kind), st.binary(min_size=8, max_size=64).map(lambda raw: raw[: len(raw) // 8 * 8])
        )
    )
)
def test_binary_data_are_read_as_numpy_reads_them(case: tuple[str, bytes]) -> None:
    datatype, raw = case
    if datatype == "BOOL":
        raw = bytes(byte % 2 for byte in raw)
    values = np.frombuffer(raw, tensors.NUMPY[datatype])

    read = tensors.from_bytes("x", datatype, [len(values)], raw)

    assert np.array_equal(np.array(read.values(), values.dtype), values, equal_nan=values.dtype.kind == "f")
    assert all(type(one) in {bool, int, float} for one in read.values())


@given(st.lists(st.text(), min_size=1))
def test_texts_survive_the_binary_extension(texts: list[str]) -> None:
    assert tensors.from_bytes("x", "BYTES", [len(texts)], tensors.to_bytes("BYTES", texts)).values() == texts


def test_the_length_of_a_text_cannot_reach_beyond_the_data() -> None:
    with pytest.raises(InstancesError, match="the data end within element 0"):
        tensors.from_bytes("x", "BYTES", [1], struct.pack("<I", 2**32 - 1) + b"x")


def test_a_huge_shape_allocates_nothing() -> None:
    with pytest.raises(InstancesError, match="1 values in `data`"):
        tensors.from_json("x", "FP32", [2**40, 2**20], [1])
    with pytest.raises(InstancesError, match="bytes of data"):
        tensors.from_bytes("x", "FP32", [2**40, 2**20], b"1234")
    with pytest.raises(InstancesError, match="the data end within element 0"):
        tensors.from_bytes("x", "BYTES", [2**60], b"")


@given(st.lists(st.tuples(st.none() | st.floats(-1e30, 1e30), st.integers(-(2**53), 2**53)), min_size=1, max_size=8))
def test_every_way_to_send_a_table_gives_the_rows_of_predict(table: list[tuple[float | None, int]]) -> None:
    a, b = ([*column] for column in zip(*table, strict=True))
    native = RequestReader(NUMBERS).rows(json.dumps({"instances": [{"a": x, "b": y} for x, y in table]}))
    nan = [math.nan if value is None else value for value in a]
    data = {"a": struct.pack(f"<{len(a)}d", *nan), "b": struct.pack(f"<{len(b)}q", *b)}
    inputs = [
        {"name": name, "datatype": kind, "shape": [len(a), 1], "parameters": {"binary_data_size": len(data[name])}}
        for name, kind in (("a", "FP64"), ("b", "INT64"))
    ]
    head = json.dumps({"inputs": inputs}).encode()
    binary = open_inference.read(head + data["a"] + data["b"], str(len(head)))

    assert rows(NUMBERS, tensor("a", "FP64", a), tensor("b", "INT64", b)) == native
    assert rows(NUMBERS, tensor("a", "FP64", nan), tensor("b", "INT64", b)) == native
    assert RequestReader(NUMBERS).rows_of(open_inference.instances(NUMBERS, binary.inputs)) == native
