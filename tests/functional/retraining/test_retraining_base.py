"""The version that a retraining starts from: its kept rows, its estimator and its recipe, or why they are refused."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from fairlead.errors import DataError, IntegrityError, ModelFileError
from fairlead.model.manifest import Recipe
from fairlead.publishing.publish import publish
from fairlead.registry.store import Registry
from fairlead.retraining.retrain import Retraining
from fairlead.retraining.types import RetrainingError
from testkit.gate_cases import model
from testkit.memory import Memory
from tests.functional.retraining.orders import changed, order, refusal, retrained, without
from tests.production import (
    Production,
    champion,
    later,
    penguins,
)


def test_a_version_that_kept_no_rows_says_how_to_bring_them(
    registry: Registry, production: Production, memory: Memory, tmp_path: Path
) -> None:
    production.run(later(300), scored=True)
    changed(registry, memory, blobs=without(registry.manifest("penguins", 1)[0], "training"))

    error = refusal(registry, production)
    assert "was published without its training rows" in str(error)
    assert "--train train.csv" in error.hint

    learnt = penguins()[0]
    path = tmp_path / "train.csv"
    learnt.X.assign(species=learnt.y).to_csv(path, index=False)
    done = retrained(registry, production, train=path)
    assert done.published.manifest.rows["train"] == 150 + 210


def test_rows_brought_without_the_target_are_refused(
    registry: Registry, production: Production, tmp_path: Path
) -> None:
    path = tmp_path / "train.csv"
    penguins()[0].X.to_csv(path, index=False)
    with pytest.raises(DataError, match="species"):
        Retraining(registry, production.ledger).retrain(order(train=path))


def test_erased_training_rows_are_said_to_be_gone(registry: Registry, production: Production, memory: Memory) -> None:
    blob = registry.manifest("penguins", 1)[0].blobs["training"]
    del memory.objects[f"blobs/sha256/{blob.sha256}"]

    error = refusal(registry, production)

    assert "were erased" in str(error)
    assert "--train" in error.hint


def test_an_estimator_of_another_digest_is_never_opened(
    registry: Registry, production: Production, memory: Memory
) -> None:
    blob = registry.manifest("penguins", 1)[0].blobs["estimator"]
    memory.objects[f"blobs/sha256/{blob.sha256}"] = b"x" * blob.size
    with pytest.raises(IntegrityError):
        Retraining(registry, production.ledger).retrain(order())


def test_a_pickle_that_runs_code_is_refused_though_its_digest_is_right(
    registry: Registry, production: Production, memory: Memory, tmp_path: Path
) -> None:
    import os
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {tmp_path}/ran",)

    manifest = registry.manifest("penguins", 1)[0]
    changed(registry, memory, blobs=manifest.blobs | {"estimator": registry.put_blob(pickle.dumps(Evil()))})

    with pytest.raises(ModelFileError):
        Retraining(registry, production.ledger).retrain(order())

    assert not (tmp_path / "ran").exists()


def published_with(estimator: ClassifierMixin, registry: Registry) -> None:
    training_rows, _, _ = penguins()
    publish(
        **champion() | {"estimator": estimator.fit(training_rows.X, training_rows.y)},
        registry=registry,
        policy=None,
        force=True,
        reason="a test's",
    )


@pytest.mark.slow
def test_a_frozen_estimator_would_learn_nothing_and_is_refused(registry: Registry, production: Production) -> None:
    learnt, _, _ = penguins()
    inner = model("penguins").fit(learnt.X, learnt.y)
    published_with(CalibratedClassifierCV(FrozenEstimator(inner)), registry)

    with pytest.raises(RetrainingError, match="FrozenEstimator keeps its fitted state"):
        Retraining(registry, production.ledger).retrain(order())


def test_an_estimator_that_is_not_its_recipe_is_refused(
    registry: Registry, production: Production, memory: Memory
) -> None:
    manifest = registry.manifest("penguins", 1)[0]
    other = msgspec.structs.replace(manifest.recipe, parameters=manifest.recipe.parameters | {"verbose": "True"})
    changed(registry, memory, recipe=other)
    assert "differs from the recipe: verbose" in str(refusal(registry, production))


def test_a_weight_for_each_row_cannot_be_had_again(registry: Registry, production: Production, memory: Memory) -> None:
    recipe: Recipe = registry.manifest("penguins", 1)[0].recipe
    arguments = {"sample_weight": "array([1., 2., 1.])"}
    changed(registry, memory, recipe=msgspec.structs.replace(recipe, fit_arguments=arguments))
    assert "fitted with sample_weight=array" in str(refusal(registry, production))
