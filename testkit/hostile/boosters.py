"""Pickles of boosters in which a call, or a value that is no model, replaces a part."""

from collections.abc import Callable
from functools import partial
from typing import Any

from testkit.hostile.forge import CANARY, Call, Named, forge

CAT, LIGHT, EXTREME = (
    "catboost.core.CatBoostClassifier",
    "lightgbm.sklearn.LGBMClassifier",
    "xgboost.sklearn.XGBRegressor",
)
STAND_IN = "fairlead.publishing.boosters.estimators.LGBMRegressor"
TEXT = "tree\nversion=v4\n"


def made(path: str, state: Any) -> Call:
    """Return an object of a class with this state, as protocol 0 writes it."""
    return Call("copyreg._reconstructor", Named(path), Named("builtins.object"), None, state=state)


def act() -> Call:
    """Return a call that shows that it ran."""
    return Call("os.mkdir", CANARY)


def light(**booster: Any) -> Call:
    """Return an LGBMClassifier around a Booster with this state."""
    return made(LIGHT, {"_classes": [0, 1], "_Booster": made("lightgbm.basic.Booster", booster)})


def extreme(handle: Any) -> Call:
    """Return an XGBRegressor around a Booster with this handle."""
    return made(EXTREME, {"_Booster": made("xgboost.core.Booster", {"handle": handle})})


def stand_in(**state: Any) -> Call:
    """Return Fairlead's own LGBMRegressor, not fitted, with this state."""
    return made(STAND_IN, {"parameters": {}, "left_out": [], **state})


THINGS: dict[str, Callable[[], Any]] = {
    "CatBoost's bytes are a call": lambda: made(CAT, {"__model": act()}),
    "CatBoost's bytes are evaluated": lambda: made(
        CAT, {"__model": Call("builtins.eval", f"__import__('os').mkdir({CANARY!r})")}
    ),
    "CatBoost's bytes are encoded by another codec": lambda: made(
        CAT, {"__model": Call("_codecs.encode", "CBM1", "unicode_escape")}
    ),
    "CatBoost's bytes are a path": lambda: made(CAT, {"__model": "/etc/passwd"}),
    "CatBoost's bytes are empty": lambda: made(CAT, {"__model": b""}),
    "CatBoost's state is a call": lambda: made(CAT, act()),
    "CatBoost's state is a list": lambda: made(CAT, [1, 2]),
    "CatBoost's parameter is a call": lambda: made(CAT, {"__model": b"CBM1", "depth": act()}),
    "CatBoost's results are a call": lambda: made(CAT, {"__model": b"CBM1", "_test_evals": [act()]}),
    "CatBoost's loss is a call": lambda: made(CAT, {"__model": b"CBM1", "loss_function": act()}),
    "CatBoost's base class": lambda: made("catboost.core.CatBoost", {"__model": b"CBM1"}),
    "CatBoost loads a path": lambda: Call("catboost.core.CatBoost.load_model", "/etc/passwd"),
    "XGBoost's handle is a call": lambda: extreme(act()),
    "XGBoost's handle is a path": lambda: extreme("/etc/passwd"),
    "XGBoost's handle is empty": lambda: extreme(b""),
    "XGBoost's Booster alone": lambda: made("xgboost.core.Booster", {"handle": b"{}"}),
    "XGBoost's objective is a call": lambda: made(EXTREME, {"objective": act(), "_Booster": None}),
    "LightGBM's text is a call": lambda: light(_handle=act(), best_iteration=0),
    "LightGBM's text is bytes": lambda: light(_handle=TEXT.encode(), best_iteration=0),
    "LightGBM's iterations are a billion": lambda: light(_handle=TEXT, best_iteration=10**9),
    "LightGBM's iterations are a call": lambda: light(_handle=TEXT, best_iteration=act()),
    "LightGBM's Booster is a dictionary": lambda: made(LIGHT, {"_classes": [0, 1], "_Booster": {"_handle": TEXT}}),
    "data that names a file": lambda: stand_in(parameters={"forcedsplits_filename": "/etc/passwd"}),
    "data that names a machine": lambda: stand_in(parameters={"machines": "10.0.0.1"}),
    "data with a model that is text": lambda: stand_in(model=TEXT, iterations=0),
    "data with parameters that are a call": lambda: stand_in(parameters=act()),
}


def _forged(make: Callable[[], Any]) -> bytes:
    return forge(make())


FILES: dict[str, Callable[[], bytes]] = {f"booster: {name}": partial(_forged, make) for name, make in THINGS.items()}
