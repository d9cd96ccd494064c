"""Versions from before the gate: their manifests load, serve and are shown; none is a champion."""

import json
from typing import Any

import msgspec
import pytest

from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Manifest, decode
from fairlead.publishing.publish import Published
from fairlead.registry.store import manifest_key
from testkit import penguins
from testkit.lambda_context import event
from tests.functional.conftest import Load, Store
from tests.functional.serving.invocations import invoke

NEW = ("findings", "policy", "forced", "champion")
NEW_BLOBS = ("baseline", "policy", "training_rows", "report", "card", "openapi")


@pytest.fixture
def old(store: Store) -> Published:
    """Version 1 as it was written before: without the gate's fields and blobs."""
    published = penguins.publish(store.registry)
    document: dict[str, Any] = json.loads(store.registry.objects.get(manifest_key("penguins", 1)))
    for name in NEW:
        del document[name]
    for name in NEW_BLOBS:
        document["blobs"].pop(name, None)
    data = json.dumps(document, indent=1).encode()
    bucket = store.env["FAIRLEAD_BUCKET"]
    store.client.put_object(Bucket=bucket, Key=manifest_key("penguins", 1), Body=data)
    return msgspec.structs.replace(published, manifest=decode(data), sha256=sha256_of(data))


def test_it_loads_without_findings_and_keeps_its_digest(old: Published, store: Store) -> None:
    manifest, sha256 = store.registry.manifest("penguins", 1)
    assert (manifest, sha256) == (old.manifest, old.sha256)
    assert (manifest.findings, manifest.policy, manifest.forced, manifest.champion) == ((), "", None, None)


def test_it_serves(old: Published, store: Store, load_app: Load) -> None:
    status, body, _ = invoke(load_app(store.released(old)), event("predict"))
    assert (status, body["version"]) == (200, 1)
    assert body["predictions"][0]["label"] == "Adelie"


def test_it_is_the_parent_of_the_next_version_but_no_champion(old: Published, store: Store) -> None:
    """Nothing shows that it passed a gate, so nothing is compared with it until it is live."""
    done: Manifest = penguins.publish(store.registry).manifest
    assert done.parent
    assert (done.parent.sha256, done.champion) == (old.sha256, None)
