"""scikit-learn estimators in place of a booster's own: they answer from the closed process and keep only plain data.

Each has the name of the library's class, so messages and recipes name what the user fitted. A clone is the library's
own class, unfitted.
"""

import importlib
from functools import cached_property
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # noqa: TID253 - imported with a booster only
from sklearn.utils.metaestimators import available_if  # noqa: TID253 - as above

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_trees import Boosting
from fairlead.publishing.boosters.catboost_json import check_features, read_catboost
from fairlead.publishing.boosters.closed_boosters import ClosedBooster, check_installed
from fairlead.publishing.boosters.lightgbm_text import read_lightgbm
from fairlead.publishing.boosters.xgboost_json import read_xgboost

Array = np.ndarray[Any, Any]
SCORES_SINCE = (4, 7)
DATA = ("classes_", "iterations", "left_out", "model", "parameters")
"""Attributes of the data form; all others are read from the model."""


class BoosterEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A booster as data, fitted where it has a `model`.

    `parameters` are its class's constructor parameters, without those in `left_out`, which data must not hold. `model`
    has the library's bytes, `iterations` how many of its iterations answer (0: all).
    """

    library: ClassVar[str] = ""
    module: ClassVar[str] = ""
    parameters: dict[str, Any]
    model: Array
    iterations: int
    left_out: list[str]
    given_sparse = False
    """Whether the steps before it give it sparse matrices, which have no zeros."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's signature
        """Return the constructor parameters of the library's class."""
        return dict(self.parameters)

    def __sklearn_clone__(self) -> Any:
        """Return an unfitted estimator of the library's own class."""
        name = type(self).__name__
        if self.left_out:
            raise ModelFileError(f"the {name} was stored without {', '.join(self.left_out)}")
        check_installed(self.library)
        return getattr(importlib.import_module(self.library), name)(**self.parameters)

    def fit(self, X: Any, y: Any, **arguments: Any) -> Any:
        """Fit an unfitted estimator of the library's own class and return that."""
        return self.__sklearn_clone__().fit(X, y, **arguments)

    def __repr__(self) -> str:
        """Return the class with the parameters that are set."""
        shown = [f"{name}={value!r}" for name, value in sorted(self.parameters.items()) if value is not None]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether it has a model: the template of a stacking has none."""
        return "model" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return the data alone, without what was read from the model."""
        return {name: value for name, value in vars(self).items() if name in DATA}

    @cached_property
    def boosting(self) -> Boosting:
        """The trees, from the library's own text of the model."""
        if self.library == "xgboost":
            return read_xgboost(self._closed.text(), missing=self.parameters.get("missing"))
        if self.library == "catboost":
            check_features(self.parameters)
            return self._of_catboost(read_catboost(self._closed.text()))
        return read_lightgbm(self._closed.text(), iterations=self.iterations)

    def _of_catboost(self, boosting: Boosting) -> Boosting:
        """Return the trees; raises ModelFileError where this class would answer another way by the model's loss."""
        if bool(boosting.classes) != isinstance(self, ClassifierMixin):
            answered = "classes" if boosting.classes else "numbers"
            raise ModelFileError(
                f"the model of this {type(self).__name__} answers {answered}", hint="fit and publish it again"
            )
        return boosting

    @cached_property
    def _closed(self) -> ClosedBooster:
        return ClosedBooster(self.library, self.model.tobytes())

    @property
    def n_features_in_(self) -> int:
        """Number of features."""
        return self.boosting.features

    @property
    def feature_names_in_(self) -> Array:
        """Names of the features; AttributeError for a model fitted on an array."""
        if self.boosting.names is None:
            raise AttributeError("the booster was fitted on an array without names")
        return np.array(self.boosting.names, dtype=object)

    def answers(self, X: Any, *, raw: bool = False) -> Array:
        """Return the library's answers: probabilities or values, shape (rows,) or (rows, targets); `raw` scores."""
        from scipy.sparse import issparse

        self.given_sparse = bool(issparse(X))
        rows = X.tocsr() if self.given_sparse else _matrix(X, self.boosting)
        options = {"iterations": self.iterations, "missing": self.parameters.get("missing"), "raw": int(raw)}
        return self._closed.answer(rows, options)


class BoosterClassifier(ClassifierMixin, BoosterEstimator):  # type: ignore[misc]
    """A classifier; `classes_` in the order of its probabilities."""

    classes_: Array

    def predict_proba(self, X: Any) -> Array:
        """Return probabilities, shape (rows, classes)."""
        answers = self.answers(X)
        return answers if answers.ndim == 2 else np.column_stack([1.0 - answers, answers])

    def predict(self, X: Any) -> Array:
        """Return the class of the first largest probability."""
        labels: Array = np.asarray(self.classes_)[self.predict_proba(X).argmax(axis=1)]
        return labels


class BoosterRegressor(RegressorMixin, BoosterEstimator):  # type: ignore[misc]
    """A regressor."""

    def predict(self, X: Any) -> Array:
        """Return values, shape (rows,) or (rows, targets)."""
        return self.answers(X)


def _has_scores(_: Any) -> bool:
    """Return whether the installed LightGBM's classifier has decision_function, which calibration prefers."""
    return tuple(map(int, version("lightgbm").split(".")[:2])) >= SCORES_SINCE


class LGBMClassifier(BoosterClassifier):
    """`lightgbm.LGBMClassifier`."""

    library, module = "lightgbm", "lightgbm.sklearn"

    @available_if(_has_scores)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Array:
        """Return raw scores, shape (rows,) or (rows, classes)."""
        return self.answers(X, raw=True)


class LGBMRegressor(BoosterRegressor):
    """`lightgbm.LGBMRegressor`."""

    library, module = "lightgbm", "lightgbm.sklearn"


class ClassifierOfText(BoosterClassifier):
    """A classifier whose classes are in the model's text."""

    @property
    def classes_(self) -> Array:  # type: ignore[override]
        """The classes in the order of the probabilities."""
        if not self.boosting.classes:
            raise ModelFileError(f"the model of this {type(self).__name__} answers no classes", hint="fit it again")
        return np.array(self.boosting.classes)


class XGBClassifier(ClassifierOfText):
    """`xgboost.XGBClassifier`."""

    library, module = "xgboost", "xgboost.sklearn"


class XGBRegressor(BoosterRegressor):
    """`xgboost.XGBRegressor`."""

    library, module = "xgboost", "xgboost.sklearn"


class XGBRFClassifier(ClassifierOfText):
    """`xgboost.XGBRFClassifier`."""

    library, module = "xgboost", "xgboost.sklearn"


class XGBRFRegressor(BoosterRegressor):
    """`xgboost.XGBRFRegressor`."""

    library, module = "xgboost", "xgboost.sklearn"


class CatBoostClassifier(ClassifierOfText):
    """`catboost.CatBoostClassifier`."""

    library, module = "catboost", "catboost.core"


class CatBoostRegressor(BoosterRegressor):
    """`catboost.CatBoostRegressor`."""

    library, module = "catboost", "catboost.core"


def _matrix(X: Any, boosting: Boosting) -> Array:
    """Return rows as doubles, categories as their codes, NaN for missing and unknown ones."""
    if not boosting.categories:
        return np.asarray(X, dtype=np.float64)
    columns = X.to_numpy(dtype=object) if hasattr(X, "to_numpy") else np.asarray(X, dtype=object)
    coded = columns.copy()
    for place, known in boosting.categories.items():
        codes = {value: float(code) for code, value in enumerate(known)}
        coded[:, place] = [codes.get(value, np.nan) for value in columns[:, place]]
    return coded.astype(np.float64)
