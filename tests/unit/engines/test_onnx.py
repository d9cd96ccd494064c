"""The onnx engine hands a graph exactly the rows it was given, and answers plain values."""

import math
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from fairlead.engines.onnx import OnnxEngine
from fairlead.engines.text_counts import MISSING
from fairlead.errors import EngineError
from fairlead.model import manifest
from fairlead.model.signature import Field, Output, Signature

FIELDS = (
    Field(name="a", kind="number", nullable=True),
    Field(name="word", kind="category", nullable=True, categories=("x",)),
    Field(name="b", kind="integer", nullable=True),
    Field(name="c", kind="boolean"),
    Field(name="other", kind="text"),
)
NUMBERS, WORDS = ("a", "b", "c"), ("word", "other")


def graph(nodes: list[Any], inputs: Mapping[str, tuple[int, int]], outputs: Mapping[str, int], rank: int = 2) -> bytes:
    made = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, kind, [None, width]) for name, (kind, width) in inputs.items()],
        [helper.make_tensor_value_info(name, kind, [None] * rank) for name, kind in outputs.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


def echo() -> OnnxEngine:
    """Answers its numbers as values and its strings as labels."""
    nodes = [helper.make_node("Identity", ["numbers"], ["v"]), helper.make_node("Identity", ["strings"], ["l"])]
    inputs = {"numbers": (TensorProto.DOUBLE, 3), "strings": (TensorProto.STRING, 2)}
    spec = manifest.Engine(
        name="onnx",
        blob="onnx",
        inputs=(
            manifest.Tensor(name="numbers", dtype="float64", fields=NUMBERS),
            manifest.Tensor(name="strings", dtype="string", fields=WORDS),
        ),
        outputs={"value": "v", "label": "l"},
    )
    signature = Signature(inputs=FIELDS, output=Output(task="regression"), layout="frame")
    return OnnxEngine(spec, signature, graph(nodes, inputs, {"v": TensorProto.DOUBLE, "l": TensorProto.STRING}))


ECHO = echo()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(
    st.tuples(
        st.none() | st.floats(allow_nan=False),
        st.none() | TEXT,
        st.none() | st.integers(-(2**53), 2**53),
        st.booleans(),
        TEXT,
    ),
    min_size=1,
    max_size=5,
)


@given(rows=ROWS)
def test_numbers_and_strings_arrive_unchanged_and_missing_apart(rows: list[tuple[Any, ...]]) -> None:
    answers = ECHO.answer(rows)
    assert answers.values is not None
    for (a, word, b, c, other), values, strings in zip(rows, answers.values, answers.labels or [], strict=True):
        assert isinstance(values, list)
        assert [None if math.isnan(value) else value for value in values] == [a, b, c]
        assert list(strings) == [MISSING if word is None else word, other]  # type: ignore[arg-type]  # two strings here


def test_a_value_that_spells_the_marker_is_not_taken_for_missing() -> None:
    (strings,) = ECHO.answer([(1.0, MISSING, 2, True, "")]).labels or []
    assert isinstance(strings, list)
    assert strings[0] != MISSING


def classifier(classes: tuple[Any, ...]) -> OnnxEngine:
    """Answers its one number as the label."""
    nodes = [
        helper.make_node("Cast", ["numbers"], ["l2"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["l2"], ["l"]),
    ]
    spec = manifest.Engine(
        name="onnx",
        blob="onnx",
        inputs=(manifest.Tensor(name="numbers", dtype="float64", fields=("a",)),),
        outputs={"label": "l"},
    )
    output = Output(task="classification", classes=classes)
    signature = Signature(inputs=FIELDS[:1], output=output, layout="array")
    blob = graph(nodes, {"numbers": (TensorProto.DOUBLE, 1)}, {"l": TensorProto.INT64}, rank=1)
    return OnnxEngine(spec, signature, blob)


@pytest.mark.parametrize("classes", [(False, True), (0, 1), (0.0, 1.0)])
def test_labels_have_the_json_type_of_the_class(classes: tuple[Any, ...]) -> None:
    labels = classifier(classes).answer([(0.0,), (1.0,)]).labels
    assert labels == list(classes)
    assert [type(label) for label in labels or []] == [type(value) for value in classes]


def test_a_graph_that_does_not_load_is_an_engine_error() -> None:
    spec = manifest.Engine(name="onnx", blob="onnx")
    signature = Signature(inputs=FIELDS, output=Output(task="regression"), layout="frame")
    with pytest.raises(EngineError, match="onnxruntime cannot load the graph"):
        OnnxEngine(spec, signature, b"no graph")


def test_the_onnx_engine_imports_no_training_library() -> None:
    program = "import fairlead.engines.onnx, onnxruntime, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sklearn", "scipy", "joblib", "pandas", "pickle5", "skl2onnx"} & set(done.stdout.split())
