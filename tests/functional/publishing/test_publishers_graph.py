"""ONNX graphs that the publisher made serve only if they answer as the estimator beside them."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.engines.text_counts import MOST_ROWS_KEY
from fairlead.errors import FairleadError, SettingsError
from fairlead.model.manifest import Manifest
from fairlead.publishing.publish import PublishOptions, publish_file
from fairlead.registry.store import Registry
from testkit.memory import Memory

OPSET = {"": 21, "ai.onnx.ml": 5}
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(RANDOM.normal(size=(500, 3)).round(4), columns=["a", "b", "c"])
LABEL = (FRAME.a + FRAME.b + RANDOM.normal(0, 0.5, 500) > 0).astype(int)
MATRIX = [("X", DoubleTensorType([None, 3]))]


def graph(estimator: Any, types: Any = MATRIX, *, zipmap: bool = False, opset: Any = OPSET) -> Any:
    options = {} if zipmap or not hasattr(estimator, "classes_") else {"zipmap": False}
    return to_onnx(estimator, initial_types=types, target_opset=opset, options=options)


def publish(folder: Path, estimator: Any, made: Any, X: pd.DataFrame, y: Any, **options: Any) -> Manifest:
    joblib.dump(estimator, folder / "model.joblib")
    (folder / "model.onnx").write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    X.assign(y=y).to_csv(folder / "held_out.csv", index=False)
    chosen = PublishOptions(
        name="model", registry=Registry(Memory()), force=True, reason="the graph is judged", **options
    )
    target = ["y"] if y is not None else []
    return publish_file(
        folder / "model.joblib", chosen, data=folder / "held_out.csv", target=target, graph=folder / "model.onnx"
    ).manifest


def refused(folder: Path, estimator: Any, made: Any, X: pd.DataFrame = FRAME, y: Any = LABEL) -> FairleadError:
    with pytest.raises(FairleadError) as caught:
        publish(folder, estimator, made, X, y)
    return caught.value


@pytest.fixture(scope="module")
def logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, LABEL)


def test_a_graph_with_one_matrix_serves_with_its_proof(tmp_path: Path, logistic: Any) -> None:
    made = publish(tmp_path, logistic, graph(logistic), FRAME, LABEL)
    assert made.engine.name == "onnx"
    assert made.engine.reason == "a graph that the publisher made"
    assert [(tensor.name, tensor.fields) for tensor in made.engine.inputs] == [("X", ("a", "b", "c"))]
    assert made.parity is not None
    assert made.parity.label_differences == 0
    assert made.parity.boundary_rows > 0


def test_a_graph_with_an_input_for_each_column_serves(tmp_path: Path) -> None:
    frame = FRAME.assign(city=RANDOM.choice(["Oslo", "Bergen"], 500), age=RANDOM.integers(0, 9, 500))
    encode = make_column_transformer((OneHotEncoder(), ["city"]), (StandardScaler(), ["a", "b", "c", "age"]))
    estimator = make_pipeline(encode, LogisticRegression()).fit(frame, LABEL)
    kinds = {"city": StringTensorType, "age": Int64TensorType}
    types = [(name, kinds.get(name, FloatTensorType)([None, 1])) for name in frame.columns]
    made = publish(tmp_path, estimator, graph(estimator, types), frame, LABEL)
    assert {tensor.name: tensor.dtype for tensor in made.engine.inputs} == {
        "a": "float32", "b": "float32", "c": "float32", "city": "string", "age": "int64",
    }  # fmt: skip
    assert {field.name: field.precision for field in made.signature.inputs if field.kind == "number"} == {
        "a": "float32", "b": "float32", "c": "float32",
    }  # fmt: skip


@pytest.mark.parametrize("estimator", [LinearRegression(), KMeans(3, random_state=0, n_init=1)], ids=["value", "label"])
def test_regressions_and_clusterings_serve(tmp_path: Path, estimator: Any) -> None:
    y = FRAME.a * 2 + FRAME.b if isinstance(estimator, LinearRegression) else None
    estimator.fit(FRAME, y)
    made = publish(tmp_path, estimator, graph(estimator), FRAME, y)
    assert made.engine.reason == "a graph that the publisher made"


def test_a_graph_of_another_model_is_refused(tmp_path: Path, logistic: Any) -> None:
    other = make_pipeline(StandardScaler(), LogisticRegression(C=0.001)).fit(FRAME, LABEL)
    error = refused(tmp_path, logistic, graph(other))
    assert "the graph of --onnx cannot serve" in str(error)
    assert "publish without --onnx" in error.hint


def test_a_forest_in_single_precision_that_differs_at_thresholds_is_refused(tmp_path: Path) -> None:
    frame = FRAME * 1e7 + 0.123
    forest = RandomForestClassifier(20, random_state=0).fit(frame, LABEL)
    single = graph(forest, [("X", FloatTensorType([None, 3]))])
    for node in single.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("nodes_values", "nodes_splits"):
                attribute.floats[:] = [value * 1.0000002 for value in attribute.floats]
    assert "the graph of --onnx cannot serve" in str(refused(tmp_path, forest, single, frame))


def test_zipmap_is_refused_with_the_option_that_turns_it_off(tmp_path: Path, logistic: Any) -> None:
    error = refused(tmp_path, logistic, graph(logistic, zipmap=True))
    assert "0 outputs that may be its probabilities" in str(error)
    assert "zipmap" in error.hint


def test_a_newer_opset_is_refused_with_the_newest_that_serves(tmp_path: Path, logistic: Any) -> None:
    error = refused(tmp_path, logistic, graph(logistic, opset={"": 22, "ai.onnx.ml": 5}))
    assert "opset 22" in str(error)
    assert "target_opset" in error.hint


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([("X", DoubleTensorType([None, 1])), ("b", DoubleTensorType([None, 1]))], "no a, c; unknown X"),
        ([(name, DoubleTensorType([None, 1])) for name in "abx"], "no c; unknown x"),
    ],
)
def test_inputs_that_are_not_the_columns_are_named(tmp_path: Path, logistic: Any, types: Any, message: str) -> None:
    made = graph(logistic)
    del made.graph.input[:]
    made.graph.input.extend(helper.make_tensor_value_info(name, TensorProto.DOUBLE, kind.shape) for name, kind in types)
    assert message in str(refused(tmp_path, logistic, made))


def test_an_input_of_another_type_is_named(tmp_path: Path, logistic: Any) -> None:
    made = graph(logistic)
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.BOOL
    assert "input X is not of float, double, int64 or string" in str(refused(tmp_path, logistic, made))


def test_a_graph_that_onnxruntime_does_not_load_is_refused(tmp_path: Path, logistic: Any) -> None:
    made = graph(logistic)
    made.graph.node[0].op_type = "NoSuchOperator"
    assert "the graph of --onnx cannot serve" in str(refused(tmp_path, logistic, made))


@pytest.mark.parametrize("content", [b"", b"\x00", b"no graph", b"\x08\x08\x12\x08skl2onnx"])
def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, logistic: Any, content: bytes) -> None:
    assert "the graph of --onnx is refused" in str(refused(tmp_path, logistic, content))


def test_data_outside_the_file_is_refused(tmp_path: Path, logistic: Any) -> None:
    made = graph(logistic)
    outside = made.graph.initializer.add(name="w", data_type=TensorProto.DOUBLE, dims=[1])
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="/etc/passwd")
    assert "keeps data outside its own file" in str(refused(tmp_path, logistic, made))


def test_the_graphs_metadata_gives_the_engine_no_instructions(tmp_path: Path, logistic: Any) -> None:
    made = graph(logistic)
    helper.set_model_props(made, {MOST_ROWS_KEY: "1"})
    taken = publish(tmp_path, logistic, made, FRAME, LABEL)
    assert taken.engine.name == "onnx"
    assert MOST_ROWS_KEY not in str(onnx.load_model_from_string(made.SerializeToString()).graph)


def test_a_graph_and_engine_sklearn_contradict_each_other(tmp_path: Path, logistic: Any) -> None:
    with pytest.raises(SettingsError, match="--engine sklearn serves no graph"):
        publish(tmp_path, logistic, graph(logistic), FRAME, LABEL, engine="sklearn")


def test_a_missing_file_is_named(tmp_path: Path, logistic: Any) -> None:
    joblib.dump(logistic, tmp_path / "model.joblib")
    FRAME.assign(y=LABEL).to_csv(tmp_path / "held_out.csv", index=False)
    options = PublishOptions(name="model", registry=Registry(Memory()))
    with pytest.raises(FairleadError, match=r"gone\.onnx"):
        publish_file(
            tmp_path / "model.joblib", options,
            data=tmp_path / "held_out.csv", target=["y"], graph=tmp_path / "gone.onnx",
        )  # fmt: skip
