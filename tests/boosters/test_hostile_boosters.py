"""Models of boosters with false trees, sizes or libraries are refused, and the publisher's process continues."""

import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import FairleadError, ModelFileError
from fairlead.publishing.boosters.estimators import CatBoostRegressor
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.publish import publish
from fairlead.registry.store import Registry
from testkit.hostile.forge import CANARY, Call, forge
from testkit.memory import Memory

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
MODELS: dict[str, Callable[[], Any]] = {
    "catboost": lambda: CatBoostClassifier(iterations=3, verbose=0, thread_count=1, allow_writing_files=False),
    "lightgbm": lambda: LGBMClassifier(n_estimators=3, verbose=-1),
    "xgboost": lambda: XGBClassifier(n_estimators=3),
}


def stand_in(library: str) -> Any:
    return read(from_live(MODELS[library]().fit(X, y))).estimator


def extreme(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    """A change of XGBoost's JSON."""

    def changed(_: bytes) -> bytes:
        fitted = XGBClassifier(n_estimators=3).fit(X, y)
        document = json.loads(bytes(fitted.get_booster().save_raw("json")))
        change(document["learner"]["gradient_booster"]["model"])
        return json.dumps(document).encode()

    return changed


def circle(model: dict[str, Any]) -> None:
    model["trees"][0]["left_children"][1] = 0


def billions(model: dict[str, Any]) -> None:
    model["gbtree_model_param"]["num_trees"] = str(10**9)


def far(model: dict[str, Any]) -> None:
    model["trees"][0]["left_children"][0] = 10**9


def column(model: dict[str, Any]) -> None:
    model["trees"][0]["split_indices"][0] = 10**6


def light(old: str, new: str) -> Callable[[bytes], bytes]:
    """A change of the first such line of LightGBM's text."""
    return lambda model: re.sub(old, new, model.decode(), count=1).encode()


LIES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "XGBoost's children in a circle": ("xgboost", extreme(circle)),
    "XGBoost's billion trees": ("xgboost", extreme(billions)),
    "XGBoost's far child": ("xgboost", extreme(far)),
    "XGBoost's unknown column": ("xgboost", extreme(column)),
    "LightGBM's children in a circle": ("lightgbm", light(r"left_child=\S+ \S+", "left_child=1 0")),
    "LightGBM's far child": ("lightgbm", light(r"right_child=\S+", "right_child=1000000000")),
    "LightGBM's billion leaves": ("lightgbm", light(r"num_leaves=\d+", "num_leaves=1000000000")),
    "LightGBM's billion trees a turn": (
        "lightgbm",
        light(r"num_tree_per_iteration=1", "num_tree_per_iteration=10000000"),
    ),
    "LightGBM's unknown column": ("lightgbm", light(r"split_feature=\d+", "split_feature=1000000")),
    "CatBoost's half": ("catboost", lambda model: model[: len(model) // 2]),
    "CatBoost's zeros": ("catboost", lambda model: model[:8] + bytes(len(model) - 8)),
    "CatBoost's own JSON": ("catboost", lambda _: b'{"oblivious_trees": []}'),
    "a pickle in place of CatBoost's bytes": ("catboost", lambda _: forge(Call("os.mkdir", CANARY))),
    "a pickle in place of LightGBM's text": ("lightgbm", lambda _: pickle.dumps({"tree": 1}, 0)),
    "a pickle in place of XGBoost's bytes": ("xgboost", lambda _: forge(Call("os.mkdir", CANARY))),
    "LightGBM's text for XGBoost": ("xgboost", lambda _: bytes(stand_in("lightgbm").model)),
    "XGBoost's bytes for CatBoost": ("catboost", lambda _: bytes(stand_in("xgboost").model)),
}


@pytest.mark.parametrize("name", LIES)
def test_a_model_with_false_contents_is_refused(name: str) -> None:
    library, change = LIES[name]
    lying = stand_in(library)
    lying.model = np.frombuffer(change(lying.model.tobytes()), dtype=np.uint8)
    with pytest.raises(FairleadError) as refusal:
        publish(lying, name="tumour", X=X, y=y, registry=Registry(Memory()), by="me")
    assert refusal.value.hint
    assert not Path(CANARY).exists()


def test_a_regressor_with_a_classifiers_bytes_is_refused() -> None:
    lying = CatBoostRegressor()
    lying.__dict__.update(vars(stand_in("catboost")))
    with pytest.raises(ModelFileError, match="answers classes"):
        publish(lying, name="tumour", X=X, y=y, registry=Registry(Memory()), by="me")
