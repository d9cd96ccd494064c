"""Interpret inert objects of boosters: from the state of a library's class to the data of `publishing.boosters`."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fairlead.engines.estimator_data.arrays import make_dtype
from fairlead.engines.estimator_data.booster_parameters import SAFE
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.inert_unpickler import InertObject, MalformedError

ESTIMATORS = "fairlead.publishing.boosters.estimators."
ARRAY = "an array of a booster"
PLAIN = (bool, int, float, str, type(None))

State = dict[str, Any]


def lightgbm_state(kind: str, inert: InertObject) -> tuple[str, State]:
    """Return class name and data of an LGBMClassifier or LGBMRegressor."""
    state = _dict(inert.state)
    kept, left_out = _parameters("lightgbm", {**state, **_dict(state.get("_other_params") or {})})
    data: State = {"left_out": _known_objective(left_out), "parameters": kept}
    if state.get("_Booster") is None:  # the template of a stacking, or of another estimator that fits copies
        return ESTIMATORS + kind, data
    booster = _dict(getattr(state["_Booster"], "state", None))
    text = booster.get("_handle", booster.get("handle"))
    if type(text) is not str:
        raise MalformedError("a LightGBM model without its text")
    data["iterations"] = max(0, int(booster.get("best_iteration") or 0))
    data["model"] = _array("<u1", text.encode())
    if state.get("_classes") is not None:
        data["classes_"] = state["_classes"]
    return ESTIMATORS + kind, data


def xgboost_state(kind: str, inert: InertObject) -> tuple[str, State]:
    """Return class name and data of an XGBClassifier, XGBRegressor, or one of their forests."""
    state = _dict(inert.state)
    kept, left_out = _parameters("xgboost", {**state, **_dict(state.get("kwargs") or {}), "kwargs": None})
    data: State = {"left_out": _known_objective(left_out), "parameters": kept}
    if state.get("_Booster") is None:  # the template of a stacking, or of another estimator that fits copies
        return ESTIMATORS + kind, data
    booster = _dict(getattr(state["_Booster"], "state", None))
    data["iterations"] = 0
    data["model"] = _array("<u1", pickled_bytes(booster.get("handle")))
    return ESTIMATORS + kind, data


def catboost_state(kind: str, inert: InertObject) -> tuple[str, State]:
    """Return class name and data of a CatBoostClassifier or CatBoostRegressor: its model has the classes."""
    state = _dict(inert.state)
    kept, left_out = _parameters("catboost", state)
    data: State = {"left_out": _known_objective(left_out), "parameters": kept}
    if "__model" in state:
        data["iterations"] = 0
        data["model"] = _array("<u1", pickled_bytes(state["__model"]))
    return ESTIMATORS + kind, data


def pickled_bytes(value: Any) -> bytes:
    """Return bytes or a bytearray, which protocols below 5 write as a call."""
    if isinstance(value, InertObject) and value.by == "_codecs.encode" and value.arguments[1:] == ("latin1",):
        value = str(value.arguments[0]).encode("latin1")
    if isinstance(value, InertObject) and value.by in ("builtins.bytes", "builtins.bytearray"):
        return pickled_bytes(value.arguments[0]) if value.arguments else b""
    if not isinstance(value, (bytes, bytearray)):
        raise MalformedError(f"a {type(value).__name__} in place of bytes")
    return bytes(value)


def _dict(value: Any) -> State:
    if type(value) is not dict or not all(type(key) is str for key in value):
        raise MalformedError("a booster with a malformed state")
    return value


def _parameters(library: str, state: State) -> tuple[State, list[str]]:
    """Return the parameters that data may hold, and the names of others that were set."""
    names = [name for name in state if not name.startswith("_") and not name.endswith("_")]
    kept = {name: state[name] for name in names if name in SAFE[library] and _plain(state[name])}
    return kept, sorted(name for name in names if name not in kept and state[name] is not None)


def _known_objective(left_out: list[str]) -> list[str]:
    """Return the names; raises ModelFileError where the objective is code: its answers are raw scores."""
    if {"loss_function", "objective"} & set(left_out):
        raise ModelFileError(
            "a booster with an objective of your own has no ONNX form", hint="use a built-in objective"
        )
    return left_out


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_plain(item) for item in value)
    if type(value) is dict:
        return all(_plain(item) for pair in value.items() for item in pair)
    return type(value) in PLAIN or getattr(value, "by", "") == "numpy._core.multiarray.scalar"


class BoosterArray(InertObject):
    """An array of numbers with one dimension, by its dtype code and its bytes."""

    by = ARRAY
    __slots__ = ()


def _array(code: str, content: bytes) -> InertObject:
    """Return the inert object of an array of numbers with one dimension."""
    return BoosterArray(code, content)


def array_parts(inert: InertObject) -> tuple[str, tuple[int, ...], bool, bytes]:
    """Return dtype code, shape, order and bytes of such an object; raises MalformedError where a file made it."""
    if len(inert.arguments) != 2 or type(inert.arguments[1]) is not bytes:
        raise MalformedError("an array with a malformed state")
    code, content = inert.arguments
    return code, (len(content) // make_dtype(code).itemsize,), False, content


REDUCED: dict[str, Callable[[InertObject], tuple[str, State]]] = {
    **{f"lightgbm.sklearn.{name}": partial(lightgbm_state, name) for name in ("LGBMClassifier", "LGBMRegressor")},
    **{f"catboost.core.{name}": partial(catboost_state, name) for name in ("CatBoostClassifier", "CatBoostRegressor")},
    **{
        f"xgboost.sklearn.{name}": partial(xgboost_state, name)
        for name in ("XGBClassifier", "XGBRFClassifier", "XGBRFRegressor", "XGBRegressor")
    },
}
"""Classes of boosters by the name in their pickles."""
