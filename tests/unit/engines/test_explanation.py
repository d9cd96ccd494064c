"""Exact Shapley values of small ensembles equal the definition, counted over all coalitions of columns."""

import warnings
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier

from fairlead.engines.explanation.tree_shapley import TreeShapley
from fairlead.errors import IntegrityError
from fairlead.model.explanation import PackedArray, Trees
from fairlead.publishing.explain.tree_arrays import packed, trees_of

Array = np.ndarray[Any, Any]


def expectation(trees: Trees, row: Array, known: set[int], output: int) -> float:
    """The path-dependent expectation by its definition: an unknown column goes both ways, weighted by cover."""
    part: dict[str, Array] = {
        name: np.frombuffer(value.data, dtype=value.dtype).reshape(value.shape)
        for name in Trees.__struct_fields__
        if isinstance(value := getattr(trees, name), PackedArray)
    }
    leaves = np.cumsum(part["left"] < 0) - 1
    children = set(part["left"][part["left"] >= 0]) | set(part["right"][part["right"] >= 0])

    def at(node: int) -> float:
        left, right = int(part["left"][node]), int(part["right"][node])
        if left < 0:
            values, target = part["values"][leaves[node]], int(part["target"][leaves[node]])
            return float(values[output - target]) if target <= output < target + len(values) else 0.0
        column = int(part["feature"][node])
        if column not in known:
            cover = part["cover"]
            return float((cover[left] * at(left) + cover[right] * at(right)) / cover[node])
        value = float(np.float32(row[column])) if trees.single else row[column]
        goes_left = bool(part["missing_left"][node]) if np.isnan(value) else value <= part["threshold"][node]
        return at(left if goes_left else right)

    roots = [node for node in range(len(leaves)) if node not in children]
    return float(part["start"][output]) + sum(at(root) for root in roots)


def by_definition(trees: Trees, row: Array, columns: int, output: int) -> list[float]:
    """Shapley values as the weighted gains over all coalitions."""
    found = []
    for column in range(columns):
        others = [one for one in range(columns) if one != column]
        total = 0.0
        for size in range(columns):
            weight = factorial(size) * factorial(columns - size - 1) / factorial(columns)
            for coalition in combinations(others, size):
                gain = expectation(trees, row, {*coalition, column}, output) - expectation(
                    trees, row, set(coalition), output
                )
                total += weight * gain
        found.append(total)
    return found


def test_values_of_a_forest_are_the_shapley_values_of_its_conditional_expectations() -> None:
    X, y = load_iris(return_X_y=True)
    trees = trees_of(RandomForestClassifier(5, max_depth=5, random_state=0).fit(X, y))
    assert trees is not None

    found, sums = TreeShapley(trees, 4).explain(X[::30], np.array([0, 1, 2, 2, 1]))

    for row, output, values in zip(X[::30], [0, 1, 2, 2, 1], found, strict=True):
        assert values == pytest.approx(by_definition(trees, row, 4, output), abs=1e-12)
    assert sums.sum(axis=1) == pytest.approx(1.0)


def test_values_of_boosted_trees_with_missing_values_are_shapley_values() -> None:
    X, y = load_diabetes(return_X_y=True)
    X = X[:, :5].copy()
    X[::7, 2] = np.nan
    model = HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=6, random_state=0).fit(X, y)
    trees = trees_of(model)
    assert trees is not None
    values = TreeShapley(trees, 5)

    found, sums = values.explain(X[:14], np.zeros(14, dtype=int))

    assert sums[:, 0] == pytest.approx(model.predict(X[:14]))
    assert values.expected[0] + found.sum(axis=1) == pytest.approx(sums[:, 0])
    for row in (0, 3):
        assert found[row] == pytest.approx(by_definition(trees, X[row], 5, 0), abs=1e-9)


@pytest.mark.parametrize("huge", [-1e39, 1e39, -1.7e308])
def test_values_beyond_single_precision_reach_the_leaf_of_the_nearest_number(huge: float) -> None:
    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier(5, max_depth=5, random_state=0).fit(X, y)
    trees = trees_of(model)
    assert trees is not None
    row, near = X[:1].copy(), X[:1].copy()
    row[0, 2], near[0, 2] = huge, np.copysign(1e30, huge)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, sums = TreeShapley(trees, 4).explain(row, np.array([0]))

    assert sums[0] == pytest.approx(model.predict_proba(near)[0])
    assert found[0] == pytest.approx(by_definition(trees, near[0], 4, 0), abs=1e-12)


@pytest.mark.parametrize(
    ("member", "value", "dtype"),
    [
        ("left", [0, -1, -1], "<i4"),
        ("right", [3, -1, -1], "<i4"),
        ("right", [1, -1, -1], "<i4"),
        ("feature", [2, 0, 0], "<i4"),
        ("cover", [4.0, 0.0, 1.0], "<f8"),
        ("cover", [4.0, float("nan"), 1.0], "<f8"),
        ("member_set", [0, -1, -1], "<i4"),
        ("target", [0, 1], "<i4"),
        ("values", [[1.0]], "<f8"),
    ],
)
def test_trees_with_a_cycle_or_an_index_out_of_range_are_refused(member: str, value: Any, dtype: str) -> None:
    sound = {
        "feature": ([1, 0, 0], "<i4"),
        "threshold": ([0.5, 0.0, 0.0], "<f8"),
        "left": ([1, -1, -1], "<i4"),
        "right": ([2, -1, -1], "<i4"),
        "missing_left": ([1, 0, 0], "|u1"),
        "cover": ([4.0, 3.0, 1.0], "<f8"),
        "member_set": ([-1, -1, -1], "<i4"),
        "sets": (np.zeros((0, 256)), "|u1"),
        "values": ([[1.0], [2.0]], "<f8"),
        "target": ([0, 0], "<i4"),
        "start": ([0.0], "<f8"),
    }
    TreeShapley(Trees(**{name: packed(*part) for name, part in sound.items()}, single=False), 2)
    with pytest.raises(IntegrityError):
        TreeShapley(
            Trees(**{name: packed(*part) for name, part in (sound | {member: (value, dtype)}).items()}, single=False), 2
        )
