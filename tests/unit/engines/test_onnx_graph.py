"""A graph is checked as bytes: what it may hold, and that damage is refused by name."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from fairlead.engines.onnx_graph import DEEPEST, OPSETS, check_graph
from fairlead.errors import EngineError
from fairlead.publishing.onnx.converters.graph_writer import ML_OPSET
from fairlead.publishing.onnx.converters.graph_writer import OPSETS as COMPILED


def model(
    *, op: str = "Identity", domain: str = "", weights: Any = None, attributes: dict[str, Any] | None = None
) -> onnx.ModelProto:
    """Return a graph of one node on one input, with a constant and two opsets."""
    constant = weights or numpy_helper.from_array(np.arange(6.0).reshape(2, 3), "weights")
    node = helper.make_node(op, ["x"], ["y"], domain=domain, **(attributes or {}))
    graph = helper.make_graph(
        [node],
        "test",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, 3])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [None, 3])],
        initializer=[constant],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)])


def external() -> Any:
    tensor = numpy_helper.from_array(np.arange(6.0).reshape(2, 3), "weights")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.ClearField("raw_data")
    return tensor


def inner(depth: int, constant: Any) -> onnx.GraphProto:
    """Graphs inside nodes of graphs, the innermost with this constant."""
    graph = helper.make_graph([], "inner", [], [], initializer=[constant])
    for _ in range(depth):
        node = helper.make_node("If", ["x"], ["y"], then_branch=graph)
        graph = helper.make_graph([node], "outer", [], [])
    return graph


def sparse() -> Any:
    made = onnx.SparseTensorProto()
    made.values.CopyFrom(external())
    return made


def with_function() -> onnx.ModelProto:
    made = model()
    opset = [helper.make_opsetid("", 21)]
    made.functions.append(helper.make_function("", "Relu", ["a"], ["b"], [], opset))
    return made


def with_opset(domain: str, version: int) -> onnx.ModelProto:
    made = model()
    made.opset_import.append(helper.make_opsetid(domain, version))
    return made


def with_sparse_constant() -> onnx.ModelProto:
    made = model()
    made.graph.sparse_initializer.append(sparse())
    return made


def with_training() -> onnx.ModelProto:
    made = model()
    made.training_info.add()
    return made


HOSTILE: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "external data": (lambda: model(weights=external()), "outside its own file"),
    "external data in an attribute": (lambda: model(attributes={"value": external()}), "outside its own file"),
    "external data in a list of tensors": (lambda: model(attributes={"value": [external()]}), "outside its own file"),
    "external data in a sparse constant": (with_sparse_constant, "outside its own file"),
    "external data in a graph inside": (lambda: model(attributes={"b": inner(1, external())}), "outside its own file"),
    "a foreign domain": (lambda: model(domain="evil"), "operator 'Identity' of 'evil'"),
    "a foreign domain imported": (lambda: with_opset("evil", 1), "operators of 'evil'"),
    "an operator that names files": (lambda: model(op="EPContext", domain="com.microsoft"), "operator 'EPContext'"),
    "an opset to come": (lambda: with_opset("", 22), "opset 22 of ai.onnx"),
    "functions of its own": (with_function, "functions"),
    "training steps": (with_training, "functions"),
    "graphs without end": (
        lambda: model(attributes={"b": inner(DEEPEST + 1, numpy_helper.from_array(np.zeros(1), "w"))}),
        "deeper than",
    ),
}


@pytest.mark.parametrize(("made", "why"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_graph_that_may_not_be_loaded_is_refused_with_the_reason(
    made: Callable[[], onnx.ModelProto], why: str
) -> None:
    with pytest.raises(EngineError, match=why):
        check_graph(made().SerializeToString())


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"ints": list(range(-500, 500))},
        {"floats": np.linspace(-1, 1, 999).tolist()},
        {"value": numpy_helper.from_array(np.zeros(3), "w")},
        {"b": inner(2, numpy_helper.from_array(np.zeros(1), "w"))},
    ],
)
def test_a_graph_complete_in_itself_passes(attributes: dict[str, Any]) -> None:
    check_graph(model(attributes=attributes).SerializeToString())


def test_a_tensor_called_external_after_a_long_list_is_still_seen() -> None:
    """GIVEN an attribute whose integers are passed over in one step, THEN the tensor behind them is looked at."""
    made = model(attributes={"value": external()})
    made.graph.node[0].attribute[0].ints.extend(range(100_000))
    with pytest.raises(EngineError, match="outside its own file"):
        check_graph(made.SerializeToString())


def test_a_second_graph_in_the_bytes_is_checked_as_protobuf_would_merge_it() -> None:
    with pytest.raises(EngineError, match="outside its own file"):
        check_graph(model().SerializeToString() + model(weights=external()).SerializeToString())


@given(data=st.data())
def test_damaged_bytes_are_refused_or_pass_and_never_raise_anything_else(data: st.DataObject) -> None:
    blob = bytearray(model(attributes={"ints": [1, 2, 3]}).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(blob)))
    for changed in (bytes(blob), bytes(blob[:cut])):
        with contextlib.suppress(EngineError):
            check_graph(changed)


def test_compiled_graphs_are_allowed() -> None:
    assert COMPILED | {"ai.onnx.ml": ML_OPSET} == OPSETS
