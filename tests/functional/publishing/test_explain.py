"""Reasons as publishing extracts them: the exact method for trees and linear models behind encodings, else sampling."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, RidgeClassifier, SGDOneClassSVM
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from fairlead.model import explanation
from fairlead.model.explanation import Reasons
from fairlead.publishing.explain import Extracted, extract
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.graph_runtime import LOCAL
from fairlead.publishing.signature import infer

NUMBERS, WORDS = ["age", "income"], ["plan", "zone"]


def table(rows: int = 240) -> pd.DataFrame:
    chosen = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "age": chosen.uniform(18, 80, rows),
            "plan": chosen.choice(["basic", "plus", "pro"], rows),
            "income": chosen.normal(50, 12, rows),
            "zone": chosen.choice(["a", "b"], rows),
        }
    )
    frame.loc[::11, "income"] = np.nan
    return frame


def target(frame: pd.DataFrame, kind: str) -> Any:
    score = (
        frame["age"] / 40 + (frame["plan"] == "pro") * 1.2 + frame["income"].fillna(40) / 60 - (frame["zone"] == "a")
    )
    if kind == "value":
        return score.to_numpy()
    if kind == "two":
        return np.where(score > score.median(), "yes", "no")
    return pd.qcut(score, 3, labels=["low", "middle", "high"]).astype(str).to_numpy()


def encoded(model: Any, *, scaled: bool = True) -> Any:
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()) if scaled else "passthrough"
    return make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), WORDS), (numbers, NUMBERS)), model
    )


def extracted(estimator: Any, kind: str) -> tuple[Extracted, Reasons, Any]:
    """Extract, write and read the blob, explain ten rows; also their answers."""
    frame = table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(frame, target(frame, kind))
    signature = infer.infer(estimator, frame, target(frame, kind), target="y")
    rows = infer.to_rows(signature, frame)
    choice = choose_engine.choose_engine(estimator, signature, rows[:100])
    found = extract(estimator, choice, held_out=rows, background=rows, runtime=LOCAL)
    assert found.blob is not None
    assert found.explainer is not None
    assert explanation.decode(explanation.encode(found.blob)) == found.blob
    answers = choice.serving.answer(rows[:10])
    return found, found.explainer.explain(rows[:10], answers), answers


@pytest.mark.parametrize(
    ("model", "kind", "method", "scale"),
    [
        (RandomForestClassifier(20, random_state=0), "three", "tree", "probability"),
        (GradientBoostingClassifier(n_estimators=10), "two", "tree", "log-odds"),
        (GradientBoostingClassifier(n_estimators=10, loss="exponential"), "two", "tree", "log-odds"),
        (HistGradientBoostingClassifier(max_iter=10), "three", "tree", "log of the odds"),
        (RandomForestRegressor(20, random_state=0), "value", "tree", "value"),
        (HistGradientBoostingRegressor(max_iter=10, loss="poisson"), "positive", "tree", "logarithm"),
        (LogisticRegression(), "two", "linear", "log-odds"),
        (LogisticRegression(), "three", "linear", "log of the odds"),
        (LinearRegression(), "value", "linear", "value"),
        (PoissonRegressor(), "positive", "linear", "logarithm"),
        (RidgeClassifier(), "three", "linear", "decision function"),
        (KNeighborsClassifier(3), "two", "sampled", "probability"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else str(value),
)
def test_each_family_is_explained_by_its_method(model: Any, kind: str, method: str, scale: str) -> None:
    found, reasons, answers = extracted(encoded(model), "value" if kind == "positive" else kind)

    assert found.facts.method == method, found.facts.reason
    assert reasons.scale.startswith(scale)
    sums = np.array(reasons.bases) + np.array(reasons.contributions).sum(axis=1)
    if scale == "probability":
        chosen = [max(one) for one in answers.probabilities]
        assert sums == pytest.approx(chosen, abs=1e-6)
    elif scale == "value":
        assert sums == pytest.approx(answers.values, abs=1e-6)
    elif scale == "logarithm":
        assert np.exp(sums) == pytest.approx(answers.values, rel=1e-6)
    elif scale == "log-odds":
        assert 1 / (1 + np.exp(-sums)) == pytest.approx([max(one) for one in answers.probabilities], abs=1e-6)
    assert (reasons.errors is not None) == (method == "sampled")


def test_columns_of_an_encoding_are_summed_back_to_the_callers_field() -> None:
    model = LinearRegression()
    found, reasons, _ = extracted(encoded(model), "value")
    frame = table()
    one_hot = pd.get_dummies(frame["plan"]).to_numpy(dtype=float)
    weights = model.coef_[:3]

    expected = one_hot[:10] @ weights - one_hot.mean(axis=0) @ weights
    assert found.facts.method == "linear"
    assert [row[1] for row in reasons.contributions] == pytest.approx(expected.tolist())


def test_categories_of_histogram_boosting_are_explained_exactly() -> None:
    steps = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), WORDS), remainder="passthrough"
    )
    model = HistGradientBoostingClassifier(max_iter=10, categorical_features=[0, 1])
    found, _, _ = extracted(make_pipeline(steps, model), "two")

    assert found.facts.method == "tree", found.facts.reason


def test_coefficients_without_an_intercept_are_sampled() -> None:
    frame = table()[["age"]]
    detector = SGDOneClassSVM(random_state=0).fit(frame)
    signature = infer.infer(detector, frame, None, target="y")
    rows = infer.to_rows(signature, frame)
    choice = choose_engine.choose_engine(detector, signature, rows[:100])
    found = extract(detector, choice, held_out=rows, background=rows, runtime=LOCAL)

    assert (found.facts.method, found.facts.reason) == ("sampled", "no exact method is known for SGDOneClassSVM")


def test_a_step_that_mixes_fields_is_sampled_with_its_reason() -> None:
    numbers = make_pipeline(SimpleImputer(), PCA(2))
    steps = make_column_transformer((OneHotEncoder(), WORDS), (numbers, NUMBERS))
    found, reasons, answers = extracted(make_pipeline(steps, LogisticRegression()), "two")

    assert found.facts.method == "sampled"
    assert found.facts.reason == "PCA mixes several fields in its columns"
    assert reasons.method == "sampled Shapley values, against background rows"  # of the training data, where given
    sums = np.array(reasons.bases) + np.array(reasons.contributions).sum(axis=1)
    assert sums == pytest.approx([max(one) for one in answers.probabilities])


def test_sampled_reasons_are_within_their_standard_errors_of_the_exact_ones() -> None:
    frame = table()
    estimator = encoded(LinearRegression()).fit(frame, target(frame, "value"))
    signature = infer.infer(estimator, frame, target(frame, "value"), target="y")
    rows = infer.to_rows(signature, frame)
    choice = choose_engine.choose_engine(estimator, signature, rows[:100])
    exact = extract(estimator, choice, held_out=rows, background=rows, runtime=LOCAL)
    sampled = extract(None, choice, held_out=rows, background=rows, runtime=LOCAL)
    answers = choice.serving.answer(rows[:10])
    assert exact.explainer is not None
    assert sampled.explainer is not None
    first, second = exact.explainer.explain(rows[:10], answers), sampled.explainer.explain(rows[:10], answers)

    distance = np.abs(np.array(first.contributions) - np.array(second.contributions))
    assert sampled.facts.reason == "the graph is the publisher's own"
    assert np.all(distance <= 4.5 * np.array(second.errors) + 1e-9)
