"""The signature says what the estimator takes: from its own fitted state, and from the data."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from palmerpenguins import load_penguins
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from fairlead.errors import DataError
from fairlead.publishing.signature.infer import infer, left_out, to_rows
from tests.unit.publishing.signature_tables import FRAME, NUMBERS, ROWS, Y, fields, mixed, rng


def test_kinds_ranges_and_categories_come_from_the_data() -> None:
    signature = infer(mixed().fit(FRAME, Y), FRAME, Y, target="size")
    found = fields(signature)
    assert list(found) == list(FRAME.columns)
    assert [field.kind for field in signature.inputs] == ["category", "number", "integer", "boolean"]
    assert found["island"].categories == ("Biscoe", "Dream", "Torgersen")
    assert (found["year"].minimum, found["year"].maximum) == (2007, 2009)
    assert not any(field.nullable or field.closed for field in signature.inputs)
    assert signature.layout == "frame"
    assert signature.output.classes == ("big", "small")
    assert signature.output.probabilities
    assert signature.output.target == "size"


def test_category_is_closed_when_the_estimator_refuses_unseen_values() -> None:
    held_out = FRAME[FRAME["island"] != "Dream"]
    found = fields(infer(mixed(unknown="error").fit(FRAME, Y), held_out, None))
    assert found["island"].closed
    assert found["island"].categories == ("Biscoe", "Dream", "Torgersen")  # the estimator's, not only the table's


def test_held_out_values_that_a_closed_category_lacks_are_named() -> None:
    held_out = FRAME.copy()
    held_out.loc[50, "island"] = "Atlantis"
    with pytest.raises(DataError, match="'island' has values the estimator refuses: 'Atlantis'"):
        infer(mixed(unknown="error").fit(FRAME, Y), held_out, Y)


def test_columns_follow_the_estimator_and_strangers_are_left_out() -> None:
    table = FRAME[["banded", "year", "length", "island"]].assign(row_id=range(ROWS))
    signature = infer(mixed().fit(FRAME, Y), table, Y)
    assert [field.name for field in signature.inputs] == list(FRAME.columns)
    assert left_out(signature, table) == ["row_id"]


def test_a_column_the_table_lacks_is_named_with_its_neighbour() -> None:
    with pytest.raises(DataError, match="lacks a column the estimator was fitted on: length") as refusal:
        infer(mixed().fit(FRAME, Y), FRAME.rename(columns={"length": "lenght"}), Y)
    assert "lenght" in refusal.value.hint


def test_missing_values_in_either_table_make_a_field_nullable() -> None:
    train = FRAME.assign(length=FRAME["length"].where(FRAME.index > 3))
    estimator = HistGradientBoostingClassifier(max_iter=2).fit(train[["length", "year"]], Y)
    assert fields(infer(estimator, NUMBERS, Y, train=train))["length"].nullable
    assert not fields(infer(estimator, NUMBERS, Y))["length"].nullable


def test_an_imputer_makes_its_columns_nullable() -> None:
    found = fields(infer(mixed(impute=True).fit(FRAME, Y), FRAME, Y))
    assert found["island"].nullable
    assert found["length"].nullable


def test_an_encoder_that_learnt_missing_makes_its_column_nullable() -> None:
    train = FRAME.assign(island=FRAME["island"].where(FRAME.index > 3))
    found = fields(infer(mixed().fit(train, Y), FRAME, Y))
    assert found["island"].nullable
    assert found["island"].categories == ("Biscoe", "Dream", "Torgersen")


def test_missing_values_the_estimator_refuses_are_refused_at_publish() -> None:
    table = FRAME.assign(length=FRAME["length"].where(FRAME.index != 5))
    with pytest.raises(DataError, match=r"the estimator cannot answer rows with missing .* NaN"):
        infer(mixed().fit(FRAME, Y), table, Y)


def test_whole_numbers_with_holes_are_a_number_because_the_estimator_saw_floats() -> None:
    table = NUMBERS.assign(year=NUMBERS["year"].astype("float64").where(NUMBERS.index > 3))
    assert fields(infer(HistGradientBoostingClassifier(max_iter=2).fit(table, Y), table, Y))["year"].kind == "number"


def test_integers_in_one_table_and_floats_in_the_other_are_a_number() -> None:
    estimator = LogisticRegression(max_iter=500).fit(NUMBERS, Y)
    train = NUMBERS.assign(year=NUMBERS["year"] + 0.5)
    assert fields(infer(estimator, NUMBERS, Y, train=train))["year"].kind == "number"


def test_whole_numbers_behind_an_encoder_are_a_category() -> None:
    columns = ColumnTransformer([("codes", OneHotEncoder(handle_unknown="error"), ["year"])], remainder="passthrough")
    found = fields(infer(make_pipeline(columns, LogisticRegression()).fit(NUMBERS, Y), NUMBERS, Y))
    assert found["year"].kind == "category"
    assert found["year"].categories == (2007, 2008, 2009)
    assert found["year"].closed


def test_pandas_categories_of_a_boosting_stay_categories() -> None:
    table = FRAME[["island", "length"]].astype({"island": "category"})
    estimator = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=2).fit(table, Y)
    found = fields(infer(estimator, FRAME, Y))
    assert found["island"].kind == "category"
    assert found["island"].categories == ("Biscoe", "Dream", "Torgersen")
    assert not found["island"].closed


def test_a_bare_array_takes_its_names_from_a_table_of_the_right_width() -> None:
    estimator = LogisticRegression().fit(NUMBERS.to_numpy(), Y)
    signature = infer(estimator, NUMBERS, Y)
    assert [field.name for field in signature.inputs] == ["length", "year"]
    assert signature.layout == "array"
    assert [field.name for field in infer(estimator, NUMBERS.to_numpy(), Y).inputs] == ["x0", "x1"]


def test_a_bare_array_of_another_width_is_refused() -> None:
    with pytest.raises(DataError, match="bare array of 2 columns, the table has 4"):
        infer(LogisticRegression().fit(NUMBERS.to_numpy(), Y), FRAME, Y)


def test_a_bare_array_of_strings_and_numbers_keeps_their_kinds() -> None:
    columns = ColumnTransformer([("words", OneHotEncoder(), [0])], remainder="passthrough")
    array = FRAME[["island", "length"]].to_numpy(dtype=object)
    signature = infer(make_pipeline(columns, LogisticRegression()).fit(array, Y), array, Y)
    assert [field.kind for field in signature.inputs] == ["category", "number"]


TEXTS = pd.Series(rng.choice(["good film", "bad film", "a long walk"], ROWS), name="review")


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        VotingClassifier([("a", make_pipeline(TfidfVectorizer(), LogisticRegression()))]),
        CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), cv=2),
    ],
    ids=["pipeline", "voting", "calibrated"],
)
def test_a_text_pipeline_reads_one_column(estimator: Any) -> None:
    estimator.fit(TEXTS, Y)
    for table in (TEXTS, TEXTS.to_frame(), pd.DataFrame({"n": range(ROWS), "review": TEXTS})):
        signature = infer(estimator, table, Y)
        assert signature.layout == "column"
        assert [(field.name, field.kind) for field in signature.inputs] == [("review", "text")]


def test_the_text_column_of_a_column_transformer_is_text() -> None:
    table = FRAME.assign(review=TEXTS)
    columns = ColumnTransformer([("text", TfidfVectorizer(), "review"), ("n", StandardScaler(), ["length"])])
    signature = infer(make_pipeline(columns, LogisticRegression()).fit(table, Y), table, Y)
    assert {field.name: field.kind for field in signature.inputs} == {"length": "number", "review": "text"}
    assert [column.name for column in signature.ignored] == ["island", "year", "banded"]  # fitted on, though unread


def test_two_text_columns_without_names_are_refused() -> None:
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, Y)
    with pytest.raises(DataError, match="2 columns of strings"):
        infer(estimator, pd.DataFrame({"a": TEXTS, "b": TEXTS}), Y)


def test_long_strings_are_text_unless_the_estimator_closes_them() -> None:
    table = FRAME.assign(island=[f"{i:0300d}" for i in range(ROWS)])
    assert fields(infer(mixed().fit(table, Y), table, Y))["island"].kind == "text"
    closed = fields(infer(mixed(unknown="error").fit(table, Y), table, Y))["island"]
    assert closed.kind == "category"
    assert closed.closed


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.date_range("2024", periods=ROWS), "has datetime64 values"),
        ([1, "a"] * (ROWS // 2), "has mixed-integer values"),
        ([float("inf")] * ROWS, "has infinite values"),
        ([2**60 + 1] * ROWS, "beyond ±2\\*\\*53"),
    ],
    ids=["dates", "mixed", "infinite", "huge"],
)
def test_values_json_cannot_carry_are_refused_by_column(column: Any, message: str) -> None:
    estimator = HistGradientBoostingClassifier(max_iter=2).fit(NUMBERS, Y)
    with pytest.raises(DataError, match=f"column 'year' {message}|column 'year' has .*{message}"):
        infer(estimator, NUMBERS.assign(year=column), Y)


def test_a_category_called_na_is_not_silently_missing() -> None:
    train = FRAME.assign(island=FRAME["island"].replace("Dream", "NA"))
    estimator = make_pipeline(
        ColumnTransformer(
            [("words", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["island"])]
        ),
        RandomForestClassifier(3),
    ).fit(train, Y)
    with pytest.raises(DataError, match="knows 'NA' as a category of 'island'") as refusal:
        infer(estimator, train.assign(island=train["island"].where(train["island"] != "NA")), Y)
    assert "Parquet" in refusal.value.hint


def test_inference_leaves_no_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infer(mixed().fit(FRAME, Y), FRAME, Y)


def test_rows_are_plain_python_in_signature_order() -> None:
    table = FRAME.assign(length=FRAME["length"].astype("float32").where(FRAME.index > 0))
    signature = infer(mixed(impute=True).fit(FRAME, Y), FRAME[:9], Y[:9])
    rows = to_rows(signature, table[["year", "banded", "length", "island"]])
    assert len(rows) == ROWS
    assert rows[0][1] is None
    assert [type(value) for value in rows[1]] == [str, float, int, bool]
    assert rows[1][1] == float(np.float32(FRAME["length"][1]))


def test_rows_of_arrays_and_texts() -> None:
    array = NUMBERS.to_numpy()
    signature = infer(LogisticRegression().fit(array, Y), array, Y)
    assert to_rows(signature, array)[0] == (NUMBERS["length"][0], float(NUMBERS["year"][0]))
    texts = infer(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, Y), TEXTS, Y)
    assert to_rows(texts, ["some words", None]) == [("some words",), (None,)]


def test_rows_that_do_not_fit_the_signature_are_refused_by_column() -> None:
    signature = infer(mixed().fit(FRAME, Y), FRAME, Y)
    with pytest.raises(DataError, match="lacks the column 'island'"):
        to_rows(signature, NUMBERS)
    with pytest.raises(DataError, match="column 'year' has values that are not of kind integer"):
        to_rows(signature, FRAME.assign(year=FRAME["year"] + 0.5))
    with pytest.raises(DataError, match="column 'island' has values that are not of kind category"):
        to_rows(signature, FRAME.assign(island=1))


def test_codes_that_csv_turned_into_numbers_are_not_silently_unknown() -> None:
    train = FRAME.assign(island=FRAME["year"].astype(str))
    with pytest.raises(DataError, match="column 'island' has integer values, the estimator knows '2007'") as refusal:
        infer(mixed().fit(train, Y), FRAME.assign(island=FRAME["year"]), Y)
    assert "Parquet" in refusal.value.hint


def test_a_target_in_a_table_of_one_column_is_one_target() -> None:
    estimator = LogisticRegression().fit(NUMBERS, Y)
    assert infer(estimator, NUMBERS, pd.DataFrame({"size": Y})).output.classes == ("big", "small")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (FRAME["length"][:-1], "60 rows and 59 targets"),
        (FRAME["length"].where(FRAME.index > 0), "the target has missing values"),
        (Y, "must contain finite numbers"),
        (FRAME[["length", "year"]], "predicts 1 target, the table has 2"),
    ],
    ids=["length", "missing", "strings", "several"],
)
def test_a_target_that_does_not_fit_is_refused(y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer(LinearRegression().fit(NUMBERS, FRAME["length"]), NUMBERS, y)


def test_an_imputer_in_front_of_an_encoder_without_missing_values_counts_only_if_it_answers() -> None:
    """An imputer that adds columns still answers; one that is not there does not."""
    words = make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder())
    columns = ColumnTransformer([("words", words, ["island"]), ("numbers", SimpleImputer(), ["length"])])
    found = fields(infer(make_pipeline(columns, LogisticRegression()).fit(FRAME, Y), FRAME, Y))
    assert found["length"].nullable
    assert not found["island"].nullable  # "none" is a value the closed encoder has not seen


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (scipy.sparse.csr_array(np.eye(3)), "sparse input"),
        (np.zeros((2, 2, 2)), "3 dimensions"),
        (NUMBERS[:0], "no rows"),
        (pd.concat([NUMBERS, NUMBERS], axis=1), "'length' more than once"),
    ],
    ids=["sparse", "3-d", "empty", "twice"],
)
def test_objects_that_are_no_table_are_refused(table: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer(LogisticRegression().fit(NUMBERS, Y), table, None)


def test_penguins_with_mixed_columns_are_inferred() -> None:
    penguins = load_penguins()
    X, y = penguins.drop(columns=["species"]), penguins["species"]
    numbers = make_column_selector(dtype_include="number")
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (
                "words",
                make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
                ["island", "sex"],
            ),
        ]
    )
    signature = infer(make_pipeline(columns, RandomForestClassifier(5)).fit(X, y), X, y, target="species")
    found = fields(signature)
    assert {name: field.kind for name, field in found.items()} == {
        "island": "category",
        "bill_length_mm": "number",
        "bill_depth_mm": "number",
        "flipper_length_mm": "number",
        "body_mass_g": "number",
        "sex": "category",
        "year": "integer",
    }
    assert found["sex"].categories == ("female", "male")
    assert found["sex"].nullable
    assert signature.output.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert len(to_rows(signature, X)) == 344
