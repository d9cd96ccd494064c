"""MLflow's own package: what it saves and registers is published, and what is exported it loads."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier
from mlflow.models import infer_signature
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError, NotFoundError
from fairlead.publishing.mlflow_export import export_mlflow
from fairlead.publishing.publish import Published, PublishOptions, publish, publish_file
from fairlead.registry.store import Registry
from testkit.memory import Memory

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(RANDOM.normal(size=(600, 3)).round(4), columns=["a", "b", "c"])
CAT: dict[str, Any] = {"iterations": 5, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
LABEL = np.where(FRAME.a + FRAME.b + RANDOM.normal(0, 0.5, 600) > 0, "yes", "no")


@pytest.fixture(scope="module")
def estimator() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, LABEL)


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    FRAME.assign(y=LABEL, row=range(600)).to_csv(tmp_path / "held_out.csv", index=False)
    return tmp_path / "held_out.csv"


@pytest.fixture(autouse=True)
def _allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MLflow's own gates: loading executes a model, and its registry may be a folder."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file:{tmp_path / 'tracking'}")
    yield
    mlflow.set_tracking_uri("")
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def published(uri: str, held_out: Path, registry: Registry) -> Published:
    options = PublishOptions(name="buys", registry=registry, force=True, reason="fitted on these rows")
    return publish_file(uri, options, data=held_out, target=["y"])


@pytest.mark.parametrize("how", ["pickle", "cloudpickle", "skops"])
def test_what_mlflow_saves_is_published_with_its_signature_and_example(
    estimator: Any, held_out: Path, tmp_path: Path, how: str
) -> None:
    signature = infer_signature(FRAME, estimator.predict(FRAME))
    trusted = {"skops_trusted_types": ["numpy.dtype"]} if how == "skops" else {}
    mlflow.sklearn.save_model(
        estimator, tmp_path / "model", serialization_format=how, signature=signature, input_example=FRAME[:3], **trusted
    )
    registry = Registry(Memory())

    made = published(f"mlflow:{tmp_path / 'model'}", held_out, registry).manifest

    assert [field.name for field in made.signature.inputs] == ["a", "b", "c"]
    assert made.engine.name == "onnx"


def test_a_booster_of_the_lightgbm_flavour_is_published(held_out: Path, tmp_path: Path) -> None:
    booster = LGBMClassifier(n_estimators=10, verbose=-1).fit(FRAME, LABEL)
    mlflow.lightgbm.save_model(booster, tmp_path / "model", signature=infer_signature(FRAME, booster.predict(FRAME)))

    made = published(f"mlflow:{tmp_path / 'model'}", held_out, Registry(Memory())).manifest

    assert made.engine.name == "onnx"
    assert "LGBMClassifier" in made.recipe.estimator


BOOSTERS: dict[str, tuple[Any, Callable[[], Any]]] = {
    "xgboost classifier": (mlflow.xgboost, lambda: XGBClassifier(n_estimators=10).fit(FRAME, LABEL == "yes")),
    "xgboost regressor": (mlflow.xgboost, lambda: XGBRegressor(n_estimators=10).fit(FRAME, FRAME.a)),
    "catboost classifier": (mlflow.catboost, lambda: CatBoostClassifier(**CAT).fit(FRAME, LABEL)),
    "catboost regressor": (mlflow.catboost, lambda: CatBoostRegressor(**CAT).fit(FRAME, FRAME.a)),
}


@pytest.mark.parametrize("name", BOOSTERS)
def test_a_booster_in_its_own_file_is_published(name: str, held_out: Path, tmp_path: Path) -> None:
    flavour, fit = BOOSTERS[name]
    booster = fit()
    flavour.save_model(booster, tmp_path / "model", signature=infer_signature(FRAME, booster.predict(FRAME)))
    target = booster.predict(FRAME)
    FRAME.assign(y=target).to_csv(held_out, index=False)
    registry = Registry(Memory())

    made = published(f"mlflow:{tmp_path / 'model'}", held_out, registry).manifest

    assert (made.engine.name, made.source) == ("onnx", f"mlflow:{tmp_path / 'model'}")
    assert type(booster).__name__ in made.recipe.estimator
    with pytest.raises(ModelFileError, match="stored without its parameters"):
        clone(read(registry.blob(made.blobs["estimator"])).estimator)


def test_a_booster_without_scikit_learns_methods_is_refused(held_out: Path, tmp_path: Path) -> None:
    booster = XGBClassifier(n_estimators=2).fit(FRAME, LABEL == "yes").get_booster()
    mlflow.xgboost.save_model(booster, tmp_path / "model")

    with pytest.raises(ModelFileError, match=r"holds xgboost\.core\.Booster") as refusal:
        published(f"mlflow:{tmp_path / 'model'}", held_out, Registry(Memory()))

    assert "XGBClassifier" in refusal.value.hint


def test_a_registered_version_is_downloaded_and_published(estimator: Any, held_out: Path) -> None:
    with mlflow.start_run():
        mlflow.sklearn.log_model(estimator, name="model", registered_model_name="buys", serialization_format="pickle")

    made = published("mlflow:models:/buys/1", held_out.with_name(_without_row(held_out)), Registry(Memory())).manifest

    assert made.source == "mlflow:models:/buys/1"


def _without_row(held_out: Path) -> str:
    pd.read_csv(held_out).drop(columns="row").to_csv(held_out.with_name("inputs.csv"), index=False)
    return "inputs.csv"


def test_an_unknown_version_is_not_found(held_out: Path) -> None:
    with pytest.raises(NotFoundError, match="mlflow cannot download models:/nowhere/1"):
        published("mlflow:models:/nowhere/1", held_out, Registry(Memory()))


def test_mlflow_loads_what_is_exported(estimator: Any, held_out: Path, tmp_path: Path) -> None:
    mlflow.sklearn.save_model(estimator, tmp_path / "model", serialization_format="pickle")
    registry = Registry(Memory())
    inputs = held_out.with_name(_without_row(held_out))
    version = published(f"mlflow:{tmp_path / 'model'}", inputs, registry).manifest.version

    folder = export_mlflow(registry, "buys", version, tmp_path / "exported")

    loaded = mlflow.pyfunc.load_model(str(folder))
    np.testing.assert_array_equal(loaded.predict(FRAME), estimator.predict(FRAME))
    np.testing.assert_array_equal(
        mlflow.sklearn.load_model(str(folder)).predict_proba(FRAME), estimator.predict_proba(FRAME)
    )
    assert loaded.metadata.get_input_schema().input_names() == ["a", "b", "c"]
    assert loaded.metadata.metadata["fairlead_version"] == version
    assert loaded.input_example.columns.tolist() == ["a", "b", "c"]
    with pytest.raises(mlflow.MlflowException, match=r"incompatible|missing"):
        loaded.predict(FRAME[["a", "b"]])


EXPORTED: dict[str, Callable[[], Any]] = {
    "LightGBM in a pipeline": lambda: make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=10, verbose=-1)),
    "XGBoost of texts and missing values": lambda: make_pipeline(
        make_column_transformer((OneHotEncoder(sparse_output=False), ["kind"]), remainder="passthrough"),
        XGBRegressor(n_estimators=10),
    ),
    "CatBoost of truth values": lambda: CatBoostClassifier(**CAT),
}


@pytest.mark.parametrize("name", EXPORTED)
def test_a_booster_is_exported_as_a_graph_that_needs_neither_its_library_nor_fairlead(
    name: str, tmp_path: Path
) -> None:
    rows = FRAME.copy()
    labels: Any = LABEL
    if "texts" in name:
        rows = rows.assign(kind=np.where(FRAME.c > 0, "up", "down")).astype({"kind": object})
        rows.loc[::7, "b"], labels = np.nan, FRAME.a * 3
    if "truth" in name:
        labels = LABEL == "yes"
    fitted = EXPORTED[name]().fit(rows, labels)
    registry = Registry(Memory())
    publish(
        fitted, name="buys", X=rows, y=labels, registry=registry, force=True, reason="fitted on these rows", by="me"
    )

    folder = export_mlflow(registry, "buys", 1, tmp_path / "exported")

    program = f"""
import sys
sys.modules.update(dict.fromkeys(("catboost", "fairlead", "lightgbm", "sklearn", "xgboost")))
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model({str(folder)!r})
rows = pd.read_json({str(tmp_path / "rows.json")!r}, orient="split")
pd.Series(model.predict(rows)).to_json({str(tmp_path / "answers.json")!r})
"""
    rows.to_json(tmp_path / "rows.json", orient="split", double_precision=15)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = pd.read_json(tmp_path / "answers.json", typ="series", dtype=False)
    if fitted.__class__.__name__.endswith("Classifier") or "classes_" in dir(fitted):
        assert answers.tolist() == np.asarray(fitted.predict(rows)).tolist()
    else:
        np.testing.assert_allclose(answers, fitted.predict(rows), rtol=1e-5)
    raw = mlflow.pyfunc.load_model(str(folder)).get_raw_model()
    if hasattr(fitted, "predict_proba"):
        np.testing.assert_allclose(raw.predict_proba(rows), fitted.predict_proba(rows), atol=1e-5)
