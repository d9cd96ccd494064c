"""Estimators as scikit-learn fits them with its less usual parameters: each has a data form, and answers as before.

`benchmarks.estimator_shapes` fits every class with every parameter; these are what it and users found refused.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn import calibration
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import Birch, BisectingKMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import IterativeImputer
from sklearn.linear_model import (
    ElasticNetCV,
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    SGDOneClassSVM,
)
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor, RadiusNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.random_projection import SparseRandomProjection
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.convert import from_live

rng = np.random.default_rng(0)
ROWS = 60
X = pd.DataFrame(rng.normal(size=(ROWS, 4)), columns=list("abcd"))
HOLED = X.mask(rng.random(X.shape) < 0.1)
SPARSE = sp.csr_matrix(np.where(X > 0, X, 0))
y = (X["a"] + X["b"] > 0).astype(int).to_numpy()
z = (X["a"] + X["b"] ** 2).to_numpy()
CODES = pd.DataFrame({"a": X["a"], "c": pd.Categorical(rng.choice(["x", "y", "z"], ROWS))})
PAIRS = [{"colour": word, "size": index} for index, word in enumerate(["red", "green"] * (ROWS // 2))]
STUMP = DecisionTreeClassifier(max_depth=1)
RARE = OrdinalEncoder(min_frequency=25, handle_unknown="use_encoded_value", unknown_value=-1)
L1_RATIOS: dict[str, Any] = {"solver": "saga", "l1_ratios": [0.1, 0.5], "Cs": 2, "cv": 2, "max_iter": 20}

CASES: dict[str, tuple[Any, Any, Any]] = {
    "categories by dtype": (HistGradientBoostingRegressor(max_iter=2, categorical_features="from_dtype"), CODES, z),
    "categories by name": (HistGradientBoostingRegressor(max_iter=2, categorical_features=["c"]), CODES, z),
    "a part of the rows": (GradientBoostingRegressor(subsample=0.5, n_estimators=2), X, z),
    "a start of its own": (GradientBoostingRegressor(init=LinearRegression(), n_estimators=2), X, z),
    "a start that classifies": (GradientBoostingClassifier(init=STUMP, n_estimators=2), X, y),
    "a start of three classes": (GradientBoostingClassifier(init=STUMP, n_estimators=2), X, np.arange(ROWS) % 3),
    "rows out of the bag": (RandomForestRegressor(10, oob_score=True), X, z),
    "labels out of the bag": (ExtraTreesClassifier(10, bootstrap=True, oob_score=True), X, y),
    "bags of regressors": (BaggingRegressor(oob_score=True), X, z),
    "gamma": (GammaRegressor(), X, np.exp(z)),
    "a path of three dimensions": (ElasticNetCV(l1_ratio=[0.5, 0.9], cv=2, max_iter=50), X, z),
    "paths of four": (LogisticRegressionCV(penalty="elasticnet", **L1_RATIOS), X, y),
    "columns from each other": (make_pipeline(IterativeImputer(max_iter=2), Ridge()), HOLED, z),
    "rare words": (make_pipeline(RARE, STUMP), CODES[["c"]], y),
    "a label for outliers": (RadiusNeighborsClassifier(5.0, outlier_label="most_frequent"), X, np.array(["n", "y"])[y]),
    "neighbours' labels": (LabelSpreading(kernel="knn"), X, y),
    "birch": (Birch(), X, None),
    "dictionaries": (make_pipeline(DictVectorizer(), LogisticRegression()), PAIRS, y),
    "hashed words": (make_pipeline(HashingVectorizer(n_features=16), STUMP), ["a bird", "no bird"] * (ROWS // 2), y),
    "limited memory": (MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=20), X, z),
    "an average machine": (SGDOneClassSVM(average=True), X, None),
    "the most features": (make_pipeline(SelectFromModel(Ridge(), max_features=2), Ridge()), X, z),
    "a full projection": (make_pipeline(SparseRandomProjection(2, density=1.0), Ridge()), X, z),
    "sparse machine": (SVR(), SPARSE, z),
    "sparse machine of one class": (OneClassSVM(), SPARSE, None),
    "neighbours by truth": (KNeighborsClassifier(metric="sokalmichener", algorithm="ball_tree"), X > 0, y),
    "sparse neighbours": (LocalOutlierFactor(novelty=True), SPARSE, None),
    "sparse centres": (BisectingKMeans(2), SPARSE, None),
}


@pytest.mark.parametrize("name", CASES)
def test_an_ordinary_estimator_has_a_data_form_and_answers_as_before(name: str) -> None:
    estimator, rows, targets = CASES[name]
    estimator.fit(rows, targets)
    data = from_live(estimator)
    rebuilt = read(data).estimator
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(estimator, method):
            np.testing.assert_array_equal(getattr(rebuilt, method)(rows), getattr(estimator, method)(rows))
    assert read(from_live(rebuilt)).left_out == read(data).left_out


def test_weights_are_part_of_a_boosting() -> None:
    estimator = HistGradientBoostingClassifier(max_iter=2).fit(X, y, sample_weight=np.ones(ROWS))
    np.testing.assert_array_equal(read(from_live(estimator)).estimator.predict(X), estimator.predict(X))


@pytest.mark.skipif(not hasattr(calibration, "_TemperatureScaling"), reason="came with scikit-learn 1.8")
def test_temperature_scaling() -> None:
    estimator = CalibratedClassifierCV(LinearSVC(), method="temperature", cv=2).fit(X, y)
    np.testing.assert_array_equal(read(from_live(estimator)).estimator.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize(("start", "targets"), [(LinearRegression(), z), (STUMP, y)])
def test_a_start_that_does_not_answer_row_by_row_raises_and_nothing_is_written(start: Any, targets: Any) -> None:
    """The trees add to as many places as there are rows, unchecked."""
    kind = GradientBoostingClassifier if start is STUMP else GradientBoostingRegressor
    estimator = kind(init=start, n_estimators=1).fit(X.to_numpy(), targets)
    first = FunctionTransformer(np.mean, kw_args={"axis": 0, "keepdims": True})
    estimator.init_ = make_pipeline(first, estimator.init_).fit(X.to_numpy()[:1], targets[:1])
    with pytest.raises(ValueError, match="does not answer row by row"):
        read(from_live(estimator)).estimator.predict(X.to_numpy())


def test_function_arguments_are_never_learnt_arrays() -> None:
    classifier = KNeighborsClassifier().fit(X.to_numpy(), y)
    first = FunctionTransformer(np.clip, kw_args={"a_min": classifier._fit_X[0], "a_max": None})
    second = FunctionTransformer(np.clip, kw_args=first.kw_args)
    rebuilt = read(from_live(make_pipeline(first, second, StandardScaler(), classifier))).estimator
    given = [step.kw_args["a_min"] for step in rebuilt[:2]]
    assert given[0] is given[1]
    assert not np.shares_memory(given[0], rebuilt[-1]._fit_X)


def test_only_an_attribute_that_its_class_does_not_make_is_to_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.engines.estimator_data import shapes

    estimator = DummyClassifier().fit(X, y)
    estimator.mine_ = 1
    with pytest.raises(ModelFileError, match="no attribute 'mine_'") as refusal:
        read(from_live(estimator))
    assert refusal.value.hint.startswith("delete it")
    shape = shapes.shape_of("sklearn.dummy.DummyClassifier")
    known = {name: words for name, words in shape.attributes.items() if name != "class_prior_"}
    monkeypatch.setattr(shapes, "shape_of", lambda _: shape._replace(attributes=known))
    with pytest.raises(ModelFileError, match="no attribute 'class_prior_'") as refusal:
        read(from_live(DummyClassifier().fit(X, y)))
    assert (
        refusal.value.hint == "fit it without the parameter that makes this, and report the class with its parameters"
    )
