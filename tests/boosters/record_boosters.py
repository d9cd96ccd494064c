"""Record small models with their answers, which unit tests read.

`.venv-boosters/bin/python -m tests.boosters.record_boosters`
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from xgboost import XGBClassifier, XGBRegressor

FOLDER = Path(__file__).parents[1] / "unit/publishing/recorded_boosters"
SETTINGS = {"n_estimators": 4, "max_depth": 3, "random_state": 0}


def main() -> None:
    """Write a model's text, rows with missing values and categories, and the library's answers."""
    chosen = np.random.default_rng(0)
    X = np.column_stack([chosen.normal(size=(240, 2)), chosen.integers(0, 6, 240)]).round(3)
    X[chosen.random(X.shape) < 0.1] = np.nan
    y = (np.nan_to_num(X[:, 0]) + (X[:, 2] % 2 == 0) > 0.4).astype(int)
    light = {**SETTINGS, "verbose": -1, "min_child_samples": 5}
    symmetric = {**SETTINGS, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
    three = y + (np.nan_to_num(X[:, 1]) > 0)
    models = {
        "lightgbm_binary": LGBMClassifier(**light).fit(X, y, categorical_feature=[2]),
        "lightgbm_poisson": LGBMRegressor(objective="poisson", **light).fit(X, y),
        "catboost_binary": CatBoostClassifier(**symmetric).fit(X, y),
        "catboost_three": CatBoostClassifier(grow_policy="Lossguide", **symmetric).fit(X, three),
        "catboost_poisson": CatBoostRegressor(loss_function="Poisson", **symmetric).fit(X, y),
        "xgboost_binary": XGBClassifier(**SETTINGS).fit(X, y),
        "xgboost_three": XGBClassifier(**SETTINGS).fit(X, three),
        "xgboost_poisson": XGBRegressor(objective="count:poisson", **SETTINGS).fit(X, y),
    }
    for name, model in models.items():
        (FOLDER / f"{name}.txt").write_text(text_of(name, model))
        answers = model.predict_proba(X[:60]) if hasattr(model, "predict_proba") else model.predict(X[:60])
        rows = [[None if np.isnan(value) else value for value in row] for row in X[:60].tolist()]
        (FOLDER / f"{name}.answers.json").write_text(
            json.dumps({"rows": rows, "answers": answers.astype(float).tolist()})
        )


def text_of(name: str, model: Any) -> str:
    """Return the library's own text of a model."""
    if name.startswith("lightgbm"):
        return str(model.booster_.model_to_string())
    if name.startswith("xgboost"):
        return bytes(model.get_booster().save_raw("json")).decode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        return json.dumps(_needed(json.loads(path.read_text()))) + "\n"


def _needed(document: dict[str, Any]) -> dict[str, Any]:
    """Return CatBoost's JSON without its parameters and its origin."""
    info = document["model_info"]
    kept = {"params": {"loss_function": info["params"]["loss_function"]}, "class_params": info.get("class_params", {})}
    return document | {"model_info": kept}


if __name__ == "__main__":
    main()
