"""Our reasons equal those of the package `shap`, column by column, for every kind of trees and for linear models."""

import json
import subprocess
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from fairlead.engines.explanation.linear_shapley import LinearShapley
from fairlead.engines.explanation.tree_shapley import TreeShapley
from fairlead.publishing.explain.linear_arrays import coefficients_of
from fairlead.publishing.explain.tree_arrays import trees_of
from tests.clients.conftest import PROGRAMS, PYTHON

pytestmark = pytest.mark.clients
ROWS = 25
MODELS: dict[str, tuple[Any, Any]] = {
    "tree": (DecisionTreeRegressor(max_depth=6, random_state=0), load_diabetes),
    "forest": (RandomForestClassifier(30, random_state=0), load_wine),
    "extra trees": (ExtraTreesRegressor(30, max_depth=8, random_state=0), load_diabetes),
    "boosting": (GradientBoostingRegressor(n_estimators=30, random_state=0), load_diabetes),
    "boosting, two classes": (GradientBoostingClassifier(n_estimators=30, random_state=0), load_breast_cancer),
    "histograms": (HistGradientBoostingRegressor(max_iter=30, random_state=0), load_diabetes),
    "histograms, two classes": (HistGradientBoostingClassifier(max_iter=30, random_state=0), load_breast_cancer),
    "linear": (LinearRegression(), load_diabetes),
    "logistic": (LogisticRegression(max_iter=10_000), load_breast_cancer),
}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Fit the models, and let `shap` explain them in its own environment."""
    assert PYTHON.exists(), "the clients' environment is not there: run `make test-clients`"
    folder = tmp_path_factory.mktemp("shap")
    paths = {name: str(_saved(folder, name)) for name in MODELS}
    done = subprocess.run(
        [PYTHON, PROGRAMS / "shap_values.py", "", "", json.dumps({"models": paths})],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _saved(folder: Path, name: str) -> Path:
    model, load = MODELS[name]
    X, y = load(return_X_y=True)
    X = X.astype(np.float32).astype(np.float64)  # shap's own trees compare doubles
    path = folder / f"{name}.joblib"
    linear = hasattr(model.fit(X, y), "coef_")
    joblib.dump({"model": model, "rows": X[:ROWS], "background": X, "linear": linear}, path)
    return path


@pytest.mark.parametrize("name", MODELS)
def test_values_equal_those_of_shap(name: str, theirs: dict[str, Any]) -> None:
    model, load = MODELS[name]
    X, _ = load(return_X_y=True)
    X = X.astype(np.float32).astype(np.float64)
    width = X.shape[1]
    trees = trees_of(model)
    values: Any = (
        LinearShapley(coefficients_of(model, lambda: X.mean(axis=0), width), width)
        if trees is None
        else TreeShapley(trees, width)
    )
    expected = np.array(theirs[name]["values"])

    for output in range(len(values.expected)):
        got, _ = values.explain(X[:ROWS], np.full(ROWS, output))
        scale = np.abs(expected[:, :, output]).max()
        assert got == pytest.approx(expected[:, :, output], rel=1e-6, abs=1e-6 * scale)
    assert values.expected == pytest.approx(theirs[name]["expected"][: len(values.expected)], rel=1e-6, abs=1e-6)
