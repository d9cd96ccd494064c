"""Turn a booster's own file in an MLflow model into a model file: a stand-in around its bytes, which are not parsed."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.input.archive import check_file

KINDS = {
    "catboost": ("catboost", ("CatBoostClassifier", "CatBoostRegressor")),
    "xgboost": ("xgboost.sklearn", ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor")),
}
"""Flavour: module of the class that MLmodel names, and the classes that are served."""


def write_stand_in(flavour: str, described: dict[str, Any], path: Path, folder: Path) -> Path:
    """Write a model file with the bytes of `path` to `folder`; `described` is the flavour's part of MLmodel.

    MLflow keeps no constructor parameters for these flavours, so such a version cannot be refitted. Raises
    ModelFileError for a class that is not served.
    """
    from fairlead.publishing.boosters import estimators

    module, classes = KINDS[flavour]
    named = str(described.get("model_class") or described.get("model_type") or "nothing")
    kind = named.removeprefix(f"{module}.")
    if kind not in classes:
        raise ModelFileError(
            f"the {flavour} model holds {named[:100]}, which is not served",
            hint=f"fit and log one of {', '.join(classes)}",
        )
    check_file(path)
    stand_in = getattr(estimators, kind)()
    stand_in.parameters, stand_in.left_out, stand_in.iterations = {}, ["its parameters"], 0
    stand_in.model = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    written = folder / f"fairlead-{kind}.pickle"
    written.write_bytes(pickle.dumps(stand_in, protocol=5))
    return written
