"""A small complete manifest, for tests that need one and not a model."""

from datetime import UTC, datetime

import msgspec

from fairlead.model.digest import sha256_of
from fairlead.model.manifest import (
    SCHEMA,
    Blob,
    Certificate,
    Engine,
    EngineName,
    Finding,
    Manifest,
    Parent,
    Recipe,
)
from fairlead.model.signature import Field, Output, Signature
from fairlead.registry.store import Objects, blob_key

BLOBS = {name: f"bytes of {name}".encode() for name in ("onnx", "sklearn", "golden")}
"""Blobs of these manifests: bytes with the right digests that no engine can load."""


def stock(objects: Objects) -> None:
    """Put the blobs that every manifest made here names."""
    for data in BLOBS.values():
        objects.put_new(blob_key(Blob(sha256=sha256_of(data), size=len(data))), data)


def build(
    version: int, parent: Parent | None, *, model: str = "churn", by: str = "test", engine: EngineName = "onnx"
) -> Manifest:
    return Manifest(
        schema=SCHEMA,
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
        blobs={name: Blob(sha256=sha256_of(BLOBS[name]), size=len(BLOBS[name])) for name in (engine, "golden")},
        environment={"python": "3.13"},
        recipe=Recipe(estimator="sklearn.svm.SVC", parameters={}),
        findings=(Finding(check="baseline", finding="better than the most frequent class", verdict="pass"),),
    )


def passing(version: int, parent: Parent | None, *, champion: int, by: str = "retrain") -> Manifest:
    """Return a manifest that passed the gate beside a champion, with its engine proved."""
    findings = (
        Finding(check="champion", finding=f"accuracy against version {champion}", verdict="pass", figure="+0.05"),
        Finding(check="split", finding="inputs moved", verdict="warn"),
    )
    parity = Certificate(rows=100, boundary_rows=40, label_differences=0, largest_difference=1e-8, tolerance=1e-6)
    return msgspec.structs.replace(
        build(version, parent, by=by), findings=findings, policy="c" * 64, champion=champion, parity=parity
    )
