"""Obstacles to a release's cold start: each object that it loads, missing or changed."""

import hashlib

import pytest

from fairlead.model.release import Release
from fairlead.registry.store import Registry, blob_key, manifest_key
from fairlead.releases.cold_start import obstacle
from testkit.memory import Memory


@pytest.fixture
def release(registry: Registry, memory: Memory) -> Release:
    digest = hashlib.sha256(memory.objects[manifest_key("churn", 1)]).hexdigest()
    return Release(release="4", model="churn", version=1, digest=f"sha256:{digest}", code_sha256="c", modified="")


def key_of(registry: Registry, what: str) -> str:
    if what == "manifest":
        return manifest_key("churn", 1)
    facts, _ = registry.manifest("churn", 1)
    return blob_key(facts.blobs[facts.engine.blob if what == "engine" else what])


def test_a_release_with_intact_objects_has_no_obstacle(registry: Registry, release: Release) -> None:
    assert obstacle(registry, release) == ""


@pytest.mark.parametrize("how", ["missing", "changed"])
@pytest.mark.parametrize("what", ["manifest", "engine", "golden"])
def test_an_object_that_is_missing_or_changed_is_named(
    registry: Registry, memory: Memory, release: Release, what: str, how: str
) -> None:
    key = key_of(registry, what)
    if how == "missing":
        del memory.objects[key]
    else:
        memory.objects[key] += b"}"
    named = "version 1" if (what, how) == ("manifest", "changed") else key.rpartition("/")[2]
    assert named in obstacle(Registry(memory), release)
