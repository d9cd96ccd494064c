"""Figures agree with scikit-learn's; intervals cover what they say, however many rows there are."""

import numpy as np
import pytest

from fairlead.gate import metrics
from fairlead.gate.bootstrap import MOST_BLOCKS, Resample, interval, standard_error
from fairlead.gate.evidence import Predicted, Rows
from fairlead.gate.scores import midranks
from fairlead.model.signature import Output

BINARY = Output(task="classification", classes=("no", "yes"), probabilities=True)
TERNARY = Output(task="classification", classes=("a", "b", "c"), probabilities=True)
VALUES = Output(task="regression")


def classified(rows: int, classes: int, *, seed: int = 0) -> tuple[Rows, Predicted]:
    """Rows whose probabilities are informative, with ties."""
    generator = np.random.default_rng(seed)
    target = generator.integers(classes, size=rows).astype(np.int32)
    raw = generator.gamma(1.0, size=(rows, classes))
    raw[np.arange(rows), target] += generator.gamma(1.0, size=rows)
    probabilities = np.round(raw / raw.sum(axis=1, keepdims=True), 2) + 0.01
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = probabilities.argmax(axis=1).astype(np.int32)
    return Rows(count=rows, target=target), Predicted(labels=labels, probabilities=probabilities)


@pytest.mark.parametrize(("output", "classes"), [(BINARY, 2), (TERNARY, 3)])
def test_classification_figures_are_scikit_learns(output: Output, classes: int) -> None:
    from sklearn import metrics as sk

    rows, predicted = classified(300, classes)
    truth, labels, probabilities = rows.target, predicted.labels, predicted.probabilities
    assert probabilities is not None
    scores = probabilities[:, 1] if classes == 2 else probabilities
    one_hot = np.eye(classes)[truth]
    expected = {
        "accuracy": sk.accuracy_score(truth, labels),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, labels),
        "f1": sk.f1_score(truth, labels, average="macro"),
        "roc_auc": sk.roc_auc_score(truth, scores, multi_class="ovr"),
        "log_loss": sk.log_loss(truth, probabilities),
        "brier": sk.brier_score_loss(truth, scores) if classes == 2 else ((probabilities - one_hot) ** 2).sum(1).mean(),
    }
    found = metrics.measure(rows, predicted, output)
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    recalls = sk.recall_score(truth, labels, average=None)
    assert [found[f"recall:{name}"].value for name in output.classes or ()] == pytest.approx(list(recalls))


@pytest.mark.parametrize("targets", [1, 2])
def test_regression_figures_are_scikit_learns(targets: int) -> None:
    from sklearn import metrics as sk

    generator = np.random.default_rng(1)
    truth = generator.normal(1e6, 3.0, size=(400, targets))
    values = truth + generator.normal(0.5, 1.0, size=truth.shape)
    found = metrics.measure(Rows(count=400, target=truth), Predicted(values=values), VALUES)
    expected = {
        "mae": sk.mean_absolute_error(truth, values),
        "rmse": sk.root_mean_squared_error(truth, values),
        "r2": sk.r2_score(truth, values),
        "bias": float((values - truth).mean()),
        "absolute_error_p90": float(np.quantile(np.abs(values - truth), 0.9)),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert all(one.low is not None and one.low <= one.value <= (one.high or 0) for one in found.values())


@pytest.mark.parametrize("rows", [500, 20_000])
def test_the_resampled_spread_is_the_known_one_by_rows_and_by_blocks(rows: int) -> None:
    """The standard error of a mean is known; 20,000 rows are resampled in blocks."""
    values = np.sort(np.random.default_rng(2).exponential(size=rows))  # sorted: blocks must not follow the order
    resample = Resample(rows)
    drawn = resample.total(values) / resample.size()
    assert (rows > MOST_BLOCKS) == (rows == 20_000)
    assert drawn[0] == pytest.approx(values.mean())
    assert standard_error(drawn) == pytest.approx(values.std() / rows**0.5, rel=0.08)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """The AUC of two normal samples a standard deviation apart is Φ(1/√2); 300 samples of 150 rows."""
    truth, generator, covered = 0.7602, np.random.default_rng(3), 0
    for _ in range(300):
        target = (generator.random(150) < 0.4).astype(np.int32)
        positive = 1 / (1 + np.exp(-generator.normal(target, 1.0)))
        answers = Predicted(labels=(positive > 0.5).astype(np.int32), probabilities=np.c_[1 - positive, positive])
        auc = metrics.measure(Rows(count=150, target=target), answers, BINARY)["roc_auc"]
        covered += (auc.low or 0) <= truth <= (auc.high or 1)
    assert 0.92 <= covered / 300 <= 0.98


def test_thirty_right_answers_of_thirty_do_not_prove_perfection() -> None:
    target = np.arange(30, dtype=np.int32) % 2
    found = metrics.measure(Rows(count=30, target=target), Predicted(labels=target), BINARY)
    accuracy, balanced = found["accuracy"], found["balanced_accuracy"]
    assert accuracy.value == balanced.value == 1.0
    assert accuracy.low == pytest.approx(0.886, abs=0.002)
    assert balanced.low == pytest.approx(0.856, abs=0.002)
    assert accuracy.high == balanced.high == 1.0


def test_calibration_error_is_larger_for_overconfident_probabilities() -> None:
    generator = np.random.default_rng(4)
    stated = generator.random(5_000)
    target = (generator.random(5_000) < stated).astype(np.int32)
    bold = np.clip(stated * 2 - 0.5, 0, 1)
    honest, overconfident = (
        metrics.measure(
            Rows(count=5_000, target=target),
            Predicted(labels=(p > 0.5).astype(np.int32), probabilities=np.c_[1 - p, p]),
            BINARY,
        )["calibration_error"]
        for p in (stated, bold)
    )
    assert honest.value < 0.02
    assert (overconfident.low or 0) > 0.08


def test_an_unknown_class_counts_as_wrong_and_a_missing_one_not_at_all() -> None:
    rows = Rows(count=4, target=np.array([0, 0, 1, -1], dtype=np.int32))
    predicted = Predicted(labels=np.array([0, 0, 1, 1], dtype=np.int32))
    found = metrics.measure(rows, predicted, TERNARY)
    assert found["accuracy"].value == 0.75
    assert found["balanced_accuracy"].value == 1.0
    assert "recall:c" not in found


def test_anomaly_detectors_are_measured_against_outlier_and_inlier() -> None:
    rows = Rows(count=4, target=np.array([0, 1, 1, 1], dtype=np.int32))
    found = metrics.measure(rows, Predicted(labels=np.array([0, 1, 1, 0], dtype=np.int32)), Output(task="anomaly"))
    assert found["accuracy"].value == 0.75
    assert found["recall:-1"].value == 1.0


def test_nothing_is_measured_without_a_target() -> None:
    assert metrics.measure(Rows(count=3), Predicted(labels=np.zeros(3, dtype=np.int32)), BINARY) == {}
    assert metrics.measure(Rows(count=3, target=None), Predicted(), Output(task="clustering")) == {}


def test_one_class_alone_has_no_roc_auc() -> None:
    rows, predicted = classified(50, 2)
    found = metrics.measure(Rows(count=50, target=np.zeros(50, dtype=np.int32)), predicted, BINARY)
    assert "roc_auc" not in found
    assert "accuracy" in found
    assert rows.count == 50


def test_equal_values_share_a_rank() -> None:
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_a_figure_that_mostly_does_not_exist_has_no_interval() -> None:
    assert interval(np.array([1.0, np.nan, np.nan, 1.0]), 0.95) is None
