"""A refit of the champion's estimator on the stored rows equals a fit on the publisher's own table."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestRegressor, StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.model.manifest import Recipe
from fairlead.model.signature import Signature
from fairlead.publishing.input.training_rows import targets
from fairlead.publishing.recipe import recipe
from fairlead.publishing.signature.infer import infer, to_rows
from fairlead.retraining.refit import Refit, unfitted
from fairlead.retraining.types import RetrainingError
from testkit.gate_cases import model, table

WORDS = [
    "cheap offer now",
    "meeting at noon",
    "win money now",
    "lunch at noon",
    "offer of money",
    "notes of meeting",
] * 5


class PartOfManifest:
    """The parts of a manifest that a refit reads."""

    def __init__(self, estimator: Any, signature: Signature, **arguments: str) -> None:
        made = recipe(estimator)
        self.signature = signature
        self.recipe = Recipe(estimator=made.estimator, parameters=made.parameters, fit_arguments=arguments)


def refit(fitted: Any, X: Any, y: Any, **arguments: str) -> tuple[Refit, Signature]:
    signature = infer(fitted, X, y, target="target")
    manifest: Any = PartOfManifest(fitted, signature, **arguments)
    return unfitted(fitted, manifest), signature


def numbers() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(80, 3))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


CASES: dict[str, Any] = {
    "a frame with categories and holes": lambda: (model("penguins"), *table("penguins")),
    "a frame of numbers, a regressor": lambda: (model("diabetes"), *table("diabetes")),
    "a bare array": lambda: (make_pipeline(StandardScaler(), LogisticRegression()), *numbers()),
    "a column of text": lambda: (
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        pd.Series(WORDS, name="text"),
        np.array([True, False] * 15),
    ),
    "several targets": lambda: (
        Ridge(), pd.DataFrame(numbers()[0], columns=list("abc")), pd.DataFrame(numbers()[0][:, :2], columns=["p", "q"]),
    ),
    "selectors by type": lambda: (
        make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
                (
                    make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
                    make_column_selector(dtype_exclude="number"),
                ),
            ),
            LogisticRegression(),
        ),
        *table("penguins"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_refit_on_kept_rows_equals_the_fit_on_the_publishers_table(case: str) -> None:
    estimator, X, y = CASES[case]()
    fitted = estimator.fit(X, y)
    again, signature = refit(fitted, X, y)
    rows = to_rows(signature, X)

    made = again.fit(rows, targets(signature.output, y, len(rows)))

    assert made is not fitted
    answers, expected = made.predict(X), fitted.predict(X)
    if signature.output.task == "regression":
        np.testing.assert_allclose(answers, expected, rtol=1e-9)
    else:
        assert list(answers) == list(expected)


def test_refitted_estimator_has_the_same_signature() -> None:
    X, y = table("penguins")
    fitted = model("penguins").fit(X, y)
    again, signature = refit(fitted, X, y)
    rows = to_rows(signature, X)

    made = again.fit(rows, list(y))

    assert infer(made, again.frame(rows), again.target(list(y)), target="target") == signature


def inner() -> Any:
    return LogisticRegression().fit(*numbers())


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (lambda: CalibratedClassifierCV(FrozenEstimator(inner())), "FrozenEstimator"),
        (lambda: make_pipeline(StandardScaler(), CalibratedClassifierCV(FrozenEstimator(inner()))), "FrozenEstimator"),
        (lambda: make_pipeline(SelectFromModel(inner(), prefit=True), LogisticRegression()), "SelectFromModel"),
        (lambda: StackingClassifier([("one", inner())], cv="prefit"), "StackingClassifier"),
    ],
)
def test_estimator_that_stays_fitted_through_a_clone_is_refused(estimator: Any, said: str) -> None:
    X, y = numbers()
    fitted = estimator().fit(X, y)
    with pytest.raises(RetrainingError, match=f"{said}.* keeps its fitted state") as caught:
        refit(fitted, X, y)
    assert caught.value.hint


def test_a_clustering_learns_from_no_outcomes() -> None:
    X, _ = numbers()
    with pytest.raises(RetrainingError, match="a clustering model cannot be retrained on outcomes"):
        refit(KMeans(2, n_init=1).fit(X), X, None)


def test_a_selector_that_would_choose_other_columns_is_refused() -> None:
    X, y = table("penguins")
    X = X.dropna().astype({"island": "category", "sex": "category"})
    y = y.loc[X.index]
    fitted = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
            (OneHotEncoder(), make_column_selector(dtype_include="category")),
        ),
        LogisticRegression(),
    ).fit(X, y)
    again, signature = refit(fitted, X, y)

    with pytest.raises(RetrainingError, match="selects other columns than the champion") as caught:
        again.fit(to_rows(signature, X), list(y))

    assert "name the columns" in caught.value.hint


def test_a_fit_that_fails_says_why() -> None:
    X, y = numbers()
    again, signature = refit(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(RetrainingError, match="cannot be fitted on the new rows: ValueError"):
        again.fit(to_rows(signature, X), [1] * len(X))


def test_arguments_of_fit_are_given_again() -> None:
    X, y = numbers()
    again, signature = refit(RandomForestRegressor(5).fit(X, y), X, y, strange="1")
    with pytest.raises(RetrainingError, match="unexpected keyword argument 'strange'"):
        again.fit(to_rows(signature, X), [float(one) for one in y])


def test_the_champion_itself_is_left_as_it_is() -> None:
    X, y = numbers()
    fitted = LogisticRegression().fit(X, y)
    before = fitted.coef_.copy()
    again, signature = refit(fitted, X, y)
    again.fit(to_rows(signature, X), list(1 - y))
    assert np.array_equal(fitted.coef_, before)
    assert clone(fitted).get_params() == fitted.get_params()
