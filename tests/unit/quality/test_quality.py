"""Quality from counters: the same figures as scikit-learn's from the rows, whatever batches and slots they came in."""

import itertools
import random
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from fairlead.feedback.ledger import Outcome, Pair
from fairlead.model.signature import Output
from fairlead.quality import figures, pair_error, tally
from fairlead.quality.metrics import design_effect, total
from fairlead.telemetry.capture import Part

NOON = 1_790_000_000_000
CLASSES = Output(task="classification", classes=("a", "b", "c"), probabilities=True)
VALUES = Output(task="regression")
TARGETS = Output(task="regression", names=("x", "y"))


def pair(
    actual: Any, *, request: str = "r", caller: str = "c", at: int = NOON, later: int = 60_000, **columns: Any
) -> Pair:
    """A prediction of one row and its outcome."""
    answers: Any = {name: [value] for name, value in columns.items()}
    part = Part(
        request=request, at=at, model="m", version=1, release="2", digest="d", caller=caller, first=0, of=1,
        fields=(), rows=[[]], **answers,
    )  # fmt: skip
    return Pair(part=part, position=0, outcome=Outcome(request=request, row=0, actual=actual, at=at + later, by="ada"))


def classified(rows: int, seed: int = 0) -> list[Pair]:
    """Answers of a so-so classifier of three unequal classes, by many callers over many hours."""
    dice = np.random.default_rng(seed)
    truth = dice.choice(3, rows, p=[0.6, 0.3, 0.1])
    shares = dice.dirichlet([1, 1, 1], rows) * 0.5 + 0.5 * np.eye(3)[truth]
    wrong = dice.random(rows) < 0.2
    shares[wrong] = shares[wrong][:, [1, 2, 0]]
    return [
        pair(
            "abc"[actual], request=f"r{n}", caller=f"c{n % 40}", at=NOON + n * 60_000,
            labels="abc"[int(np.argmax(some))], probabilities=some.tolist(),
        )
        for n, (actual, some) in enumerate(zip(truth, shares, strict=True))
    ]  # fmt: skip


def batched(output: Output, pairs: list[Pair]) -> dict[int, dict[str, float]]:
    """Counters of batches in another order, added up as the ledger does."""
    shuffled = random.Random(1).sample(pairs, len(pairs))  # noqa: S311 - a test's dice
    slots: dict[int, dict[str, float]] = {}
    for batch in itertools.batched(shuffled, 37, strict=False):
        for slot, counts in tally(output, batch).items():
            into = slots.setdefault(slot, {})
            for name, amount in counts.items():
                into[name] = into.get(name, 0) + amount
    return slots


def test_classification_agrees_with_scikit_learn_on_the_same_rows() -> None:
    pairs = classified(900)
    truth, answered = [p.outcome.actual for p in pairs], [p.column("labels") for p in pairs]
    shares = np.array([p.column("probabilities") for p in pairs])
    found = figures(CLASSES, batched(CLASSES, pairs))
    expected = {
        "accuracy": metrics.accuracy_score(truth, answered),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, answered),
        "f1": metrics.f1_score(truth, answered, average="macro"),
        "log_loss": metrics.log_loss(truth, shares, labels=["a", "b", "c"]),
        "brier": metrics.brier_score_loss(truth, shares, labels=["a", "b", "c"]),
        **{f"recall:{name}": metrics.recall_score(truth, answered, labels=[name], average="macro") for name in "abc"},
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, rel=1e-9)


def test_two_classes_have_the_binary_brier_score() -> None:
    output = Output(task="classification", classes=(False, True), probabilities=True)
    dice = np.random.default_rng(3)
    stated = dice.random(200)
    truth = dice.random(200) < stated
    pairs = [
        pair(bool(t), request=f"r{n}", labels=bool(s > 0.5), probabilities=[1 - s, s])
        for n, (t, s) in enumerate(zip(truth.tolist(), stated.tolist(), strict=True))
    ]
    found = figures(output, tally(output, pairs))
    assert found["brier"].value == pytest.approx(metrics.brier_score_loss(truth, stated), rel=1e-9)


def test_regression_agrees_with_scikit_learn_on_the_same_rows() -> None:
    dice = np.random.default_rng(5)
    truth, answered = dice.normal(100, 15, 700), dice.normal(0, 5, 700)
    answered += truth
    pairs = [
        pair(float(t), request=f"r{n}", caller=f"c{n % 9}", at=NOON + n * 60_000, values=float(v))
        for n, (t, v) in enumerate(zip(truth, answered, strict=True))
    ]
    found = figures(VALUES, batched(VALUES, pairs))
    expected = {
        "mae": metrics.mean_absolute_error(truth, answered),
        "rmse": metrics.root_mean_squared_error(truth, answered),
        "r2": metrics.r2_score(truth, answered),
        "bias": float(np.mean(answered - truth)),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, rel=1e-8)


def test_several_targets_are_averaged_as_scikit_learn_does() -> None:
    dice = np.random.default_rng(6)
    truth = dice.normal(0, 3, (300, 2))
    answered = truth + dice.normal(0, 1, (300, 2))
    pairs = [
        pair({"x": float(t[0]), "y": float(t[1])}, request=f"r{n}", values=v.tolist())
        for n, (t, v) in enumerate(zip(truth, answered, strict=True))
    ]
    found = figures(TARGETS, tally(TARGETS, pairs))
    assert found["mae"].value == pytest.approx(metrics.mean_absolute_error(truth, answered))
    assert found["r2"].value == pytest.approx(metrics.r2_score(truth, answered))


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    everything = figures(CLASSES, tally(CLASSES, classified(20_000, seed=99)))
    covered = dict.fromkeys(("accuracy", "balanced_accuracy", "f1", "log_loss", "brier"), 0)
    for seed in range(80):
        found = figures(CLASSES, tally(CLASSES, classified(250, seed=seed)))
        for name in covered:
            low, high = found[name].low, found[name].high
            assert low is not None
            assert high is not None
            covered[name] += low <= everything[name].value <= high
    assert all(0.88 <= hits / 80 <= 1 for hits in covered.values()), covered


def test_alike_rows_of_few_callers_widen_the_intervals() -> None:
    dice = np.random.default_rng(8)
    alike = [
        pair("a", request=f"r{caller}-{n}", caller=f"caller {caller}", labels="a" if right else "b")
        for caller, right in enumerate(dice.random(24) < 0.7)
        for n in range(50)
    ]
    apart = [
        pair("a", request=f"r{n}", caller=f"c{n}", labels="a" if right else "b")
        for n, right in enumerate(dice.random(1200) < 0.7)
    ]
    output = Output(task="classification", classes=("a", "b"))
    widths = []
    for pairs in (alike, apart):
        accuracy = figures(output, tally(output, pairs))["accuracy"]
        widths.append((accuracy.high or 0) - (accuracy.low or 0))
    assert design_effect(tally(output, alike)) > 10
    assert widths[0] > 2.5 * widths[1]


@pytest.mark.parametrize(
    ("output", "actual", "fit"),
    [
        (CLASSES, "a", True),
        (CLASSES, "z", False),
        (CLASSES, 1, False),
        (Output(task="classification", classes=(0, 1)), 1, True),
        (Output(task="classification", classes=(0, 1)), 1.0, True),
        (Output(task="classification", classes=(0, 1)), True, False),
        (Output(task="classification", classes=(0, 1)), "1", False),
        (VALUES, 3, True),
        (VALUES, "3", False),
        (VALUES, True, False),
        (VALUES, float("nan"), False),
        (VALUES, {"x": 1.0}, False),
        (TARGETS, {"x": 1.0, "y": 2.0}, True),
        (TARGETS, {"x": 1.0}, False),
        (TARGETS, 1.0, False),
        (Output(task="anomaly"), -1, True),
        (Output(task="anomaly"), 0, False),
        (Output(task="clustering"), 0, False),
    ],
)
def test_an_outcome_fits_if_it_could_be_an_answer(output: Output, actual: Any, *, fit: bool) -> None:
    values = [1.0] * len(output.names) if output.names else 1.0
    assert (pair_error(output, pair(actual, labels="a", values=values)) == "") is fit


def test_invalid_pair_is_counted_and_changes_no_metric() -> None:
    good = classified(50)
    bad = [pair("zebra", request="bad", labels="a", probabilities=[1.0, 0, 0])]
    assert figures(CLASSES, tally(CLASSES, good + bad)) == figures(CLASSES, tally(CLASSES, good))
    assert total(tally(CLASSES, good + bad))["invalid"] == 1


@pytest.mark.parametrize(("names", "value"), [(None, None), (("a", "b"), [1.0, None])])
def test_answer_without_a_finite_number_is_not_scored(names: tuple[str, ...] | None, value: Any) -> None:
    output = Output(task="regression", names=names)
    odd = pair({"a": 1.0, "b": 2.0} if names else 1.0, values=value)
    assert pair_error(output, odd) == "the model's answer is not a finite number"
    assert list(tally(output, [odd]).values()) == [{"invalid": 1}]


def test_delays_are_counted_in_hours_from_the_prediction() -> None:
    hours = [0.5, 3, 12, 48, 100, 1000]
    pairs = [pair("a", request=f"r{n}", later=int(h * 3_600_000), labels="a") for n, h in enumerate(hours)]
    counts = total(tally(Output(task="classification", classes=("a", "b")), pairs))
    assert [counts[f"d{place}"] for place in range(6)] == [1] * 6


def test_without_outcomes_there_is_no_figure() -> None:
    assert figures(CLASSES, {}) == {}
    assert figures(CLASSES, tally(CLASSES, [pair("zebra", labels="a")])) == {}
