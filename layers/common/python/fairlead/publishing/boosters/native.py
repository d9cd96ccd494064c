"""The boosters themselves: each library parses a model and answers rows. Only the closed process runs this module."""

import json
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from fairlead.publishing.boosters.written_text import written_text

Rows = Any
"""Shape (rows, features), doubles: an array, or a csr matrix."""


class Native(Protocol):
    """A model in its library's own form."""

    def text(self) -> str:
        """Return the library's own text of the model."""

    def answer(self, rows: Rows, options: dict[str, Any]) -> Any:
        """Return probabilities of a classifier, values of a regressor, shape (rows,) or (rows, targets)."""


class LightGBM:
    """A model of LightGBM, parsed from its text."""

    def __init__(self, model: bytes) -> None:
        import lightgbm

        self._booster = lightgbm.Booster(model_str=model.decode())

    def text(self) -> str:
        """Return `model_to_string` of all iterations."""
        return str(self._booster.model_to_string(num_iteration=-1))

    def answer(self, rows: Rows, options: dict[str, Any]) -> Any:
        """Return the answers of the first `iterations`; of all where that is 0."""
        return self._booster.predict(rows, num_iteration=options["iterations"] or -1, raw_score=bool(options["raw"]))


class XGBoost:
    """A model of XGBoost, parsed from its UBJSON: that of a pickle, or that of a model file."""

    def __init__(self, model: bytes) -> None:
        import xgboost

        self._booster = xgboost.Booster()
        if CONFIGURED in model[:32]:
            self._booster.__setstate__({"handle": bytearray(model)})
        else:
            self._booster.load_model(bytearray(model))
        self._booster.set_param({"device": "cpu", "nthread": 1})

    def text(self) -> str:
        """Return `save_raw` as JSON."""
        return bytes(self._booster.save_raw("json")).decode()

    def answer(self, rows: Rows, options: dict[str, Any]) -> Any:
        """Return the answers up to the best iteration, where training stopped early."""
        best = self._booster.attr("best_iteration")
        return self._booster.inplace_predict(
            rows,
            iteration_range=(0, 0 if best is None else int(best) + 1),
            missing=np.nan if options["missing"] is None else options["missing"],
            validate_features=False,
        )


class CatBoost:
    """A model of CatBoost, parsed from its binary form."""

    def __init__(self, model: bytes) -> None:
        import catboost

        self._model = catboost.CatBoost().load_model(blob=model)

    def text(self) -> str:
        """Return the model as JSON, which CatBoost writes to a path only."""
        return written_text(lambda path: self._model.save_model(path, format="json"))

    def answer(self, rows: Rows, options: dict[str, Any]) -> Any:  # noqa: ARG002 - all trees answer
        """Return the answers that the estimator of the scikit-learn API gives for the model's loss."""
        loss = json.loads(self._model.get_metadata()["params"])["loss_function"]["type"]
        kind = ANSWERS.get(loss, "RawFormulaVal")
        answers = self._model.predict(rows, prediction_type=kind, thread_count=1)
        return answers[:, 1] if kind == "Probability" and answers.shape[1] == 2 else answers


ANSWERS = {
    **dict.fromkeys(("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll"), "Probability"),
    **dict.fromkeys(("Poisson", "Tweedie"), "Exponent"),
}
"""CatBoost's kinds of answers by loss, where they are not raw values."""
CONFIGURED = b"Config"
"""The first member of XGBoost's UBJSON in a pickle."""
LIBRARIES: dict[str, Callable[[bytes], Native]] = {"catboost": CatBoost, "lightgbm": LightGBM, "xgboost": XGBoost}


def as_doubles(answers: Any) -> np.ndarray[Any, Any]:
    """Return answers as an array of doubles in C order."""
    return np.ascontiguousarray(answers, dtype=np.float64)
