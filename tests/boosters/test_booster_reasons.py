"""Reasons of boosters: equal to the library's own where they are exact, else sampled with the reason."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor, Pool
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

from fairlead.engines.estimator_data.reader import read
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.explain import extract
from fairlead.publishing.input.frames import with_model_names
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.graph_runtime import LOCAL
from fairlead.publishing.signature import infer

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.where(np.random.default_rng(0).random(X.shape) > 0.05)
VALUE = X["mean area"].fillna(500.0).round() + 1
CAT: dict[str, Any] = {"iterations": 6, "depth": 2, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
LIGHT: dict[str, Any] = {"n_estimators": 6, "verbose": -1}


def lights(fitted: Any) -> Any:
    return fitted.predict(X[:10], pred_contrib=True)[:, :-1]


def cats(fitted: Any) -> Any:
    return fitted.get_feature_importance(Pool(X[:10]), type="ShapValues", shap_calc_type="Regular")[:, :-1]


EXACT: dict[str, tuple[Callable[[], Any], Any, Callable[[Any], Any]]] = {
    "LightGBM classifier": (lambda: LGBMClassifier(**LIGHT), y, lights),
    "LightGBM regressor": (lambda: LGBMRegressor(**LIGHT), VALUE, lights),
    "LightGBM Poisson": (lambda: LGBMRegressor(objective="poisson", **LIGHT), VALUE, lights),
    "CatBoost classifier": (lambda: CatBoostClassifier(grow_policy="Depthwise", **CAT), y, cats),
    "CatBoost of six levels": (lambda: CatBoostClassifier(**{**CAT, "depth": 6}), y, cats),
    "CatBoost regressor": (lambda: CatBoostRegressor(**CAT), VALUE, cats),
}
THREE = np.asarray(y) + (X["mean radius"].fillna(0.0) > 14).to_numpy()
SAMPLED: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "XGBoost": (lambda: XGBClassifier(n_estimators=4), y, "single precision"),
    "LightGBM, zero as missing": (lambda: LGBMClassifier(zero_as_missing=True, **LIGHT), y, "zeros as missing"),
    "LightGBM, one against all": (lambda: LGBMClassifier(objective="multiclassova", **LIGHT), THREE, "sigmoids"),
}


def explained(fitted: Any, target: Any) -> tuple[Any, Any]:
    """The extracted explanation and the reasons of ten rows."""
    built = read(from_live(fitted)).estimator
    frame = with_model_names(built, X)
    signature = infer.infer(built, frame, np.asarray(target), target="y")
    rows = infer.to_rows(signature, frame)
    choice = choose_engine.choose_engine(built, signature, rows[:100])
    found = extract(built, choice, held_out=rows, background=rows, runtime=LOCAL)
    return found, found.explainer.explain(rows[:10], choice.serving.answer(rows[:10])) if found.explainer else None


@pytest.mark.parametrize("name", EXACT)
def test_reasons_are_those_of_the_library(name: str) -> None:
    make, target, theirs = EXACT[name]
    fitted = make().fit(X, target)
    found, reasons = explained(fitted, target)
    assert (found.facts.method, found.facts.reason) == ("tree", "")
    expected = theirs(fitted)
    if hasattr(fitted, "predict_proba"):  # ours are of the answered class
        expected = expected * np.where(fitted.predict(X[:10]) == 1, 1.0, -1.0)[:, None]
    np.testing.assert_allclose(np.array(reasons.contributions), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", SAMPLED)
def test_other_boosters_are_sampled_with_the_reason(name: str) -> None:
    make, target, reason = SAMPLED[name]
    found, _ = explained(make().fit(X, target), target)
    assert found.facts.method == "sampled"
    assert reason in found.facts.reason
