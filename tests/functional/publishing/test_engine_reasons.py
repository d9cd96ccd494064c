"""The reason for the sklearn engine: which part has no ONNX form, and what to change to get the onnx engine."""

import re
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier, RadiusNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, QuantileTransformer

from benchmarks.estimator_shapes import fitted, kinds
from benchmarks.estimator_tables import TABLES
from fairlead.errors import EngineError
from fairlead.model.signature import Signature
from fairlead.publishing.onnx.compiler import compile_estimator
from fairlead.publishing.onnx.converters import NotConvertibleError
from fairlead.publishing.onnx.converters.errors import INSTEAD
from fairlead.publishing.parity.choose_engine import choose_engine
from fairlead.publishing.signature import infer

MISSING = r"{name} has no ONNX form: use .+, or accept the sklearn engine"
FAILED = r"the (?:converter|ONNX graph) of {name} failed \(\w+\): use .+, or accept the sklearn engine"
TRIED = [
    *("numbers, three classes", "counts, three classes", "numbers, values", "holes, classes", "numbers, two outputs"),
    *("one column", "words, three classes", "texts"),
]


def published(kind: Any) -> tuple[Any, Signature] | None:
    """Return a fitted estimator of a class and its signature; None for a class that publishing refuses by itself.

    An estimator that only transforms gets a classifier behind it.
    """
    for name in TRIED:
        table = TABLES[name]
        try:
            estimator = fitted(kind, {}, table)
            if not hasattr(estimator, "predict"):
                estimator = make_pipeline(estimator, LogisticRegression()).fit(table.X, table.y)
            return estimator, infer.infer(estimator, table.X, table.y, target="y")
        except Exception:  # noqa: BLE001, S112 - a class that refuses a table
            continue
    return None


def reason(estimator: Any, signature: Signature) -> str:
    try:
        compile_estimator(estimator, signature)
    except NotConvertibleError as error:
        return str(error)
    return ""


@cache
def reasons() -> dict[str, str]:
    """Return why each class of scikit-learn that publishing takes has no graph; empty where it has one."""
    found: dict[str, str] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, kind in kinds([]):
            if one := published(kind):
                found[name] = reason(*one)
    return found


def test_every_class_without_a_graph_is_named_with_advice() -> None:
    given = {name: text for name, text in reasons().items() if text}
    assert len(given) > 30
    wrong = {
        name: text
        for name, text in given.items()
        if not any(re.fullmatch(form.format(name=name), text) for form in (MISSING, FAILED))
    }
    assert wrong == {}


def test_no_class_without_a_graph_has_only_general_advice() -> None:
    assert {name for name, text in reasons().items() if text and name not in INSTEAD} == set()


@pytest.mark.parametrize("name", INSTEAD)
def test_the_class_advised_has_a_graph(name: str) -> None:
    advised = set(re.findall(r"\b[A-Z]\w+", INSTEAD[name])) - {"True"}
    assert [reasons()[each] for each in advised] == [""] * len(advised)


X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("estimator", "given"),
    [
        (AdaBoostClassifier(n_estimators=5), FAILED.format(name="AdaBoostClassifier")),
        (RadiusNeighborsClassifier(5.0), FAILED.format(name="RadiusNeighborsClassifier")),
        (RadiusNeighborsRegressor(5.0), FAILED.format(name="RadiusNeighborsRegressor")),
        (
            make_pipeline(QuantileTransformer(n_quantiles=20, output_distribution="normal"), LogisticRegression()),
            FAILED.format(name="QuantileTransformer"),
        ),
        (KNeighborsClassifier(metric="cosine"), r"KNeighborsClassifier with metric 'cosine' has no .*: use metric=.*"),
        (
            make_pipeline(FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 9}), LogisticRegression()),
            r"FunctionTransformer with the function clip has no ONNX form: use one of numpy's log, log1p.*",
        ),
    ],
)  # fmt: skip
def test_a_graph_that_fails_gives_the_class_and_advice(estimator: Any, given: str) -> None:
    estimator.fit(X, Y)
    signature = infer.infer(estimator, X, Y, target="y")
    with pytest.raises(EngineError) as refused:
        choose_engine(estimator, signature, infer.to_rows(signature, X), demanded="onnx")
    assert re.fullmatch(f"this model does not run on onnx: {given}", str(refused.value)), str(refused.value)
