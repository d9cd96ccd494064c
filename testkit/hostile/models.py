"""Small valid models that hostile files are made from, and rows that they answer."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.svm import SVC

rng = np.random.default_rng(0)
ROWS = 48
NUMBERS = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
CODES = pd.DataFrame({"a": np.arange(ROWS) % 4, "b": np.arange(ROWS) % 3}).astype(float)
ENDLESS = "a" * 64 + "!"
"""A text on which a careless regular expression does not end in useful time."""
TEXTS = pd.Series(["a good bird", "a bad bird", f"no bird at all {ENDLESS}"] * (ROWS // 3), name="note")
LABELS = np.arange(ROWS) % 2
THREE = np.arange(ROWS) % 3


def logistic() -> LogisticRegression:
    """Return new steps for each model, because a pipeline fits its steps in place."""
    return LogisticRegression(max_iter=200)


LEARNERS: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "forest": (lambda: RandomForestClassifier(2, max_depth=3, random_state=0), NUMBERS, LABELS),
    "boosting": (lambda: GradientBoostingClassifier(n_estimators=2, random_state=0), NUMBERS, THREE),
    "histogram": (lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=3), NUMBERS, LABELS),
    "categories": (
        lambda: HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=3, categorical_features=[0, 1]),
        CODES,
        (CODES["a"] % 2 == 0).to_numpy().astype(int),
    ),
    "svm": (SVC, NUMBERS, THREE),
    "kd tree": (lambda: KNeighborsClassifier(algorithm="kd_tree", leaf_size=5), NUMBERS, THREE),
    "ball tree": (lambda: KNeighborsClassifier(algorithm="ball_tree", leaf_size=5), NUMBERS, THREE),
    "brute": (lambda: KNeighborsClassifier(algorithm="brute"), NUMBERS, THREE),
    "one-hot": (lambda: make_pipeline(OneHotEncoder(handle_unknown="ignore"), logistic()), CODES, LABELS),
    "words": (lambda: make_pipeline(CountVectorizer(), logistic()), TEXTS, LABELS),
    "spline": (lambda: make_pipeline(SplineTransformer(n_knots=4), logistic()), NUMBERS, LABELS),
    "clusters": (lambda: KMeans(3, n_init=1, random_state=0), NUMBERS, None),
    "linear": (lambda: make_pipeline(StandardScaler(), logistic()), NUMBERS, LABELS),
    "tfidf": (lambda: make_pipeline(TfidfVectorizer(), logistic()), TEXTS, LABELS),
}
NESTS: dict[str, Callable[[Any], Any]] = {
    "alone": lambda model: model,
    "in a pipeline": lambda model: make_pipeline("passthrough", model),
    "in a calibration": lambda model: CalibratedClassifierCV(FrozenEstimator(model)),
    "in a bag": lambda model: BaggingClassifier(model, 2, random_state=0),
    "in a stack": lambda model: StackingClassifier([("one", model)], logistic(), cv=2),
    "in a vote": lambda model: VotingClassifier([("one", model), ("two", model)], voting="soft"),
}


@cache
def fitted(name: str, nest: str = "alone") -> tuple[Any, Any]:
    """Return a fitted model and its training rows; copy both before changing them."""
    make, X, y = LEARNERS[name]
    model = make()
    if "calibration" in nest:
        model.fit(X, y)
    return NESTS[nest](model).fit(X, y), X


def scaled() -> Any:
    """Return a fitted pipeline over three numbers, which may be given more attributes."""
    return copy.copy(fitted("linear")[0])
