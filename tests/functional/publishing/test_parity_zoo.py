"""Every estimator of the zoo runs on onnx, and answers rows that the proof has never seen as the estimator does."""

import math
import warnings
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from fairlead.model.answers import Answers
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.compare import TOLERANCE, difference, prove
from fairlead.publishing.signature import infer
from tests.parity_zoo import ZOO, Case

Row = tuple[Any, ...]
FAR_ROWS = 200


def split(X: Any, y: Any) -> list[Any]:
    """Every third row trains, every third is held out, every third is kept from the proof."""
    parts = [np.arange(len(X)) % 3 == turn for turn in range(3)]
    taken = [X[part] for part in parts]
    return [*taken, *([None] * 3 if y is None else [y[part] for part in parts])]


def fit(case: Case) -> tuple[Any, list[Row], choose_engine.Choice]:
    """Fit and choose; also the rows that were kept from the proof."""
    train, held_out, kept, target, held_out_target, _ = split(*case.data())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = case.make().fit(train) if target is None else case.make().fit(train, target)
        signature = infer.infer(estimator, held_out, held_out_target, target="target", train=train)
    choice = choose_engine.choose_engine(estimator, signature, infer.to_rows(signature, held_out))
    return estimator, infer.to_rows(signature, kept), choice


def beside_thresholds(rows: Sequence[Row], thresholds: Sequence[tuple[int, float]]) -> list[Row]:
    """The rows with one value put on, just below and just above a split."""
    return [
        (*row[:column], value, *row[column + 1 :])
        for row, (column, threshold) in zip(cycle(rows), thresholds, strict=False)
        for value in (threshold, math.nextafter(threshold, -math.inf), math.nextafter(threshold, math.inf))
    ]


def far_outside(choice: choose_engine.Choice, rows: Sequence[Row]) -> list[Row]:
    """Rows with some numbers of any size that their fields take, other sizes than the proof tries."""
    chosen = np.random.default_rng(1)
    numbers = [place for place, field in enumerate(choice.signature.inputs) if field.kind == "number"]
    limits = {place: choice.signature.inputs[place].largest for place in numbers}
    found = []
    for row in list(islice(cycle(rows), FAR_ROWS if numbers else 0)):
        changed = list(row)
        for place in chosen.permutation(numbers)[: chosen.integers(1, len(numbers) + 1)]:
            size = 10.0 ** chosen.uniform(-12 if chosen.random() < 0.9 else -320, math.log10(limits[place]))
            changed[place] = float(size * chosen.choice([-1, 1]))
        found.append(tuple(changed))
    return found


def splits(estimator: Any) -> list[tuple[int, float]]:
    """(column, threshold) of the nodes of a bare tree, forest or boosting; empty for anything else."""
    members = getattr(estimator, "estimators_", [])
    members = members.ravel() if isinstance(members, np.ndarray) else members
    trees = [member.tree_ for member in members if hasattr(member, "tree_")]
    trees += [estimator.tree_] if hasattr(estimator, "tree_") else []
    nodes = [(tree.feature, tree.threshold) for tree in trees]
    for stage in getattr(estimator, "_predictors", []):
        inner = [predictor.nodes[predictor.nodes["is_leaf"] == 0] for predictor in stage]
        nodes += [
            (table["feature_idx"], table["num_threshold"]) for table in inner if not table["is_categorical"].any()
        ]
    pairs = [pair for features, values in nodes for pair in zip(features, values, strict=True) if pair[0] >= 0]
    finite = [(int(column), float(value)) for column, value in pairs if math.isfinite(value)]
    return finite[:: max(1, len(finite) // 300)]


@pytest.mark.parametrize("case", ZOO.values(), ids=ZOO.keys())
def test_an_estimator_of_the_zoo_runs_on_onnx_with_the_same_answers(case: Case) -> None:
    estimator, rows, choice = fit(case)

    assert (choice.engine.name, choice.engine.reason) == ("onnx", "")
    assert choice.parity is not None
    assert choice.parity.label_differences == 0
    assert choice.parity.tolerance == TOLERANCE
    assert 0 < choice.parity.boundary_rows < choice.parity.rows
    prove(choice.reference, choice.serving, [], [], far_outside(choice, rows))
    rows = rows + beside_thresholds(rows, [] if choice.engine.inputs[0].dtype == "string" else splits(estimator))
    assert difference(choice.reference.answer(rows), choice.serving.answer(rows)) == ""
    assert_json_ready(choice.serving.answer(rows[:3]))


def assert_json_ready(answers: Answers) -> None:
    """Plain Python values of the kinds JSON has."""
    for name in answers.__struct_fields__:
        for value in getattr(answers, name) or []:
            flat = value if isinstance(value, list) else [value]
            assert all(type(item) in (int, float, str, bool) for item in flat)
