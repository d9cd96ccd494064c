"""Trees on onnx compare, add and break ties exactly as scikit-learn's."""

from typing import Any

import numpy as np
import onnx
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

from fairlead.publishing.parity.choose_engine import Choice, choose_engine
from fairlead.publishing.signature import infer

RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(600, 4)), 2)
Y = (X[:, 0] + RNG.normal(scale=1.5, size=600) > 0).astype(int) + (X[:, 1] > 1)


def serve(estimator: Any, target: Any = Y) -> Choice:
    signature = infer.infer(estimator, X, target, target="y")
    return choose_engine(estimator, signature, infer.to_rows(signature, X))


@pytest.mark.parametrize("settings", [{}, {"max_depth": 2}, {"min_samples_leaf": 7}])
@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_classes_with_equal_votes_are_decided_alike(kind: Any, settings: dict[str, int]) -> None:
    """GIVEN few trees, so that votes are often equal, THEN probabilities are equal to the last bit, and labels too."""
    choice = serve(kind(4, random_state=0, **settings).fit(X, Y))
    rows = [tuple(row) for row in np.round(RNG.normal(size=(3_000, 4)), 2).tolist()]
    expected, got = choice.reference.answer(rows), choice.serving.answer(rows)
    shares = np.sort(np.array(expected.probabilities), axis=1)
    if not settings:
        assert (shares[:, -1] == shares[:, -2]).sum() > 100
    assert got == expected


def test_regression_forests_are_equal_to_the_last_bit() -> None:
    choice = serve(RandomForestRegressor(30, random_state=0).fit(X, X[:, 0]), X[:, 0])
    assert choice.parity is not None
    assert choice.parity.largest_difference == 0.0


def test_no_leaf_has_the_number_of_its_sibling_node() -> None:
    """Older onnxruntimes confuse the two, and publishers may have such a version."""
    choice = serve(RandomForestRegressor(5, random_state=0).fit(X[:40], X[:40, 0]), X[:, 0])
    (node,) = [node for node in onnx.load_from_string(choice.blob).graph.node if node.op_type == "TreeEnsemble"]
    lists = {attribute.name: list(attribute.ints) for attribute in node.attribute}
    children = zip(
        lists["nodes_truenodeids"],
        lists["nodes_falsenodeids"],
        lists["nodes_trueleafs"],
        lists["nodes_falseleafs"],
        strict=True,
    )
    assert not [ids for *ids, true_leaf, false_leaf in children if true_leaf != false_leaf and ids[0] == ids[1]]
