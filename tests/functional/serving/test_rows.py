"""Rows that a model cannot answer: named to the caller, counted as the caller's, whatever the engine."""

import contextlib
import json
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fairlead.model.manifest import EngineName
from fairlead.publishing import publish
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

GOOD = {"a": 0.1, "b": 0.2, "c": 0.3}
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(400, 3)), columns=list(GOOD))


def released(store: Store, load_app: Load, estimator: Any, y: Any, engine: EngineName) -> ModuleType:
    done = publish.publish(
        estimator.fit(X, y),
        name="numbers",
        X=X,
        y=y,
        registry=store.registry,
        engine=engine,
        allow_breaking=True,
        force=True,
        reason="only its requests are of interest",
    )
    return load_app(store.released(done))


@pytest.fixture
def forest(store: Store, load_app: Load) -> ModuleType:
    """Trees on squares, which overflow single precision."""
    estimator = make_pipeline(FunctionTransformer(np.square), RandomForestClassifier(10, random_state=0))
    return released(store, load_app, estimator, (X.sum(axis=1) > 0).astype(int), "sklearn")


def ask(app: ModuleType, *rows: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event("predict", body=json.dumps({"instances": rows})), context())
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("value", [1e30, -1e30, 3e38])
def test_a_value_that_the_estimator_refuses_is_named_by_row_and_field(forest: ModuleType, value: float) -> None:
    status, body = ask(forest, GOOD, {**GOOD, "b": value})
    assert (status, body["code"]) == (422, "row_not_answerable")
    assert body["errors"] == [
        {"row": 1, "field": "b", "expected": "a value that the model can answer", "got": json.dumps(value)}
    ]


@pytest.mark.parametrize("engine", ["sklearn", "onnx"])
@pytest.mark.parametrize("value", [1e39, -1e300, 1.797e308])
def test_a_number_beyond_single_precision_is_refused_on_both_engines_alike(
    store: Store, load_app: Load, engine: EngineName, value: float
) -> None:
    app = released(store, load_app, LogisticRegression(), (X.sum(axis=1) > 0).astype(int), engine)
    status, body = ask(app, GOOD, {**GOOD, "b": value})
    assert (status, body["code"]) == (422, "invalid_instances")
    expected = "a finite number between ±3.4e+38"
    assert body["errors"] == [{"row": 1, "field": "b", "expected": expected, "got": json.dumps(value)}]
    assert ask(app, {**GOOD, "b": 3.4e38 if value > 0 else -3.4e38})[0] == 200


@pytest.mark.parametrize("amount", [-5.0, 0.0])
def test_a_row_whose_logarithm_the_estimator_refuses_has_no_answer_on_onnx_either(
    store: Store, load_app: Load, amount: float
) -> None:
    estimator = make_pipeline(FunctionTransformer(np.log), GradientBoostingClassifier(n_estimators=5, random_state=0))
    positive, y = np.exp(X), (X.sum(axis=1) > 0).astype(int)
    done = publish.publish(
        estimator.fit(positive, y), name="logs", X=positive, y=y, registry=store.registry, force=True, reason="a try"
    )
    assert done.manifest.engine.name == "onnx"
    app = load_app(store.released(done))
    assert ask(app, GOOD)[0] == 200
    status, body = ask(app, GOOD, {**GOOD, "b": amount})
    assert (status, body["code"]) == (422, "row_not_answerable")
    assert [(error["row"], error["field"]) for error in body["errors"]] == [(1, "b")]


def test_rows_that_the_estimator_refuses_do_not_count_against_the_release(forest: ModuleType) -> None:
    ask(forest, {**GOOD, "b": 1e30})
    [line] = [json.loads(line) for line in forest.printed.getvalue().splitlines() if "request answered" in line]
    assert (line["code"], line["cause"]) == ("row_not_answerable", "ValueError")
    assert line["Errors4xx"] == 1
    assert "Errors5xx" not in line


def test_the_first_eight_of_many_refused_rows_are_named(forest: ModuleType) -> None:
    rows = [{**GOOD, "a": 1e30} if place % 10 == 3 else GOOD for place in range(100)]
    status, body = ask(forest, *rows)
    assert (status, body["code"]) == (422, "row_not_answerable")
    assert [error["row"] for error in body["errors"]] == list(range(3, 83, 10))


@pytest.mark.parametrize("engine", ["sklearn", "onnx"])
def test_an_infinite_answer_is_none(store: Store, load_app: Load, engine: EngineName) -> None:
    """Exponentials of large sums overflow."""
    estimator = TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1)
    app = released(store, load_app, estimator, np.exp(X.a * 2), engine)
    assert ask(app, GOOD)[0] == 200
    status, body = ask(app, GOOD, {**GOOD, "a": 1e4})
    assert (status, body["code"]) == (422, "row_not_answerable")
    assert [(error["row"], error["field"]) for error in body["errors"]] == [(1, "a")]


def test_an_estimator_that_raises_at_a_row_is_the_rows_fault_while_the_golden_row_holds(
    store: Store, load_app: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the release's once the golden row fails too."""
    estimator = TransformedTargetRegressor(
        LinearRegression(), transformer=FunctionTransformer(np.log1p, np.expm1), check_inverse=False
    )
    app = released(store, load_app, estimator, np.exp(X.a), "sklearn")
    engine = app.endpoint.model()._answerer._engine
    answer = engine.answer

    def refusing(rows: Any) -> Any:
        if any(row[0] == 7.0 for row in rows):
            raise TypeError("secret")
        return answer(rows)

    monkeypatch.setattr(engine, "answer", refusing)
    status, body = ask(app, {**GOOD, "a": 7.0})
    assert (status, [(one["row"], one["field"]) for one in body["errors"]]) == (422, [(0, "a")])
    assert "secret" not in json.dumps(body)
    monkeypatch.setattr(engine, "answer", lambda _: 1 / 0)
    status, body = ask(app, GOOD)
    assert (status, body["code"]) == (500, "internal")
    assert "golden row" in app.printed.getvalue()
