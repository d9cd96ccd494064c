"""Texts of boosters, read without their libraries: recorded models give graphs with their libraries' own answers.

`tests/boosters/record_boosters.py` recorded them with CatBoost 1.2.10, LightGBM 4.7.0 and
XGBoost 3.4.1.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import engines
from fairlead.engines.estimator_data.booster_parameters import SAFE
from fairlead.errors import ModelFileError
from fairlead.model import manifest
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.boosters import estimators
from fairlead.publishing.boosters.booster_trees import Boosting
from fairlead.publishing.boosters.catboost_json import read_catboost
from fairlead.publishing.boosters.lightgbm_text import read_lightgbm
from fairlead.publishing.boosters.xgboost_json import read_xgboost
from fairlead.publishing.onnx.compiler import compile_estimator

RECORDED = Path(__file__).parent / "recorded_boosters"
READERS: dict[str, Callable[[str], Boosting]] = {
    "catboost": read_catboost, "lightgbm": read_lightgbm, "xgboost": read_xgboost
}  # fmt: skip
NAMES = sorted(path.stem for path in RECORDED.glob("*.txt"))


def text(name: str) -> str:
    return (RECORDED / f"{name}.txt").read_text()


def reader(name: str) -> Callable[[str], Boosting]:
    return READERS[name.partition("_")[0]]


def stand_in(name: str) -> Any:
    """The estimator that publishing builds, with its trees read from the recorded text."""
    kind = {"catboost": "CatBoost", "lightgbm": "LGBM", "xgboost": "XGB"}[name.partition("_")[0]]
    regressor = name.endswith("poisson")
    made = object.__new__(getattr(estimators, kind + ("Regressor" if regressor else "Classifier")))
    vars(made).update(boosting=reader(name)(text(name)), parameters={}, left_out=[], iterations=0)
    if kind == "LGBM" and not regressor:
        made.classes_ = np.arange(3 if name.endswith("three") else 2)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_of_recorded_trees_gives_the_librarys_answers(name: str) -> None:
    known = json.loads((RECORDED / f"{name}.answers.json").read_text())
    model = stand_in(name)
    classes = tuple(model.classes_.tolist()) if hasattr(model, "classes_") else None
    output = Output(task="classification", target="y", classes=classes, probabilities=True)
    if classes is None:
        output = Output(task="regression", target="y")
    signature = Signature(
        inputs=tuple(Field(name=column, kind="number", nullable=True) for column in "abc"),
        output=output,
        layout="array",
    )
    graph = compile_estimator(model, signature)
    spec = manifest.Engine(name="onnx", blob="onnx", inputs=graph.inputs, outputs=graph.outputs)
    answers = engines.load(spec, signature, graph.blob).answer([tuple(row) for row in known["rows"]])
    got = answers.values if classes is None else answers.probabilities
    assert np.abs(np.array(got) - np.array(known["answers"])).max() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_text_is_refused(name: str) -> None:
    whole = text(name)
    for end in range(0, len(whole) // 2, 97):
        with pytest.raises(ModelFileError):
            reader(name)(whole[:end])


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.floats(0, 0.999), st.characters(codec="ascii")), max_size=5))
def test_a_changed_text_is_read_or_refused(name: str, changes: list[tuple[float, str]]) -> None:
    characters = list(text(name))
    for place, character in changes:
        characters[int(place * len(characters))] = character
    try:
        boosting = reader(name)("".join(characters))
    except ModelFileError:
        return
    for tree in boosting.trees:
        inner = tree.left >= 0
        assert (tree.left[inner] > np.flatnonzero(inner)).all()
        assert (tree.feature[inner] < boosting.features).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("objective=poisson", "objective=custom"),
        ("objective=poisson", "objective=regression sqrt"),
        ("is_linear=0", "is_linear=1"),
    ],
)
def test_lightgbm_that_no_graph_answers_for_is_refused(old: str, new: str) -> None:
    with pytest.raises(ModelFileError, match="has no ONNX form, and only onnx serves LightGBM: use"):
        read_lightgbm(text("lightgbm_poisson").replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"name":"count:poisson"', '"name":"rank:ndcg"'),
        ('"name":"gbtree"', '"name":"gblinear"'),
        ('"size_leaf_vector":"1"', '"size_leaf_vector":"2"'),
    ],
)
def test_xgboost_that_no_graph_answers_for_is_refused(old: str, new: str) -> None:
    assert old in text("xgboost_poisson")
    with pytest.raises(ModelFileError, match="has no ONNX form, and only onnx serves XGBoost: use"):
        read_xgboost(text("xgboost_poisson").replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("poisson", '"type": "Poisson"', '"type": "YetiRank"'),
        ("binary", '"class_to_label": [0,', '"class_to_label": [1,'),
        ("binary", '"split_type": "FloatFeature"', '"split_type": "OneHotFeature"'),
        ("binary", '"split_type": "FloatFeature"', '"split_type": "OnlineCtr"'),
        (
            "binary",
            '"float_features":',
            '"categorical_features":[{"feature_index":0,"flat_feature_index":2}],"float_features":',
        ),
        ("binary", '"class_params":', '"binclass_probability_threshold":"0.3","class_params":'),
    ],
)
def test_catboost_that_no_graph_answers_for_is_refused(name: str, old: str, new: str) -> None:
    known = text(f"catboost_{name}")
    assert old in known
    with pytest.raises(ModelFileError, match="has no ONNX form, and only onnx serves CatBoost: use"):
        read_catboost(known.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("binary", '"leaf_values": [', '"leaf_values": [1.0, '),
        ("binary", '"float_feature_index": 1', '"float_feature_index": 99'),
        ("three", '"left":', '"absent":'),
        ("three", '"value": [', '"value": [1.0, 2.0], "was": ['),
        ("binary", '"scale_and_bias": [1,', '"scale_and_bias": [0,'),
    ],
)
def test_a_damaged_text_of_catboost_is_refused(name: str, old: str, new: str) -> None:
    known = text(f"catboost_{name}")
    assert old in known
    with pytest.raises(ModelFileError, match="damaged"):
        read_catboost(known.replace(old, new))


def test_a_split_by_categories_without_its_set_is_refused() -> None:
    with pytest.raises(ModelFileError, match="damaged"):
        read_xgboost(text("xgboost_poisson").replace('"split_type":[0', '"split_type":[1'))


def test_the_threshold_that_old_xgboost_writes_for_categories_is_read() -> None:
    """XGBoost 2.1 writes NaN there, which is no JSON."""
    known = re.sub(r'"split_conditions":\[[^,]+,', '"split_conditions":[NaN,', text("xgboost_poisson"))
    assert len(read_xgboost(known).trees) == len(read_xgboost(text("xgboost_poisson")).trees)


def test_a_tree_of_catboost_as_deep_as_memory_is_refused() -> None:
    """A text of sixty splits would be a tree of 2^60 leaves."""
    document = json.loads(text("catboost_binary"))
    tree = document["oblivious_trees"][0]
    tree["splits"] = tree["splits"][:1] * 60
    with pytest.raises(ModelFileError, match="damaged"):
        read_catboost(json.dumps(document))


def test_a_nest_of_catboost_nodes_is_refused() -> None:
    document = json.loads(text("catboost_three"))
    deep = '{"left":' * 1_000_000 + "{}" + "}" * 1_000_000
    document["trees"] = ["TREE"]
    with pytest.raises(ModelFileError, match="damaged"):
        read_catboost(json.dumps(document).replace('"TREE"', deep))


@pytest.mark.parametrize(
    ("objective", "advised"),
    [("multi:softmax", "multi:softprob"), ("binary:hinge", "binary:logistic"), ("survival:cox", "reg:squarederror")],
)
def test_xgboost_with_another_objective_is_advised_one_of_its_task(objective: str, advised: str) -> None:
    with pytest.raises(ModelFileError, match=rf"the objective '{objective}' .* such as '{advised}'"):
        read_xgboost(text("xgboost_poisson").replace("count:poisson", objective))


def test_xgboost_without_trees_is_refused() -> None:
    document = json.loads(text("xgboost_poisson"))
    document["learner"]["gradient_booster"]["model"] |= {"trees": [], "tree_info": [], "iteration_indptr": [0]}
    with pytest.raises(ModelFileError, match="XGBoost without trees is not served"):
        read_xgboost(json.dumps(document))


def test_lightgbm_with_ordered_pandas_categories_names_them() -> None:
    """LightGBM keeps the values of ordered categories, and reads them as numbers: no text says in which column."""
    ordered = re.sub("(?m)^pandas_categorical:.*$", 'pandas_categorical:[["low","high"]]', text("lightgbm_poisson"))
    with pytest.raises(ModelFileError, match=r"ordered pandas categories.*cat.as_unordered\(\)"):
        read_lightgbm(ordered)


def test_a_child_before_its_parent_is_refused() -> None:
    with pytest.raises(ModelFileError, match="a tree of the booster is damaged"):
        read_xgboost(text("xgboost_poisson").replace('"left_children":[1', '"left_children":[0'))


@pytest.mark.parametrize("library", SAFE)
def test_no_safe_parameter_names_a_file_a_machine_or_code(library: str) -> None:
    unsafe = re.compile("file(name)?$|machine|callback|snapshot|_dir$|_port$|uri|output|input")
    assert [name for name in SAFE[library] if unsafe.search(name)] == []
