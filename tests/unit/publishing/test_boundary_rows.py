"""Boundary rows lie where engines may differ: beside splits, at edges, missing, unseen."""

import math
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.parity.boundary_rows import MOST_ROWS, boundary_rows
from fairlead.publishing.parity.split_points import thresholds_by_field

FIELDS = (
    Field(name="price", kind="number", nullable=True, minimum=0.25, maximum=99.75),
    Field(name="count", kind="integer", minimum=1, maximum=9),
    Field(name="shop", kind="category", categories=("a", "b"), nullable=True),
    Field(name="zone", kind="category", categories=(1, 2), closed=True),
    Field(name="paid", kind="boolean"),
    Field(name="note", kind="text"),
)
SIGNATURE = Signature(inputs=FIELDS, output=Output(task="classification", classes=(0, 1)), layout="frame")
ROWS = [
    (0.25 + 0.5 * turn, 1 + turn % 9, "ab"[turn % 2], 1 + turn % 2, turn % 3 == 0, "some note") for turn in range(200)
]


class Nothing:
    """An estimator without splits."""


def column(rows: list[tuple[Any, ...]], place: int) -> set[Any]:
    return {row[place] for row in rows}


def test_each_kind_is_tried_at_its_edges() -> None:
    rows = boundary_rows(Nothing(), SIGNATURE, ROWS)
    assert {None, 0.0, 0.25, 99.75, 0.25 - 99.5, 99.75 + 99.5, math.nextafter(0.25, 1)} <= column(rows, 0)
    assert {0, 1, 9, -7, 17} <= column(rows, 1)
    assert all(isinstance(value, int) for value in column(rows, 1))
    assert {None, "a", "b", "a value never seen"} == column(rows, 2)
    assert column(rows, 3) == {1, 2}  # closed: callers cannot send another
    assert column(rows, 4) == {True, False}
    assert {"", "SOME NOTE", "some note\nsome note", "日本語 текст 😀"} <= column(rows, 5)


def test_the_same_material_gives_the_same_rows_and_never_too_many() -> None:
    wide = tuple(Field(name=f"x{place}", kind="number", minimum=0, maximum=1) for place in range(100))
    X = np.random.default_rng(0).random((300, 100))
    signature = Signature(inputs=wide, output=Output(task="classification", classes=(0, 1)), layout="array")
    forest = RandomForestClassifier(20, random_state=0).fit(X, X[:, 0] > 0.5)
    rows = [tuple(row) for row in X.tolist()]
    first = boundary_rows(forest, signature, rows)
    assert len(first) == MOST_ROWS
    assert first == boundary_rows(forest, signature, rows)
    changed = {place for row in first for place in range(100) if row[place] not in X[:, place]}
    assert len(changed) == 100  # fields take turns


def test_rows_lie_on_and_beside_every_split_on_both_grids() -> None:
    X = np.arange(0, 20, 0.25)[:, None]
    tree = DecisionTreeClassifier().fit(X, X[:, 0] > 7.2)
    (threshold,) = tree.tree_.threshold[tree.tree_.feature == 0]
    signature = Signature(inputs=FIELDS[:1], output=Output(task="classification"), layout="array")
    values = column(boundary_rows(tree, signature, [tuple(row) for row in X.tolist()]), 0)
    assert {threshold, math.nextafter(threshold, -math.inf), math.nextafter(threshold, math.inf)} <= values
    assert float(np.nextafter(np.float32(threshold), np.float32(np.inf))) in values


def test_splits_are_found_in_the_inputs_own_units_behind_scalers_imputers_and_committees() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"word": rng.choice(["a", "b"], 200), "x": rng.normal(50, 10, 200), "y": rng.normal(0, 1e-3, 200)})
    y = (X["x"] > 52) ^ (X["y"] > 0)
    for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler()):
        numbers = make_pipeline(SimpleImputer(), scaler)
        columns = make_column_transformer((OneHotEncoder(), ["word"]), (numbers, ["x", "y"]))
        parts = [("a", make_pipeline(columns, DecisionTreeClassifier(max_depth=3))), ("b", DecisionTreeClassifier())]
        found = thresholds_by_field(VotingClassifier(parts[:1]).fit(X, y), 3)
        assert set(found) == {1, 2}
        assert np.abs(found[1] - 52).min() < 0.5
        assert np.abs(found[2]).min() < 1e-4


def test_boosting_with_categories_first_is_traced_to_the_right_columns() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(50, 10, 300), "word": pd.Categorical(rng.choice(["a", "b", "c"], 300))})
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, X["x"] > 52)
    found = thresholds_by_field(model, 2)
    assert set(found) == {0}
    assert np.abs(found[0] - 52).min() < 0.5


def test_splits_of_a_bagging_on_some_columns_belong_to_those_columns() -> None:
    X = np.column_stack([np.arange(200.0), 1000 + np.arange(200.0), 5000 + np.arange(200.0)])
    bagging = BaggingClassifier(DecisionTreeClassifier(), n_estimators=8, max_features=1, random_state=0)
    found = thresholds_by_field(bagging.fit(X, X[:, 0] > 99), 3)
    assert len(found) > 1
    assert all((abs(found[place] - X[:, place].mean()) // 200).max() <= 1 for place in found)


def test_splits_are_found_behind_an_imputer_that_adds_indicators() -> None:
    X = np.arange(80.0).reshape(40, 2)
    X[::5, 1] = np.nan
    tree = DecisionTreeClassifier(random_state=0)
    model = make_pipeline(SimpleImputer(add_indicator=True), tree).fit(X, X[:, 0] > 30)
    assert 30 < thresholds_by_field(model, 2)[0][0] < 32
    assert set(thresholds_by_field(model, 2)) <= {0, 1}
