"""Held-out metrics are scikit-learn's, on the answers that will be served."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from fairlead.publishing.metrics import held_out
from fairlead.signature import Output

rng = np.random.default_rng(0)


def answers(**parts: Any) -> Any:
    return SimpleNamespace(**({"labels": None, "probabilities": None, "values": None, "scores": None} | parts))


def answered(width: int, rows: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    probabilities = rng.dirichlet(np.ones(width), rows)
    truth = np.array([rng.choice(width, p=row) for row in probabilities])
    return truth, probabilities.argmax(axis=1), probabilities


@pytest.mark.parametrize("classes", [("no", "yes"), (False, True), (0, 1), ("a", "b", "c")], ids=str)
def test_classification_agrees_with_scikit_learn(classes: tuple[Any, ...]) -> None:
    truth, label, probabilities = answered(len(classes))
    y, labels = [classes[code] for code in truth], [classes[code] for code in label]
    output = Output(task="classification", classes=classes, probabilities=True)
    found = held_out(output, pd.Series(y), answers(labels=labels, probabilities=probabilities.tolist()))
    scores = probabilities if len(classes) > 2 else probabilities[:, 1]
    expected = {
        "accuracy": sk.accuracy_score(truth, label),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, label),
        "f1": sk.f1_score(truth, label, average="macro"),
        "log_loss": sk.log_loss(truth, probabilities),
        "roc_auc": sk.roc_auc_score(truth, scores, multi_class="ovr"),
    }
    assert {name: metric.value for name, metric in found.items()} == pytest.approx(expected)
    assert all(found[name].low < found[name].value < found[name].high for name in ("accuracy", "log_loss"))  # type: ignore[operator]  # both are set


def test_classes_that_the_rows_lack_leave_out_what_is_undefined() -> None:
    output = Output(task="classification", classes=("a", "b", "c"), probabilities=True)
    probabilities = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]]
    found = held_out(output, ["a", "b"], answers(labels=["a", "c"], probabilities=probabilities))
    assert "roc_auc" not in found
    assert found["balanced_accuracy"].value == 0.5


def test_without_probabilities_only_labels_are_judged() -> None:
    found = held_out(Output(task="classification", classes=(0, 1)), [0, 1], answers(labels=[0, 1]))
    assert set(found) == {"accuracy", "balanced_accuracy", "f1"}
    assert found["accuracy"].value == 1.0
    assert found["accuracy"].high == pytest.approx(1.0)


@pytest.mark.parametrize("shape", [(50,), (50, 2)])
def test_regression_agrees_with_scikit_learn(shape: tuple[int, ...]) -> None:
    y, values = rng.normal(size=shape), rng.normal(size=shape)
    found = held_out(Output(task="regression"), y, answers(values=values.tolist()))
    assert {name: metric.value for name, metric in found.items()} == pytest.approx(
        {
            "mae": sk.mean_absolute_error(y, values),
            "rmse": sk.root_mean_squared_error(y, values),
            "r2": sk.r2_score(y, values),
        }
    )


def test_outlier_labels_are_judged_only_in_their_own_words() -> None:
    output = Output(task="anomaly")
    assert held_out(output, [1, -1, 1], answers(labels=[1, -1, -1]))["accuracy"].value == pytest.approx(2 / 3)
    assert held_out(output, ["ok", "bad", "ok"], answers(labels=[1, -1, -1])) == {}


def test_clusters_are_compared_up_to_their_numbering() -> None:
    output = Output(task="clustering")
    assert held_out(output, ["a", "a", "b"], answers(labels=[1, 1, 0]))["adjusted_rand"].value == 1.0
    assert held_out(output, None, answers(labels=[1, 1, 0])) == {}
