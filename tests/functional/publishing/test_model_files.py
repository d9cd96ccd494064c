"""Model files of every estimator family: read as they were written, whatever wrote them; damaged, never run."""

import contextlib
import os
import pickle
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, LogisticRegressionCV, Ridge, SGDClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC, OneClassSVM

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.convert import from_file, from_live
from fairlead.publishing.signature.infer import infer, to_rows

rng = np.random.default_rng(0)
ROWS = 80
FRAME = pd.DataFrame(
    {
        "island": rng.choice(["Biscoe", "Dream", "Torgersen"], ROWS),
        "length": rng.normal(40, 5, ROWS),
        "mass": rng.normal(4, 1, ROWS),
        "note": rng.choice(["a good bird", "a bad bird", "no bird"], ROWS),
    }
)
HOLED = FRAME.assign(
    island=FRAME["island"].where(rng.random(ROWS) > 0.1), length=FRAME["length"].where(rng.random(ROWS) > 0.1)
)
NUMBERS = FRAME[["length", "mass"]]
LABELS = rng.choice(["Adelie", "Chinstrap", "Gentoo"], ROWS)
BINARY = rng.random(ROWS) < 0.5
VALUES = FRAME["length"] * 2 + rng.normal(size=ROWS)
LOGISTIC = LogisticRegression(max_iter=500)


def columns(encoder: Any = None) -> ColumnTransformer:
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder or OneHotEncoder(handle_unknown="ignore"))
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    every_number = make_column_selector(dtype_include="number")
    return ColumnTransformer([("words", words, ["island"]), ("numbers", numbers, every_number)])


FAMILIES: dict[str, tuple[Any, Any, Any]] = {
    "column pipeline": (make_pipeline(columns(), LOGISTIC), HOLED, LABELS),
    "ordinal": (make_pipeline(columns(OrdinalEncoder()), RandomForestClassifier(5)), HOLED, LABELS),
    "target encoder": (make_pipeline(columns(TargetEncoder(cv=2)), LOGISTIC), HOLED, BINARY),
    "text": (make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LOGISTIC), FRAME["note"], LABELS),
    "text union": (make_pipeline(make_union(TfidfVectorizer(), CountVectorizer()), LOGISTIC), FRAME["note"], BINARY),
    "text naive bayes": (make_pipeline(CountVectorizer(), MultinomialNB()), FRAME["note"], LABELS),
    "boosting with holes": (HistGradientBoostingClassifier(max_iter=5), HOLED[["length", "mass"]], BINARY),
    "boosting with categories": (
        HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype"),
        HOLED[["island", "length"]].astype({"island": "category"}),
        LABELS,
    ),
    "boosting regressor": (HistGradientBoostingRegressor(max_iter=5, loss="absolute_error"), NUMBERS, VALUES),
    "forest": (RandomForestClassifier(10, random_state=np.random.RandomState(0)), NUMBERS, LABELS),
    "extra forest": (ExtraTreesClassifier(10), NUMBERS, BINARY),
    "forest of several outputs": (RandomForestRegressor(5), NUMBERS, np.c_[VALUES, -VALUES]),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=5), NUMBERS, LABELS),
    "gradient boosting regressor": (GradientBoostingRegressor(n_estimators=5, loss="huber"), NUMBERS, VALUES),
    "linear": (LinearRegression(), NUMBERS, VALUES),
    "ridge with splines": (make_pipeline(SplineTransformer(), Ridge()), NUMBERS, VALUES),
    "polynomial": (make_pipeline(PolynomialFeatures(), QuantileTransformer(n_quantiles=10), Ridge()), NUMBERS, VALUES),
    "logistic, integers": (LOGISTIC, NUMBERS, BINARY.astype(int)),
    "logistic cv": (make_pipeline(KBinsDiscretizer(3), LogisticRegressionCV(cv=2, max_iter=500)), NUMBERS, LABELS),
    "sgd": (SGDClassifier(loss="log_loss"), NUMBERS, LABELS),
    "svm": (SVC(), NUMBERS, LABELS),
    "linear svm": (make_pipeline(KNNImputer(), LinearSVC()), HOLED[["length", "mass"]], LABELS),
    "neighbours": (KNeighborsClassifier(algorithm="kd_tree"), NUMBERS, LABELS),
    "neighbours in balls": (KNeighborsClassifier(algorithm="ball_tree", metric="manhattan"), NUMBERS, LABELS),
    "network": (MLPClassifier((5,), max_iter=20), NUMBERS, LABELS),
    "naive bayes": (GaussianNB(), NUMBERS, LABELS),
    "sigmoid calibration": (CalibratedClassifierCV(RandomForestClassifier(5), cv=2), NUMBERS, LABELS),
    "isotonic calibration": (CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2), NUMBERS, LABELS),
    "frozen": (FrozenEstimator(clone(LOGISTIC).fit(NUMBERS, LABELS)), NUMBERS, LABELS),
    "voting": (VotingClassifier([("a", LOGISTIC), ("b", GaussianNB())], voting="soft"), NUMBERS, LABELS),
    "stacking": (StackingClassifier([("a", GaussianNB()), ("b", SVC())], LOGISTIC, cv=2), NUMBERS, LABELS),
    "bagging": (BaggingClassifier(LOGISTIC, 3, max_features=0.5), NUMBERS, LABELS),
    "adaboost": (AdaBoostClassifier(n_estimators=3), NUMBERS, LABELS),
    "gaussian process": (GaussianProcessRegressor(), NUMBERS, VALUES),
    "grid search": (
        GridSearchCV(
            make_pipeline(SelectKBest(k=1), LOGISTIC),
            {"logisticregression__C": [0.1, 1.0]},
            scoring=make_scorer(f1_score, average="macro"),
            cv=StratifiedKFold(2),
        ),
        NUMBERS,
        LABELS,
    ),
    "transformed target": (TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1), NUMBERS, VALUES),
    "built-in function": (make_pipeline(FunctionTransformer(np.log1p), LOGISTIC), NUMBERS.abs(), LABELS),
    "isolation forest": (IsolationForest(n_estimators=10), NUMBERS, None),
    "one class svm": (OneClassSVM(), NUMBERS, None),
    "k-means": (KMeans(2, n_init=1), NUMBERS, None),
    "mixture": (GaussianMixture(2), NUMBERS, None),
    "bare array": (make_pipeline(StandardScaler(), LOGISTIC), NUMBERS.to_numpy(), LABELS),
}


def read_model(path: Path) -> Any:
    """Read a model file as the closed process does, in this one."""
    return read(from_file(path.read_bytes(), path.name)).estimator


FORMATS: dict[str, Callable[[Any, Path], Any]] = {
    "plain": joblib.dump,
    "compress=3": lambda model, path: joblib.dump(model, path, compress=3),
    "gzip": lambda model, path: joblib.dump(model, path, compress=("gzip", 3)),
    "bz2": lambda model, path: joblib.dump(model, path, compress=("bz2", 3)),
    "lzma": lambda model, path: joblib.dump(model, path, compress=("lzma", 1)),
    "xz": lambda model, path: joblib.dump(model, path, compress=("xz", 1)),
    "protocol 0": lambda model, path: joblib.dump(model, path, protocol=0),
    "protocol 2": lambda model, path: joblib.dump(model, path, protocol=2),
    "pickle": lambda model, path: path.write_bytes(pickle.dumps(model)),
    "pickle 5": lambda model, path: path.write_bytes(pickle.dumps(model, 5)),
    "pickle 0": lambda model, path: path.write_bytes(pickle.dumps(model, 0)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_read_from_every_format(family: str, tmp_path: Path) -> None:
    estimator, X, y = FAMILIES[family]
    estimator = clone(estimator).fit(X, y)
    for write in FORMATS.values():
        path = tmp_path / "model.joblib"
        write(estimator, path)
        read = read_model(path)
        np.testing.assert_array_equal(read.predict(X), estimator.predict(X))
        if hasattr(estimator, "predict_proba"):
            np.testing.assert_array_equal(read.predict_proba(X), estimator.predict_proba(X))
    signature = infer(read, X, y)
    assert len(to_rows(signature, X)) == ROWS


SMALL = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(NUMBERS, LABELS)


def _content(name: str, tmp_path: Path) -> bytes:
    path = tmp_path / "model.joblib"
    FORMATS[name](SMALL, path)
    return path.read_bytes()


@pytest.mark.parametrize("written", ["plain", "compress=3", "gzip", "bz2", "lzma", "xz", "pickle", "pickle 0"])
def test_a_file_cut_anywhere_is_refused(written: str, tmp_path: Path) -> None:
    content, path = _content(written, tmp_path), tmp_path / "model.joblib"
    for length in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError) as refusal:
            read_model(path)
        assert refusal.value.hint


class Canary:
    """Something that acts when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    protocol=st.sampled_from([0, 2, 4, 5]),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4),
)
def test_a_damaged_gadget_never_runs(protocol: int, flips: list[tuple[float, int]], tmp_path: Path) -> None:
    model = clone(SMALL)
    model.extra_ = [Canary(tmp_path / "canary"), np.array([Canary(tmp_path / "canary")], dtype=object)]
    path = tmp_path / "model.joblib"
    joblib.dump(model, path, protocol=protocol)
    content = bytearray(path.read_bytes())
    for place, mask in flips:
        content[int(place * len(content))] ^= mask
    path.write_bytes(content)
    with contextlib.suppress(ModelFileError):
        read_model(path)
    assert not (tmp_path / "canary").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_damaged_model_is_refused_or_opened(flips: list[tuple[float, int]], tmp_path: Path) -> None:
    """Any other exception fails the test, and so does a crash or an endless walk through a damaged tree."""
    content = bytearray(_content("plain", tmp_path))
    for place, mask in flips:
        content[int(place * len(content))] ^= mask
    path = tmp_path / "model.joblib"
    path.write_bytes(content)
    with contextlib.suppress(ModelFileError):
        read = read_model(path)
        with contextlib.suppress(Exception):
            read.predict(NUMBERS)


def test_nothing_that_a_file_names_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "innocent.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x80\x02cinnocent\nf\n.")
    with pytest.raises(ModelFileError, match="package innocent"):
        read_model(path)
    assert "innocent" not in sys.modules


@pytest.mark.parametrize("family", FAMILIES)
def test_an_estimator_written_twice_has_the_same_bytes(family: str) -> None:
    estimator, X, y = FAMILIES[family]
    data = from_live(clone(estimator).fit(X, y))
    found = read(data)
    if family == "grid search":  # its scorer is left out, which the second writing cannot know
        assert found.left_out == ("scoring",)
    else:
        assert from_live(found.estimator) == data


def test_a_category_with_a_lone_surrogate_is_named_with_its_place(tmp_path: Path) -> None:
    """GIVEN such text in an encoder's second column, THEN file and estimator are refused by it, never as damaged."""
    table = pd.DataFrame({"zone": [1, 2], "plan": pd.Series(["basic", "x\ud800"], dtype=object)})
    model = make_pipeline(OrdinalEncoder(), LogisticRegression()).fit(table, [0, 1])
    joblib.dump(model, tmp_path / "model.joblib")

    def refused(read_it: Callable[[], bytes]) -> None:
        with pytest.raises(ModelFileError) as error:
            read_it()
        assert r"categories_[1][1] is 'x\ud800' with a lone surrogate" in str(error.value)
        assert error.value.hint == "decode the text as UTF-8 before fitting"

    refused(partial(from_live, model))
    refused(partial(from_file, (tmp_path / "model.joblib").read_bytes(), "model.joblib"))
