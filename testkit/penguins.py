"""The demo model on real data: three species of penguins, with missing values and categories."""

from functools import cache
from typing import Any

import pandas as pd
from palmerpenguins import load_penguins
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fairlead.publishing import publish as publishing
from fairlead.publishing.publish import Published
from fairlead.registry.store import Registry

TARGET = "species"


@cache
def split() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out rows, target included."""
    train, held_out = train_test_split(load_penguins(), test_size=0.3, random_state=0, stratify=load_penguins()[TARGET])
    return train, held_out


def unfitted() -> Any:
    """Return a pipeline that imputes, encodes and votes."""
    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (SimpleImputer(strategy="median"), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), words),
    )
    return make_pipeline(columns, RandomForestClassifier(60, random_state=0))


@cache
def estimator() -> Any:
    """Return the fitted pipeline."""
    train, _ = split()
    return unfitted().fit(train.drop(columns=TARGET), train[TARGET])


def publish(registry: Registry, *, name: str = "penguins") -> Published:
    """Publish the next version of the penguins model."""
    _, held_out = split()
    return publishing.publish(
        estimator(), name=name, X=held_out.drop(columns=TARGET), y=held_out[TARGET], registry=registry
    )
