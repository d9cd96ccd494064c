"""A small complete manifest, for tests that need one and not a model."""

from datetime import UTC, datetime

from fairlead.manifest import Blob, Engine, EngineName, Manifest, Parent, Recipe
from fairlead.signature import Field, Output, Signature


def build(
    version: int, parent: Parent | None, *, model: str = "churn", by: str = "test", engine: EngineName = "onnx"
) -> Manifest:
    return Manifest(
        schema=1,
        model=model,
        version=version,
        created=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        created_by=by,
        git_commit=None,
        parent=parent,
        signature=Signature(
            inputs=(
                Field(name="x", kind="number", minimum=0, maximum=1.5),
                Field(name="plan", kind="category", categories=("basic", "plus")),
                Field(name="zone", kind="category", categories=(1, 2)),
            ),
            output=Output(task="classification", target="y", classes=("no", "yes"), probabilities=True),
            layout="frame",
        ),
        engine=Engine(name=engine, blob=engine),
        parity=None,
        metrics={},
        rows={"held_out": 10},
        blobs={engine: Blob(sha256="0" * 64, size=1)},
        environment={"python": "3.13"},
        recipe=Recipe(estimator="sklearn.svm.SVC", parameters={}),
    )
