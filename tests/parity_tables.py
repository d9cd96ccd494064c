"""The tables that the parity zoo is fitted on."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud, load_wine

Data = tuple[Any, Any]


@cache
def cancer() -> Data:
    """Binary labels as booleans, thirty numbers, a bare array."""
    X, y = load_breast_cancer(return_X_y=True)
    return X, y == 1


@cache
def cancer_with_holes() -> Data:
    """The same with 5 % missing, integer labels."""
    X, y = load_breast_cancer(return_X_y=True)
    return np.where(np.random.default_rng(0).random(X.shape) < 0.05, np.nan, X), y


@cache
def wine() -> Data:
    """Three classes as strings, a DataFrame."""
    X, y = load_wine(return_X_y=True, as_frame=True)
    return X, np.array(["barolo", "grignolino", "barbera"])[y]


@cache
def iris() -> Data:
    """Three classes as integers, two decimals, rows that occur twice."""
    X, y = load_iris(return_X_y=True)
    return X, y


@cache
def digits() -> Data:
    """Ten classes, 64 small whole numbers."""
    X, y = load_digits(return_X_y=True)
    return X, y


@cache
def diabetes() -> Data:
    """A table with one target."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X, y


@cache
def linnerud() -> Data:
    """Three targets."""
    X, y = load_linnerud(return_X_y=True, as_frame=True)
    return X, y


@cache
def penguins() -> Data:
    """Strings and numbers, both with missing values."""
    table = load_penguins()
    return table.drop(columns="species"), table["species"]


@cache
def categorical_penguins() -> Data:
    """The same with pandas categories."""
    X, y = penguins()
    return X.astype({"island": "category", "sex": "category"}), y


@cache
def missing_categories() -> Data:
    """A category whose missing value says more than all others together, so that splits single it out."""
    chosen = np.random.default_rng(0)
    plan = pd.Series(chosen.choice(["basic", "plus", "pro"], 900), dtype="category").mask(chosen.random(900) < 0.2)
    age = pd.Series(chosen.normal(40, 10, 900)).mask(chosen.random(900) < 0.1)
    target = np.where(plan.isna(), 2.0, 0.0) + (age.fillna(70) - 40) / 20 + chosen.normal(scale=0.5, size=900) > 1
    return pd.DataFrame({"plan": plan, "age": age}), target.to_numpy().astype(int)


@cache
def grams() -> Data:
    """A penguin's weight from everything else."""
    table = load_penguins().dropna(subset="body_mass_g")
    return table.drop(columns="body_mass_g"), table["body_mass_g"]


@cache
def reviews() -> Data:
    """Made sentences with accents, numbers, apostrophes and upper case: no data set of text ships with scikit-learn."""
    words = [
        "the",
        "quick",
        "Brown",
        "fox",
        "isn't",
        "LAZY",
        "éclair",
        "Straße",
        "naïve",
        "data-science",
        "2024",
        "good",
        "bad",
        "great",
        "awful",
        "film",
        "plot",
    ]
    chosen = np.random.default_rng(0)
    texts = [" ".join(chosen.choice(words, chosen.integers(1, 15))) for _ in range(300)]
    return pd.Series(texts, name="review"), np.array(["good" in text or "great" in text for text in texts])


def unlabelled() -> Data:
    """Wine without its labels."""
    return wine()[0], None
