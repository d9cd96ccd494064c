"""Model files of boosters: read as data, parsed in the closed process alone, damaged ones refused, published whole."""

import contextlib
import importlib.util
import io
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostClassifier, CatBoostRanker, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRanker, XGBRegressor

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import EngineError, ModelFileError
from fairlead.publishing.boosters import closed_boosters
from fairlead.publishing.estimator_files.convert import from_live, from_pickle
from fairlead.publishing.input.model_file import read_model
from fairlead.publishing.publish import PublishOptions, publish, publish_file
from fairlead.registry.store import Registry
from fairlead.retraining.refit import unfitted
from testkit.memory import Memory

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
FITTED: dict[str, Callable[[], Any]] = {
    "LGBMClassifier": lambda: LGBMClassifier(n_estimators=5, verbose=-1).fit(X, y),
    "LGBMRegressor": lambda: LGBMRegressor(n_estimators=5, verbose=-1).fit(X, y),
    "XGBClassifier": lambda: XGBClassifier(n_estimators=5).fit(X, y),
    "XGBRegressor": lambda: XGBRegressor(n_estimators=5).fit(X, y),
}
CAT: dict[str, Any] = {"iterations": 5, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
FITTED |= {
    "CatBoostClassifier": lambda: CatBoostClassifier(**CAT).fit(X, y),
    "CatBoostRegressor": lambda: CatBoostRegressor(**CAT).fit(X, y),
}
PROBES = ["LGBMClassifier", "XGBClassifier", "CatBoostClassifier"]


def dumped(estimator: Any, *, compress: int = 0) -> bytes:
    file = io.BytesIO()
    joblib.dump(estimator, file, compress=compress)
    return file.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", FITTED)
def test_every_protocol_gives_the_data_of_the_same_booster(name: str, protocol: int) -> None:
    fitted = FITTED[name]()
    built = read(from_pickle(pickle.dumps(fitted, protocol=protocol), "model.pickle")).estimator
    assert np.allclose(built.predict(X), fitted.predict(X), rtol=1e-12, atol=0)
    assert from_live(built) == from_live(read(from_live(built)).estimator)


def test_a_file_is_published_without_its_library_in_this_process(tmp_path: Path) -> None:
    """The command runs from start to end in a fresh interpreter."""
    joblib.dump(make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=5, verbose=-1)).fit(X[::2], y[::2]),
                tmp_path / "model.joblib", compress=3)  # fmt: skip
    X[1::2].assign(target=y[1::2]).to_csv(tmp_path / "rows.csv", index=False)
    program = f"""
import sys
from pathlib import Path
from fairlead.publishing.publish import PublishOptions, publish_file
from fairlead.registry.store import Registry
from testkit.memory import Memory
folder = Path({str(tmp_path)!r})
options = PublishOptions(name="tumour", registry=Registry(Memory()), by="me")
done = publish_file(folder / "model.joblib", options, data=folder / "rows.csv", target=("target",))
print(done.manifest.engine.name, done.manifest.recipe.estimator, done.manifest.parity.label_differences)
assert not {{"catboost", "lightgbm", "xgboost"}} & set(sys.modules), "a booster's package was imported"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["onnx", "sklearn.pipeline.Pipeline", "0"]


def test_publish_from_a_notebook_names_the_librarys_class_and_refits_it() -> None:
    rows: dict[str, Any] = {"X": X[1::2], "y": y[1::2], "train": X[::2], "train_y": y[::2], "cv": 2}
    registry = Registry(Memory())
    fitted = LGBMClassifier(n_estimators=8, verbose=-1).fit(X[::2], y[::2])
    done = publish(fitted, name="tumour", registry=registry, by="me", **rows)
    manifest = done.manifest
    assert (manifest.engine.name, manifest.recipe.estimator) == ("onnx", "lightgbm.sklearn.LGBMClassifier")
    assert manifest.environment["lightgbm"] == lightgbm.__version__
    assert not {"catboost", "xgboost", "xgboost-cpu"} & manifest.environment.keys()
    assert [field.name for field in manifest.signature.inputs][:2] == ["mean_radius", "mean_texture"]
    stored = read(registry.blob(manifest.blobs["estimator"])).estimator
    again = unfitted(stored, manifest).fit([tuple(row) for row in X[::2].to_numpy()], y[::2].tolist())
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_xgboost_is_published_and_cloned() -> None:
    fitted = XGBClassifier(n_estimators=8, max_depth=3).fit(X[::2], y[::2])
    done = publish(fitted, name="tumour", X=X[1::2], y=y[1::2], registry=Registry(Memory()), by="me")
    assert done.manifest.engine.name == "onnx"
    assert [field.name for field in done.manifest.signature.inputs][:2] == ["mean radius", "mean texture"]
    copy = clone(read(from_live(fitted)).estimator)
    assert (type(copy), copy.get_params()["max_depth"]) == (XGBClassifier, 3)


def test_catboost_is_published_and_cloned() -> None:
    labels = np.where(y == 1, "ill", "well")
    fitted = CatBoostClassifier(**CAT).fit(X[::2], labels[::2])
    done = publish(fitted, name="tumour", X=X[1::2], y=labels[1::2], registry=Registry(Memory()), by="me")
    assert (done.manifest.engine.name, done.manifest.recipe.estimator) == ("onnx", "catboost.core.CatBoostClassifier")
    assert done.manifest.signature.output.classes == ("ill", "well")
    copy = clone(read(from_live(fitted)).estimator)
    assert (type(copy), copy.get_params()) == (CatBoostClassifier, CAT)


@pytest.mark.parametrize("kind", [str, float, int])
def test_three_classes_of_catboost_are_its_own(kind: Any) -> None:
    labels = (np.asarray(y) + (X["mean radius"] > 14)).map({0: "0", 1: "1", 2: "2"}).map(kind)
    fitted = CatBoostClassifier(**CAT).fit(X, labels)
    built = read(from_live(fitted)).estimator
    assert built.classes_.tolist() == fitted.classes_.tolist()
    assert [type(one) for one in built.classes_.tolist()] == [kind] * 3
    assert np.array_equal(built.predict_proba(X), fitted.predict_proba(X))
    assert np.array_equal(built.predict(X), fitted.predict(X)[:, 0])


def test_a_text_of_catboost_larger_than_a_pipe_comes_whole() -> None:
    fitted = CatBoostClassifier(**{**CAT, "iterations": 120}).fit(X, y)
    built = read(from_live(fitted)).estimator
    assert len(built._closed.text()) > 4 << 16
    assert len(built.boosting.trees) == 120


def test_early_stopping_ends_at_the_best_iteration() -> None:
    from lightgbm import early_stopping

    noise = np.random.default_rng(0).integers(0, 2, len(y))
    light = LGBMClassifier(n_estimators=60, verbose=-1).fit(
        X, y, eval_set=[(X, noise)], callbacks=[early_stopping(3, verbose=False)]
    )
    extreme = XGBClassifier(n_estimators=60, early_stopping_rounds=3).fit(X, y, eval_set=[(X, noise)], verbose=False)
    for fitted in (light, extreme):
        built = read(from_live(fitted)).estimator
        assert len(built.boosting.trees) < 60
        assert np.allclose(built.predict_proba(X), fitted.predict_proba(X), atol=1e-7)


def own_threshold() -> Any:
    fitted = CatBoostClassifier(**CAT).fit(X, y)
    fitted.set_probability_threshold(0.3)
    return fitted


def native(**settings: Any) -> Any:
    rows = X.assign(kind=np.where(X["mean radius"] > 14, "large", np.where(X["mean texture"] > 19, "rough", "other")))
    return CatBoostClassifier(**CAT, cat_features=["kind"], **settings).fit(rows, y)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "LightGBM ranker": (lambda: LGBMRanker(n_estimators=2, verbose=-1).fit(X, y, group=[len(y)]), "orders the rows"),
    "XGBoost ranker": (lambda: XGBRanker(n_estimators=2).fit(X, y, qid=np.zeros(len(y))), "orders the rows"),
    "the booster alone": (lambda: FITTED["LGBMClassifier"]().booster_, "not a scikit-learn estimator|no data form"),
    "linear trees": (lambda: LGBMRegressor(linear_tree=True, n_estimators=2, verbose=-1).fit(X, y), "linear_tree=True"),
    "linear booster": (lambda: XGBRegressor(booster="gblinear", n_estimators=2).fit(X, y), "booster='gblinear'"),
    "own objective": (
        lambda: LGBMRegressor(objective=squared, n_estimators=2, verbose=-1).fit(X, y),
        "an objective of your own|needs the package tests",
    ),
    "square root": (lambda: LGBMRegressor(reg_sqrt=True, n_estimators=2, verbose=-1).fit(X, y), "sqrt"),
    "vector leaves": (
        lambda: XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree").fit(X, np.c_[y, 1 - y]),
        "multi_output_tree",
    ),
    "CatBoost ranker": (
        lambda: CatBoostRanker(**CAT).fit(X, y, group_id=np.zeros(len(y), dtype=int)),
        "orders the rows",
    ),
    "CatBoost's own threshold": (own_threshold, "a probability threshold of its own"),
    "CatBoost's categories": (lambda: native(one_hot_max_size=10), "cat_features"),
    "CatBoost's counters of categories": (native, "cat_features"),
    "CatBoost's text features": (
        lambda: CatBoostClassifier(**CAT, text_features=["words"]).fit(
            X.assign(words=np.where(y == 1, "the parcel is late", "it was charged twice")), y
        ),
        "text_features has no ONNX form, and only onnx serves CatBoost: use a TfidfVectorizer before it",
    ),
    "CatBoost's loss with uncertainty": (
        lambda: CatBoostRegressor(**CAT, loss_function="RMSEWithUncertainty").fit(X, y),
        "RMSEWithUncertainty",
    ),
    "hinge": (lambda: XGBClassifier(objective="binary:hinge", n_estimators=2).fit(X, y), "binary:hinge"),
}


def squared(actual: Any, predicted: Any) -> tuple[Any, Any]:
    return predicted - actual, np.ones(len(actual))


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_graph_can_answer_for_is_refused_with_the_way_forward(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(ModelFileError, match=reason) as refusal:
        publish(make(), name="tumour", X=X[1::2], y=y[1::2], registry=Registry(Memory()), by="me")
    assert refusal.value.hint or "use " in str(refusal.value)


def test_sklearn_engine_refuses_a_booster() -> None:
    with pytest.raises(EngineError, match="sklearn cannot serve it: no layer has lightgbm"):
        publish(FITTED["LGBMClassifier"](), name="t", X=X, y=y, engine="sklearn", registry=Registry(Memory()), by="me")


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = from_live(FITTED["XGBClassifier"]())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with (
        closed_boosters.closed_boosters(),
        pytest.raises(ModelFileError, match="XGBoost, which is not installed") as error,
    ):
        read(data).estimator.predict(X)
    assert error.value.hint == "pip install 'fairlead[xgboost]'"


def test_a_parameter_that_names_a_file_is_left_out_and_no_clone_is_made() -> None:
    fitted = LGBMRegressor(n_estimators=2, verbose=-1, forcedbins_filename="").fit(X, y)
    built = read(from_live(fitted)).estimator
    assert built.left_out == ["forcedbins_filename"]
    with pytest.raises(ModelFileError, match="without forcedbins_filename"):
        clone(built)


@pytest.mark.parametrize("name", PROBES)
def test_damaged_models_are_refused_or_answered_by_the_closed_process(name: str) -> None:
    """The library may crash on them: the publisher's process continues, and names the model."""
    built, chosen = read(from_live(FITTED[name]())).estimator, random.Random(0)  # noqa: S311 - damage, no secret
    for _ in range(40):
        model = built.model.copy()
        for _ in range(chosen.choice((1, 5, 50))):
            model[chosen.randrange(len(model))] = chosen.randrange(256)
        damaged = read(from_live(built)).estimator
        damaged.model = model
        with contextlib.suppress(ModelFileError, ValueError):
            damaged.predict(X[:20])
    assert built.predict(X[:20]).shape == (20,)


def test_a_model_that_the_library_refuses_is_named_without_the_librarys_stack() -> None:
    damaged = read(from_live(FITTED["XGBClassifier"]())).estimator
    damaged.model = np.frombuffer(b'{"learner": 1}', dtype=np.uint8)
    with pytest.raises(ModelFileError, match=r"^XGBoost cannot read the model: ") as refusal:
        damaged.predict(X)
    assert "Stack trace" not in str(refusal.value)
    assert ".so" not in str(refusal.value)
    assert refusal.value.hint


def test_a_booster_whose_process_ends_is_refused_as_a_model_not_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> Any:
        raise ModelFileError("XGBoost took too much time or memory, or crashed, on this model")

    monkeypatch.setattr(closed_boosters.ClosedBooster, "answer", crash)
    with pytest.raises(ModelFileError, match=r"^XGBoost took too much time or memory, or crashed"):
        publish(FITTED["XGBClassifier"](), name="t", X=X, y=y, registry=Registry(Memory()), by="me")


def test_refusal_of_a_booster_without_a_graph_does_not_advise_the_engine_that_failed() -> None:
    bagged = BaggingClassifier(LGBMClassifier(n_estimators=2, verbose=-1), n_estimators=2).fit(X, y)
    with pytest.raises(EngineError, match="onnx does not serve this model") as refusal:
        publish(bagged, name="t", X=X, y=y, registry=Registry(Memory()), by="me")
    assert "--engine onnx" not in refusal.value.hint


@pytest.mark.parametrize("name", FITTED)
def test_hostile_states_are_refused(name: str) -> None:
    """Names, parameters and bytes that no booster's pickle has."""
    built = read(from_live(FITTED[name]())).estimator
    for attribute, value in (
        ("parameters", {"forcedsplits_filename": "/etc/passwd"}),
        ("parameters", ["n_estimators"]),
        ("model", np.zeros(0, dtype=np.uint8)),
        ("model", np.zeros(4)),
        ("iterations", -1),
        ("iterations", "all"),
    ):
        changed = read(from_live(built)).estimator
        setattr(changed, attribute, value)
        with pytest.raises(ModelFileError):
            read(from_live(changed))


def test_walls_of_the_closed_process_are_those_of_model_files(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(dumped(FITTED["LGBMClassifier"](), compress=3))
    model = read_model(path)
    assert "network" in model.walls
    assert np.array_equal(model.estimator.predict(X), FITTED["LGBMClassifier"]().predict(X))


@pytest.mark.parametrize("kind", [LGBMClassifier, XGBClassifier])
def test_publish_file_gives_pandas_categories_their_codes(tmp_path: Path, kind: Any) -> None:
    chosen = np.random.default_rng(0)
    frame = pd.DataFrame({"kind": chosen.choice(["red", "green", "blue"], 400), "size": chosen.normal(size=400)})
    target = ((frame["kind"] == "red") ^ (frame["size"] > 0)).astype(int)
    settings = {"verbose": -1, "min_child_samples": 5} if kind is LGBMClassifier else {"enable_categorical": True}
    fitted = kind(n_estimators=5, **settings).fit(frame.astype({"kind": "category"})[::2], target[::2])
    joblib.dump(fitted, tmp_path / "model.joblib")
    frame.assign(target=target)[1::2].to_csv(tmp_path / "rows.csv", index=False)
    done = publish_file(
        tmp_path / "model.joblib",
        PublishOptions(name="toys", registry=Registry(Memory()), by="me"),
        data=tmp_path / "rows.csv",
        target=("target",),
    )
    assert done.manifest.engine.name == "onnx"
    assert done.manifest.signature.inputs[0].categories == ("blue", "green", "red")
