"""Classes, targets and tasks of a signature, and estimators that cannot answer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import (
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from fairlead.errors import DataError, ModelFileError
from fairlead.publishing.signature.infer import infer
from tests.unit.publishing.signature_tables import FRAME, NUMBERS, Y


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.where(FRAME["banded"], 1, 0), (0, 1)),
        (FRAME["banded"].to_numpy(), (False, True)),
        (np.where(FRAME["banded"], 1.0, 2.0), (1.0, 2.0)),
        (FRAME["island"].to_numpy(), ("Biscoe", "Dream", "Torgersen")),
    ],
    ids=["integer", "boolean", "float", "string"],
)
def test_classes_are_json_scalars_in_the_order_of_the_estimator(labels: Any, classes: tuple[Any, ...]) -> None:
    output = infer(LogisticRegression().fit(NUMBERS, labels), NUMBERS, labels).output
    assert output.classes == classes
    assert [type(value) for value in output.classes or ()] == [type(value) for value in classes]


def test_a_classifier_without_probabilities_has_an_output_without_them() -> None:
    assert not infer(SVC().fit(NUMBERS, Y), NUMBERS, Y).output.probabilities
    hard = VotingClassifier([("a", LogisticRegression())], voting="hard").fit(NUMBERS, Y)
    assert not infer(hard, NUMBERS, Y).output.probabilities


def test_labels_of_another_type_are_refused() -> None:
    labels = np.where(FRAME["banded"], 1, 0)
    with pytest.raises(DataError, match="column 'y' has labels the estimator does not know: '"):
        infer(LogisticRegression().fit(NUMBERS, labels), NUMBERS, labels.astype(str), target="y")


def test_truth_values_of_an_estimator_that_knows_numbers_are_refused_with_the_cast() -> None:
    labels = np.where(FRAME["banded"], 1, 0)
    with pytest.raises(DataError, match="does not know: ") as refusal:
        infer(LogisticRegression().fit(NUMBERS, labels), NUMBERS, labels.astype(bool), target="y")
    assert "y.astype(int)" in refusal.value.hint


def test_several_targets_have_names() -> None:
    targets = pd.DataFrame({"price": FRAME["length"], "weight": FRAME["length"] * 2})
    output = infer(RandomForestRegressor(3).fit(NUMBERS, targets), NUMBERS, targets, target="price,weight").output
    assert output.names == ("price", "weight")
    assert infer(LinearRegression().fit(NUMBERS, targets["price"]), NUMBERS, targets["price"]).output.names is None


def test_outlier_detectors_and_clusterings_need_no_target() -> None:
    assert infer(IsolationForest(n_estimators=5).fit(NUMBERS), NUMBERS, None).output.task == "anomaly"
    assert infer(KMeans(2).fit(NUMBERS), NUMBERS, None).output.task == "clustering"


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (RandomForestClassifier(3).fit(NUMBERS, pd.DataFrame({"a": Y, "b": Y})), "a classifier of several targets"),
        (MultiOutputClassifier(LogisticRegression()).fit(NUMBERS, pd.DataFrame({"a": Y, "b": Y})), "several targets"),
        (LogisticRegression(), "the LogisticRegression is not fitted"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "the Pipeline is not fitted"),
        (DBSCAN().fit(NUMBERS), "cannot answer new rows"),
        (StandardScaler().fit(NUMBERS), "not a classifier, regressor"),
        (make_pipeline(StandardScaler()).fit(NUMBERS), "not a classifier, regressor"),
        (LogisticRegression, "is a class"),
        ({"model": LogisticRegression()}, "a dict is not a scikit-learn estimator"),
        ("churn/model.joblib", "'churn/model.joblib' names a file"),
        (BaseEstimator(), "not a classifier, regressor"),
    ],
    ids=str,
)
def test_estimator_that_cannot_predict_is_refused_with_the_reason(estimator: Any, message: str) -> None:
    with pytest.raises(ModelFileError) as refusal:
        infer(estimator, NUMBERS, None)
    assert message in str(refusal.value)
    assert refusal.value.hint


def test_a_lambda_in_a_pipeline_is_refused_with_the_way_forward() -> None:
    estimator = make_pipeline(FunctionTransformer(lambda X: X), LogisticRegression()).fit(NUMBERS, Y)
    with pytest.raises(ModelFileError, match="defined in a notebook") as refusal:
        infer(estimator, NUMBERS, Y)
    assert "--code PACKAGE_DIR" in refusal.value.hint


def test_a_vectorizer_that_opens_files_a_caller_names_is_refused() -> None:
    vectorizer = TfidfVectorizer(vocabulary=["a", "b"]).fit(["a b"])
    vectorizer.input = "filename"
    estimator = make_pipeline(vectorizer, LogisticRegression())
    estimator.named_steps["logisticregression"].fit(np.eye(2), [0, 1])
    with pytest.raises(ModelFileError, match="reads files that a caller names"):
        infer(estimator, pd.Series(["a", "b"]), None)
