"""Pickles of boosters, hostile and damaged: read without their libraries, refused by a reason, never executed."""

import pickle
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.boosters import closed_boosters, estimators
from fairlead.publishing.estimator_files.convert import from_live, from_pickle

LIGHT: dict[str, Any] = {"_handle": "tree\nversion=v4\n", "best_iteration": 3}


class Stub:
    """An object whose pickle has the name of another class."""

    def __init__(self, **state: Any) -> None:
        vars(self).update(state)


def pickled(monkeypatch: pytest.MonkeyPatch, estimator: str, state: Any, booster: Any = LIGHT) -> bytes:
    """A pickle of `lightgbm.sklearn.LGBMClassifier` or another class with this state and this booster's state."""
    library, _, name = estimator.partition(".")
    stubs = []
    outer_module, inner_module = MODULES[library]
    for module, kind in ((f"{library}.{outer_module}", name), (f"{library}.{inner_module}", "Booster")):
        stub = type(kind, (Stub,), {"__module__": module, "__qualname__": kind})
        held = ModuleType(module)
        setattr(held, kind, stub)
        monkeypatch.setitem(sys.modules, module, held)
        stubs.append(stub)
    monkeypatch.setitem(sys.modules, library, ModuleType(library))
    whole, inner = stubs
    if booster is not None:
        state = {**state, "_Booster": inner(**booster)}
    return pickle.dumps(whole(**state), protocol=5)


MODULES = {"catboost": ("core", "model"), "lightgbm": ("sklearn", "basic"), "xgboost": ("sklearn", "core")}


def lightgbm(monkeypatch: pytest.MonkeyPatch, **state: Any) -> Any:
    content = pickled(monkeypatch, "lightgbm.LGBMClassifier", {"_classes": np.array(["no", "yes"]), **state})
    return read(from_pickle(content, "model.pickle")).estimator


def test_a_booster_becomes_data_and_stays_the_same_through_its_own_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    built = lightgbm(monkeypatch, n_estimators=7, class_weight={0: 1.0, 1: 2.0}, _other_params={"verbose": -1})
    assert type(built) is estimators.LGBMClassifier
    assert built.get_params() == {"n_estimators": 7, "class_weight": {0: 1.0, 1: 2.0}, "verbose": -1}
    assert (built.iterations, built.model.tobytes(), built.left_out) == (3, b"tree\nversion=v4\n", [])
    assert built.classes_.tolist() == ["no", "yes"]
    assert from_live(built) == from_live(read(from_live(built)).estimator)


def test_catboost_keeps_the_bytes_of_its_model_and_safe_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"__model": b"CBM1", "depth": 3, "train_dir": "/tmp", "_prediction_values_change": [1.0]}
    content = pickled(monkeypatch, "catboost.CatBoostClassifier", state, booster=None)
    built = read(from_pickle(content, "model.pickle")).estimator
    assert type(built) is estimators.CatBoostClassifier
    assert (built.model.tobytes(), built.get_params(), built.left_out) == (b"CBM1", {"depth": 3}, ["train_dir"])
    assert from_live(built) == from_live(read(from_live(built)).estimator)


@pytest.mark.parametrize(
    ("name", "value"),
    [("forcedsplits_filename", "/etc/passwd"), ("machines", "10.0.0.1"), ("train_dir", "/tmp"), ("callbacks", [1])],
)
def test_parameters_that_name_files_and_machines_are_left_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    built = lightgbm(monkeypatch, n_estimators=7, **{name: value})
    assert (built.get_params(), built.left_out) == ({"n_estimators": 7}, [name])
    with pytest.raises(ModelFileError, match=f"stored without {name}"):
        clone(built)


def test_a_clone_without_the_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    built = lightgbm(monkeypatch)
    monkeypatch.setattr(closed_boosters.importlib.util, "find_spec", lambda _: None)  # type: ignore[attr-defined]
    with pytest.raises(ModelFileError) as refusal:
        clone(built)
    assert refusal.value.hint == "pip install 'fairlead[lightgbm]'"


DAMAGED: dict[str, tuple[str, dict[str, Any], Any]] = {
    "a text that is a number": ("lightgbm.LGBMRegressor", {}, {"_handle": 3}),
    "an empty text": ("lightgbm.LGBMRegressor", {}, {"_handle": ""}),
    "an iteration of text": ("lightgbm.LGBMRegressor", {}, {**LIGHT, "best_iteration": "x"}),
    "a billion iterations": ("lightgbm.LGBMRegressor", {}, {**LIGHT, "best_iteration": 10**9}),
    "no classes": ("lightgbm.LGBMClassifier", {}, LIGHT),
    "classes that are text": ("lightgbm.LGBMClassifier", {"_classes": "no"}, LIGHT),
    "parameters that are a list": ("lightgbm.LGBMClassifier", {"_other_params": [1]}, LIGHT),
    "bytes that are text": ("xgboost.XGBRegressor", {}, {"handle": "text"}),
    "no bytes": ("xgboost.XGBRegressor", {}, {"handle": bytearray()}),
    "a model of CatBoost that is text": ("catboost.CatBoostRegressor", {"__model": "text"}, None),
    "no bytes of CatBoost": ("catboost.CatBoostClassifier", {"__model": b""}, None),
    "a loss of CatBoost that is code": (
        "catboost.CatBoostRegressor",
        {"__model": b"CBM1", "loss_function": print},
        None,
    ),
    "an objective that is code": ("xgboost.XGBRegressor", {"objective": print}, {"handle": bytearray(b"{}")}),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_states_are_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    estimator, state, booster = DAMAGED[name]
    content = pickled(monkeypatch, estimator, state, booster)
    with pytest.raises(ModelFileError) as refusal:
        read(from_pickle(content, "model.pickle"))
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("library", "name"), [("lightgbm", "LGBMRanker"), ("xgboost", "XGBRanker"), ("catboost", "CatBoostRanker")]
)
def test_rankers_are_refused_with_the_way_forward(monkeypatch: pytest.MonkeyPatch, library: str, name: str) -> None:
    with pytest.raises(ModelFileError, match="orders the rows of a group") as refusal:
        from_pickle(pickled(monkeypatch, f"{library}.{name}", {}), "model.pickle")
    assert "regressor" in refusal.value.hint


def test_the_template_of_a_stacking_is_not_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pickled(monkeypatch, "lightgbm.LGBMClassifier", {"n_estimators": 7, "_Booster": None}, booster=None)
    built = read(from_pickle(content, "model.pickle")).estimator
    assert not built.__sklearn_is_fitted__()
    assert not hasattr(built, "n_features_in_")
