"""Boosters of other libraries: their bytes stay bytes here, and their parameters are known ones."""

from functools import partial

from fairlead.engines.estimator_data.booster_parameters import SAFE
from fairlead.engines.native_state.state import WHOLE, State

ROOM = "fairlead.publishing.boosters.estimators."
CLASSES = {
    "catboost": "CatBoostClassifier CatBoostRegressor",
    "lightgbm": "LGBMClassifier LGBMRegressor",
    "xgboost": "XGBClassifier XGBRFClassifier XGBRFRegressor XGBRegressor",
}
MOST_ITERATIONS = 1_000_000


def check_booster(library: str, booster: State) -> None:
    """Require the model's bytes, parameters that name no file and no code, and classes where the model has none."""
    parameters = booster.get("parameters")
    if type(parameters) is not dict:
        booster.refuse("parameters", "a dictionary", type(parameters).__name__)
    strange = sorted(str(name) for name in parameters if name not in SAFE[library])
    if strange:
        booster.refuse("parameters", "parameters that name no file and no code", strange[0])
    if "model" not in booster:  # not fitted
        return
    model = booster.array("model", (None,), WHOLE)
    if model.dtype.itemsize != 1 or not len(model):
        booster.refuse("model", "the bytes of a model", f"{model.dtype}, {len(model)} of them")
    booster.integer("iterations", 0, MOST_ITERATIONS)
    if booster.owner.endswith("LGBMClassifier") and not len(booster.array("classes_", (None,), "biufUO")):
        booster.refuse("classes_", "at least one class", "none")


CHECKS = {ROOM + name: partial(check_booster, library) for library, names in CLASSES.items() for name in names.split()}
