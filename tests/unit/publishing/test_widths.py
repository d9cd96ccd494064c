"""Columns that an estimator makes of one row are bounded before it is called."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from fairlead.errors import ModelFileError
from fairlead.publishing.input.inputs import PublishInputs
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.input.widths import MOST_COLUMNS, check_width
from fairlead.publishing.prove import ProofOptions, prove

X = np.random.default_rng(0).normal(size=(40, 2))
y = (X[:, 0] > 0).astype(int)


def union() -> FeatureUnion:
    return FeatureUnion([("one", "passthrough"), ("two", "passthrough")]).fit(X)


def scalers() -> FeatureUnion:
    """Fitted on two columns; its scalers are asked for their number of columns only when they are called."""
    return FeatureUnion([("one", StandardScaler()), ("two", "passthrough")]).fit(X)


def columns() -> ColumnTransformer:
    return ColumnTransformer([("one", "passthrough", [0, 1]), ("two", "passthrough", [0, 1])]).fit(X)


def doubled(member: Any, steps: int) -> Pipeline:
    """Return a pipeline of unions, each fitted on two columns, and a model."""
    model = LogisticRegression().fit(X, y)
    return Pipeline([*((f"step{number}", member()) for number in range(steps)), ("model", model)])


def nested(steps: int) -> FeatureUnion:
    """Pipelines in unions in pipelines."""
    inner: Any = union()
    for _ in range(steps):
        inner = FeatureUnion([("one", make_pipeline(union(), inner)), ("two", "passthrough")])
    return inner


def powers(columns: int, degree: int) -> PolynomialFeatures:
    return PolynomialFeatures(degree).fit(np.zeros((1, columns)))


def encoder(categories: int) -> OneHotEncoder:
    """Fitting millions of categories takes long."""
    made = OneHotEncoder().fit([[0.0]])
    made.categories_ = [np.arange(categories)]
    return made


WIDE: dict[str, Callable[[], Any]] = {
    "passthrough twice": lambda: doubled(union, 40),
    "scaled beside itself": lambda: doubled(scalers, 40),
    "nested": lambda: nested(25),
    "in a vote": lambda: _vote(doubled(union, 40)),
    "polynomials": lambda: powers(1_000, 3),
    "polynomials of polynomials": lambda: make_pipeline(powers(30, 3), powers(5_456, 2)),
    "categories": lambda: encoder(MOST_COLUMNS + 1),
}


def _vote(member: Any) -> VotingClassifier:
    vote = VotingClassifier([("one", member)])
    vote.estimators_ = [member]
    return vote


@pytest.mark.parametrize("kind", WIDE)
def test_an_estimator_that_makes_too_many_columns_is_refused_at_once(kind: str) -> None:
    wide = WIDE[kind]()
    began = time.process_time()
    with pytest.raises(ModelFileError, match=r"makes [\d,]+ columns of one row; the limit is 2,097,152") as caught:
        check_width(wide, getattr(wide, "n_features_in_", 2))
    assert caught.value.hint
    assert time.process_time() - began < 2


FINE: dict[str, Callable[[], Any]] = {
    "fifteen unions": lambda: doubled(union, 15),
    "columns": columns,
    "polynomials": lambda: powers(200, 2),
    "categories": lambda: encoder(100_000),
    "scaling": lambda: make_pipeline(StandardScaler()).fit(X),
}


@pytest.mark.parametrize("kind", FINE)
def test_an_estimator_that_makes_fewer_columns_is_taken(kind: str) -> None:
    fine = FINE[kind]()
    check_width(fine, getattr(fine, "n_features_in_", 2))


def test_publish_refuses_it_before_the_first_call() -> None:
    inputs = PublishInputs(estimator=doubled(union, 40), X=to_frame(X), y=None, target="", train=None, train_y=None)
    with pytest.raises(ModelFileError, match="columns of one row"):
        prove(inputs, ProofOptions(), lambda: None, progress=lambda _: None)
