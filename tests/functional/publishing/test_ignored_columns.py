"""Columns that the model does not use are no inputs: both engines answer without them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, StandardScaler

from fairlead.model.signature import Ignored
from fairlead.publishing.evidence import Folding, cross_validate
from fairlead.publishing.parity.choose_engine import choose_engine
from fairlead.publishing.signature.infer import infer, to_rows
from fairlead.publishing.signature.unused_columns import unused_columns

rng = np.random.default_rng(0)
ROWS = 300
X = pd.DataFrame({"a": rng.normal(size=ROWS), "noise": rng.normal(size=ROWS), "b": rng.normal(size=ROWS)})
X["word"] = rng.choice(["x", "y"], ROWS)
Y = (X.a + X.b + (X.word == "x") + rng.normal(size=ROWS) * 0.3 > 0.5).astype(int)
NUMBERS = X[["a", "noise", "b"]]


LINEAR = LogisticRegression()


def dropping(model: Any = LINEAR) -> Any:
    columns = [("scale", StandardScaler(), ["b", "a"]), ("words", OneHotEncoder(handle_unknown="ignore"), ["word"])]
    return make_pipeline(ColumnTransformer(columns), clone(model))


def check_served(estimator: Any, table: Any, *, engine: str) -> None:
    """Check that the engine answers rows without the ignored columns as the estimator answers the whole table."""
    signature = infer(estimator, table, Y)
    choice = choose_engine(estimator, signature, to_rows(signature, table), demanded=engine)  # type: ignore[arg-type]
    assert choice.engine.name == engine
    assert choice.serving.answer(to_rows(signature, table)).labels == estimator.predict(table).tolist()


@pytest.mark.parametrize(
    "column",
    [
        pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h"),
        np.arange(ROWS) + 2**60,
        [["tag"]] * ROWS,
        rng.normal(size=ROWS),
        [object()] * ROWS,
        pd.to_timedelta(np.arange(ROWS), "s"),
        [complex(1, 2)] * ROWS,
        [b"bytes"] * ROWS,
        [None] * ROWS,
    ],
    ids=["datetime", "64-bit id", "lists", "number", "objects", "timedelta", "complex", "bytes", "missing"],
)
def test_a_column_that_a_column_transformer_drops_is_no_input(column: Any) -> None:
    table = X.assign(unused=column)
    estimator = dropping().fit(table, Y)
    signature = infer(estimator, table, Y, train=table)
    assert [field.name for field in signature.inputs] == ["a", "b", "word"]
    assert signature.ignored == (Ignored("noise", 1), Ignored("unused", 4))


@pytest.mark.parametrize("engine", ["onnx", "sklearn"])
@pytest.mark.parametrize(
    ("estimator", "table"),
    [
        (dropping(), X),
        (dropping(RandomForestClassifier(5, random_state=0)), X),
        (make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression()), NUMBERS),
        (make_pipeline(VarianceThreshold(0.5), LogisticRegression()), NUMBERS.assign(noise=0.01 * X.noise)),
        (make_pipeline(SelectKBest(k=2), RandomForestClassifier(5, random_state=0)), NUMBERS.to_numpy()),
        (make_pipeline(ColumnTransformer([("s", StandardScaler(), [2, 0])]), LogisticRegression()), NUMBERS.to_numpy()),
        (
            make_pipeline(ColumnTransformer([("w", OneHotEncoder(), ["word"])]), LogisticRegression()),
            X,
        ),
        (
            make_pipeline(
                ColumnTransformer([("n", SimpleImputer(), make_column_selector(dtype_include="number"))]),
                SelectKBest(k=2),
                LogisticRegression(),
            ),
            X,
        ),
    ],
    ids=["drops", "forest", "scaled", "variance", "array", "positions", "words only", "nested"],
)
def test_both_engines_answer_without_the_ignored_columns(estimator: Any, table: Any, engine: str) -> None:
    estimator.fit(table, Y)
    ignored = [column.name for column in infer(estimator, table, Y).ignored]
    assert ignored
    check_served(estimator, table, engine=engine)


def test_a_table_may_lack_the_ignored_columns() -> None:
    estimator = dropping().fit(X, Y)
    assert infer(estimator, X.drop(columns="noise"), Y) == infer(estimator, X, Y)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(KNNImputer(), SelectKBest(k=2), LogisticRegression()),
        make_pipeline(Normalizer(), SelectKBest(k=2), LogisticRegression()),
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(1, max_depth=1, random_state=0),
    ],
    ids=["neighbours mix", "norms mix", "no selector", "a forest that splits on one column"],
)
def test_a_column_that_may_influence_an_answer_stays_an_input(estimator: Any) -> None:
    assert unused_columns(estimator.fit(NUMBERS, Y), 3) == frozenset()


@pytest.mark.parametrize(
    "estimator",
    [
        GridSearchCV(dropping(), {"logisticregression__C": [1.0]}, cv=2),
        CalibratedClassifierCV(dropping(), cv=2),
        VotingClassifier([("one", dropping()), ("two", dropping())]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_meta_estimator_uses_the_columns_of_its_pipeline(estimator: Any) -> None:
    assert unused_columns(estimator.fit(X, Y), 4) == {1}
    check_served(estimator, X, engine="sklearn")


def test_a_vote_of_which_one_member_uses_the_column_keeps_it() -> None:
    everything = make_pipeline(ColumnTransformer([("s", StandardScaler(), ["noise", "a"])]), LogisticRegression())
    assert unused_columns(VotingClassifier([("one", dropping()), ("two", everything)]).fit(X, Y), 4) == frozenset()


def test_a_subclass_of_a_selector_is_not_trusted() -> None:
    class Half(SelectKBest):  # type: ignore[misc]  # scikit-learn has no types
        def transform(self, X: Any) -> Any:
            return np.asarray(X)[:, [1, 2]]

    estimator = make_pipeline(Half(k=2), LogisticRegression()).fit(NUMBERS, Y)
    assert unused_columns(estimator, 3) == frozenset()


def test_cross_validation_measures_each_fold_on_the_columns_that_it_chose() -> None:
    """A fold's selector may choose a column that the whole model's did not."""
    estimator = make_pipeline(SelectKBest(k=1), LogisticRegression()).fit(NUMBERS[:20], Y[:20])
    signature = infer(estimator, NUMBERS, Y)
    assert len(signature.ignored) == 2
    folds = cross_validate(estimator, signature, NUMBERS, Y, Folding(folds=3))
    expected = make_pipeline(SelectKBest(k=1), LogisticRegression()).fit(NUMBERS, Y).score(NUMBERS, Y)
    assert np.mean(folds.figures["accuracy"]) == pytest.approx(expected, abs=0.1)
