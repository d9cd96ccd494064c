"""Every kind of booster that must run on onnx, alone and inside scikit-learn's estimators."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

from tests import parity_tables
from tests.parity_tables import Data, diabetes, penguins


@dataclass(frozen=True)
class BoosterCase:
    """An unfitted estimator and the data it is for; `exact` where the library's own class answers the same rows."""

    name: str
    data: Callable[[], Data]
    make: Callable[[], Any]
    exact: bool = True


def lgbm(kind: Any = LGBMClassifier, **settings: Any) -> Any:
    return kind(**{"n_estimators": 12, "min_child_samples": 5, "verbose": -1, **settings})


def xgb(kind: Any = XGBClassifier, **settings: Any) -> Any:
    return kind(**{"n_estimators": 12, "max_depth": 4, **settings})


def cat(kind: Any = CatBoostClassifier, **settings: Any) -> Any:
    fixed = {"iterations": 12, "depth": 4, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return kind(**{**fixed, **settings})


def words(data: Callable[[], Data]) -> Callable[[], Data]:
    """The same rows with classes that are words."""

    def made() -> Data:
        X, y = data()
        return X, np.array(["none", "some", "many"])[np.asarray(y)]

    return made


def truths() -> Data:
    X, y = cancer()
    return X, np.asarray(y) == 1


def coded(data: Callable[[], Data]) -> Callable[[], Data]:
    """The same rows with classes 0, 1, …: XGBoost takes no others."""

    def made() -> Data:
        X, y = data()
        return X, np.unique(np.asarray(y), return_inverse=True)[1]

    return made


def columns(encoder: Any) -> Any:
    numbers, words = make_column_selector(dtype_include="number"), make_column_selector(dtype_exclude="number")
    return make_column_transformer((StandardScaler(), numbers), (encoder, words))


def pandas_categories() -> Data:
    X, y = penguins()
    return X.astype({name: "category" for name in X.columns if X[name].dtype.kind not in "iufb"}), y


def tiny() -> Data:
    """Numbers around LightGBM's zero, and splits at it."""
    chosen = np.random.default_rng(0)
    values = chosen.choice([0.0, -1.0, 1.0, 1e-36, -1e-36, 2e-35, -2e-35], (300, 3))
    return pd.DataFrame(values, columns=list("abc")), (values[:, 0] > 0).astype(int)


def counts() -> Data:
    X, y = diabetes()
    return X, np.round(np.asarray(y))


def words_and_numbers() -> Data:
    """Many words, so that their columns and the numbers beside them are one sparse matrix."""
    chosen = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in range(20)])[chosen.integers(0, 20, 400)]
    frame = pd.DataFrame({"size": np.round(chosen.normal(size=400), 1), "word": words})
    return frame, (np.char.endswith(words, "1") ^ (frame["size"].to_numpy() > 0)).astype(int)


ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
ONE_HOT = OneHotEncoder(handle_unknown="ignore")
cancer, cancer_with_holes, wine = map(
    coded, (parity_tables.cancer, parity_tables.cancer_with_holes, parity_tables.wine)
)
CASES = [
    BoosterCase("LightGBM", parity_tables.cancer, lgbm),
    BoosterCase("LightGBM, missing values", cancer_with_holes, lgbm),
    BoosterCase("LightGBM, missing values as zero", cancer_with_holes, lambda: lgbm(use_missing=False)),
    BoosterCase("LightGBM, zero as missing", parity_tables.digits, lambda: lgbm(zero_as_missing=True, n_estimators=3)),
    BoosterCase("LightGBM, numbers near zero", tiny, lgbm),
    BoosterCase("LightGBM, three classes", parity_tables.wine, lgbm),
    BoosterCase("LightGBM, one against all", wine, lambda: lgbm(objective="multiclassova")),
    BoosterCase("LightGBM forest", cancer, lambda: lgbm(boosting_type="rf", subsample=0.5, subsample_freq=1)),
    BoosterCase("LightGBM dart", diabetes, lambda: lgbm(LGBMRegressor, boosting_type="dart")),
    BoosterCase("LightGBM regressor", diabetes, lambda: lgbm(LGBMRegressor)),
    BoosterCase("LightGBM Poisson", counts, lambda: lgbm(LGBMRegressor, objective="poisson")),
    BoosterCase("LightGBM quantile", diabetes, lambda: lgbm(LGBMRegressor, objective="quantile", alpha=0.8)),
    BoosterCase("LightGBM, pandas categories", pandas_categories, lambda: lgbm(min_child_samples=2), exact=False),
    BoosterCase("LightGBM, codes as categories", penguins, lambda: make_pipeline(
        columns(ORDINAL), lgbm(categorical_feature=[4, 5]))),
    BoosterCase("LightGBM behind one-hot", penguins, lambda: make_pipeline(columns(ONE_HOT), lgbm())),
    BoosterCase("LightGBM calibrated", cancer, lambda: CalibratedClassifierCV(lgbm(n_estimators=5), cv=2)),
    BoosterCase("LightGBM search", cancer, lambda: GridSearchCV(lgbm(), {"num_leaves": [3, 7]}, cv=2)),
    BoosterCase("LightGBM, one against the rest", wine, lambda: OneVsRestClassifier(lgbm(n_estimators=4))),
    BoosterCase("XGBoost", cancer, xgb),
    BoosterCase("XGBoost, missing values", cancer_with_holes, xgb),
    BoosterCase("XGBoost, -1 is missing", cancer_with_holes, lambda: xgb(missing=-1.0)),
    BoosterCase("XGBoost, three classes", wine, xgb),
    BoosterCase("XGBoost forest", cancer, lambda: xgb(XGBRFClassifier)),
    BoosterCase("XGBoost dart", diabetes, lambda: xgb(XGBRegressor, booster="dart", rate_drop=0.3)),
    BoosterCase("XGBoost regressor", diabetes, lambda: xgb(XGBRegressor)),
    BoosterCase("XGBoost by loss", diabetes, lambda: xgb(XGBRegressor, grow_policy="lossguide", max_leaves=9, gamma=2)),
    BoosterCase("XGBoost exact", diabetes, lambda: xgb(XGBRegressor, tree_method="exact", gamma=50.0)),
    BoosterCase("XGBoost Poisson", counts, lambda: xgb(XGBRegressor, objective="count:poisson")),
    BoosterCase("XGBoost, several targets", parity_tables.linnerud, lambda: xgb(XGBRegressor)),
    BoosterCase("XGBoost behind sparse one-hot", coded(penguins), lambda: make_pipeline(
        columns(ONE_HOT), xgb())),
    BoosterCase("XGBoost behind sparse one-hot beside numbers", words_and_numbers, lambda: make_pipeline(
        make_column_transformer((ONE_HOT, ["word"]), remainder="passthrough"), xgb())),
    BoosterCase("XGBoost behind codes", coded(penguins), lambda: make_pipeline(columns(ORDINAL), xgb())),
    BoosterCase("XGBoost, codes as categories", coded(penguins), lambda: make_pipeline(
        columns(ORDINAL), xgb(enable_categorical=True, feature_types=["q"] * 5 + ["c"] * 2))),
    BoosterCase("XGBoost, sets of categories", coded(penguins), lambda: make_pipeline(columns(ORDINAL), xgb(
        enable_categorical=True, max_cat_to_onehot=1, min_child_weight=0, feature_types=["q"] * 5 + ["c"] * 2))),
    BoosterCase("XGBoost calibrated", cancer, lambda: CalibratedClassifierCV(xgb(n_estimators=5), cv=2)),
    BoosterCase("XGBoost, transformed target", counts, lambda: TransformedTargetRegressor(
        xgb(XGBRegressor), func=np.log1p, inverse_func=np.expm1)),
    BoosterCase("CatBoost", cancer, cat),
    BoosterCase("CatBoost, missing values", cancer_with_holes, cat),
    BoosterCase("CatBoost, missing values above all", cancer_with_holes, lambda: cat(nan_mode="Max")),
    BoosterCase("CatBoost, three classes", words(wine), cat),
    BoosterCase("CatBoost, one against all", wine, lambda: cat(loss_function="MultiClassOneVsAll")),
    BoosterCase("CatBoost, true and false", truths, cat),
    BoosterCase("CatBoost by depth", cancer_with_holes, lambda: cat(grow_policy="Depthwise")),
    BoosterCase("CatBoost by loss", wine, lambda: cat(grow_policy="Lossguide", max_leaves=9)),
    BoosterCase("CatBoost ordered", cancer, lambda: cat(boosting_type="Ordered")),
    BoosterCase("CatBoost regressor", diabetes, lambda: cat(CatBoostRegressor)),
    BoosterCase("CatBoost Poisson", counts, lambda: cat(CatBoostRegressor, loss_function="Poisson")),
    BoosterCase("CatBoost quantile", diabetes, lambda: cat(CatBoostRegressor, loss_function="Quantile:alpha=0.8")),
    BoosterCase("CatBoost, several targets", parity_tables.linnerud, lambda: cat(
        CatBoostRegressor, loss_function="MultiRMSE")),
    BoosterCase("CatBoost behind sparse one-hot", penguins, lambda: make_pipeline(columns(ONE_HOT), cat())),
    BoosterCase("CatBoost behind codes", penguins, lambda: make_pipeline(columns(ORDINAL), cat())),
    BoosterCase("CatBoost calibrated", cancer, lambda: CalibratedClassifierCV(cat(iterations=5), cv=2)),
    BoosterCase("CatBoost search", cancer, lambda: GridSearchCV(cat(iterations=5), {"depth": [2, 3]}, cv=2)),
    BoosterCase("voting", wine, lambda: VotingClassifier(
        [("light", lgbm(n_estimators=4)), ("x", xgb(n_estimators=4)), ("cat", cat(iterations=4))], voting="soft")),
    BoosterCase("voting regressor", diabetes, lambda: VotingRegressor(
        [("light", lgbm(LGBMRegressor)), ("x", xgb(XGBRegressor))])),
    BoosterCase("stacking", cancer, lambda: StackingClassifier(
        [("light", lgbm(n_estimators=4)), ("x", xgb(n_estimators=4))], LogisticRegression(), cv=2)),
    BoosterCase("stacking regressor", diabetes, lambda: StackingRegressor(
        [("light", lgbm(LGBMRegressor)), ("x", xgb(XGBRegressor)), ("cat", cat(CatBoostRegressor))], Ridge(), cv=2)),
]  # fmt: skip
BOOSTERS = {case.name: case for case in CASES}
