"""Record small models with their answers, which unit tests read.

`.venv-boosters/bin/python -m tests.boosters.record_boosters`
"""

import json
from pathlib import Path

import numpy as np
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
    models = {
        "lightgbm_binary": LGBMClassifier(**light).fit(X, y, categorical_feature=[2]),
        "lightgbm_poisson": LGBMRegressor(objective="poisson", **light).fit(X, y),
        "xgboost_binary": XGBClassifier(**SETTINGS).fit(X, y),
        "xgboost_three": XGBClassifier(**SETTINGS).fit(X, y + (np.nan_to_num(X[:, 1]) > 0)),
        "xgboost_poisson": XGBRegressor(objective="count:poisson", **SETTINGS).fit(X, y),
    }
    for name, model in models.items():
        light_model = name.startswith("lightgbm")
        text = model.booster_.model_to_string() if light_model else bytes(model.get_booster().save_raw("json")).decode()
        (FOLDER / f"{name}.txt").write_text(text)
        answers = model.predict_proba(X[:60]) if hasattr(model, "classes_") else model.predict(X[:60])
        rows = [[None if np.isnan(value) else value for value in row] for row in X[:60].tolist()]
        (FOLDER / f"{name}.answers.json").write_text(
            json.dumps({"rows": rows, "answers": answers.astype(float).tolist()})
        )


if __name__ == "__main__":
    main()
