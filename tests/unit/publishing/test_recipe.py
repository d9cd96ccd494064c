"""The recipe and the environment: facts a manifest keeps."""

import platform

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fairlead.publishing.environment import environment
from fairlead.publishing.recipe import LONGEST_VALUE, recipe


def test_a_recipe_is_the_class_and_its_parameters() -> None:
    found = recipe(RandomForestClassifier(n_estimators=7, max_features=np.float64(0.5)))
    assert found.estimator == "sklearn.ensemble._forest.RandomForestClassifier"
    assert found.parameters["n_estimators"] == "7"


def test_a_recipe_is_the_same_in_every_process() -> None:
    assert " at 0x" not in str(recipe(make_pipeline(FunctionTransformer(environment))).parameters)


def test_long_parameters_are_cut() -> None:
    found = recipe(TfidfVectorizer(vocabulary=[f"word{i}" for i in range(10_000)]))
    assert len(found.parameters["vocabulary"]) == LONGEST_VALUE


def test_the_environment_names_versions() -> None:
    found = environment()
    assert found["python"] == platform.python_version()
    assert found["scikit-learn"] == sklearn.__version__
