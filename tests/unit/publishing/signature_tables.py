"""A table with columns of every kind, and pipelines that are fitted on it."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.model.signature import Field, Signature

rng = np.random.default_rng(0)
ROWS = 60
FRAME = pd.DataFrame(
    {
        "island": rng.choice(["Biscoe", "Dream", "Torgersen"], ROWS),
        "length": rng.normal(40, 5, ROWS),
        "year": rng.integers(2007, 2010, ROWS),
        "banded": rng.random(ROWS) < 0.5,
    }
)
Y = np.where(FRAME["length"] > 40, "big", "small")
NUMBERS = FRAME[["length", "year"]]


def mixed(*, unknown: str = "ignore", impute: bool = False, model: Any = None) -> Pipeline:
    encoder = OneHotEncoder(handle_unknown=unknown)
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder) if impute else encoder
    numbers = make_pipeline(SimpleImputer(), StandardScaler()) if impute else StandardScaler()
    columns = ColumnTransformer([("words", words, ["island"]), ("numbers", numbers, ["length", "year", "banded"])])
    return make_pipeline(columns, model or LogisticRegression())


def fields(signature: Signature) -> dict[str, Field]:
    return {field.name: field for field in signature.inputs}
