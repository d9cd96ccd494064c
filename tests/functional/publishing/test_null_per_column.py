"""Null in a request is the missing value that the estimator was fitted on in that column, on both engines."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from fairlead.errors import DataError
from fairlead.publishing.parity.choose_engine import choose_engine
from fairlead.publishing.signature import infer

RNG = np.random.default_rng(1)
ROWS = 600
AGE = RNG.normal(40, 10, ROWS)
PLAN, REGION = RNG.choice(["basic", "plus", "pro"], ROWS), RNG.choice(["north", "south"], ROWS)
NO_PLAN, NO_REGION = RNG.random(ROWS) < 0.15, RNG.random(ROWS) < 0.15
TARGET = ((PLAN == "pro") * 1.5 + np.where(NO_REGION, 2.0, (REGION == "north") * -1.0) + NO_PLAN + AGE / 20 > 3).astype(
    int
)


def strings(values: Any, holes: Any, missing: Any, dtype: Any = object) -> pd.Series:
    return pd.Series([missing if hole else str(v) for hole, v in zip(holes, values, strict=True)], dtype=dtype)


def table(plan_missing: Any, region_missing: Any, dtype: Any = object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": AGE,
            "plan": strings(PLAN, NO_PLAN, plan_missing),
            "region": strings(REGION, NO_REGION, region_missing, dtype),
        }
    )


def hot() -> Any:
    return OneHotEncoder(handle_unknown="ignore")


def codes() -> Any:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)


def imputed() -> Any:
    return make_pipeline(SimpleImputer(strategy="most_frequent"), hot())


def model(encoder: Any) -> Any:
    columns = make_column_transformer((encoder, ["plan", "region"]), remainder="passthrough")
    return make_pipeline(columns, LogisticRegression(max_iter=5_000))


@pytest.mark.parametrize("engine", ["onnx", "sklearn"])
@pytest.mark.parametrize("encoder", [hot, codes, imputed])
@pytest.mark.parametrize(
    "held", [table(None, np.nan), table(None, np.nan, "str"), table(np.nan, None), table(None, None)]
)
def test_null_is_answered_as_the_columns_own_missing_value(held: pd.DataFrame, encoder: Any, engine: Any) -> None:
    estimator = model(encoder()).fit(held[:300], TARGET[:300])
    signature = infer.infer(estimator, held, TARGET, target="y")
    rows = infer.to_rows(signature, held)
    choice = choose_engine(estimator, signature, rows, demanded=engine)
    answers = choice.serving.answer(rows)
    assert answers.labels == estimator.predict(held).tolist()
    np.testing.assert_allclose(np.array(answers.probabilities), estimator.predict_proba(held), atol=1e-9)


def test_none_behind_an_imputer_of_nan_is_no_reason_to_leave_onnx() -> None:
    held = table(None, None)
    estimator = model(imputed()).fit(held[:300], TARGET[:300])
    signature = infer.infer(estimator, held, TARGET, target="y")
    assert [field.null for field in signature.inputs] == ["nan", "none", "none"]
    assert choose_engine(estimator, signature, infer.to_rows(signature, held)).engine.name == "onnx"


@pytest.mark.parametrize("encoder", [hot, codes])
def test_a_column_of_none_and_nan_that_the_model_distinguishes_is_refused_by_name(encoder: Any) -> None:
    held = table(None, None)
    held.loc[held.plan.isna() & (held.age > 40), "plan"] = np.nan
    estimator = model(encoder()).fit(held[:300], TARGET[:300])
    with pytest.raises(DataError, match="column 'plan' has NaN and None, which the model distinguishes") as refused:
        infer.infer(estimator, held, TARGET, target="y")
    assert "X['plan']" in refused.value.hint


def test_a_column_of_both_that_the_model_takes_for_one_is_served() -> None:
    held = table(None, None)
    held.loc[held.plan.isna() & (held.age > 40), "plan"] = np.nan
    both = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="?"),
        SimpleImputer(missing_values=None, strategy="constant", fill_value="?"),
        hot(),
    )
    estimator = model(both).fit(held[:300], TARGET[:300])
    signature = infer.infer(estimator, held, TARGET, target="y")
    rows = infer.to_rows(signature, held)
    assert choose_engine(estimator, signature, rows).serving.answer(rows).labels == estimator.predict(held).tolist()


def test_missing_pandas_categories_are_answered_alike() -> None:
    held = table(np.nan, np.nan).astype({"plan": "category", "region": "category"})
    estimator = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(held, TARGET)
    signature = infer.infer(estimator, held, TARGET, target="y")
    rows = infer.to_rows(signature, held)
    choice = choose_engine(estimator, signature, rows)
    assert choice.engine.name == "onnx"
    assert choice.serving.answer(rows).labels == estimator.predict(held).tolist()
