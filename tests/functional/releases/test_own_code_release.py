"""A version that imports its publisher's code is released only by a stack that allows it, and needs its blob."""

from functools import partial

import msgspec
import pytest

from fairlead.aws.stack import Stack
from fairlead.errors import ReleaseError
from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Blob, Manifest, Parent
from fairlead.model.release import Release
from fairlead.registry.store import Registry, blob_key
from fairlead.releases.cold_start import obstacle
from testkit.memory import Memory
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda
from tests.manifests import build

CODE = b"the zip of a package"
BLOB = Blob(sha256=sha256_of(CODE), size=len(CODE))


def own(version: int, parent: Parent | None, *, served: bool = True) -> Manifest:
    made = build(version, parent, engine="sklearn" if served else "onnx")
    engine = msgspec.structs.replace(made.engine, code="code") if served else made.engine
    return msgspec.structs.replace(made, engine=engine, package="churn_features", blobs=made.blobs | {"code": BLOB})


@pytest.fixture
def version(registry: Registry, memory: Memory) -> int:
    memory.put_new(blob_key(BLOB), CODE)
    return registry.commit("churn", own)[0].version


@pytest.fixture
def allowing(stack: Stack) -> Stack:
    return msgspec.structs.replace(stack, environment=stack.environment | {"FAIRLEAD_ALLOW_MODEL_CODE": "yes"})


@pytest.mark.parametrize("how", ["release", "freeze"])
def test_a_stack_that_allows_no_code_refuses_before_it_changes_anything(
    desk: Desk, registry: Registry, lambda_: StrictLambda, version: int, how: str
) -> None:
    with pytest.raises(ReleaseError, match=r"imports code of its publisher \(churn_features\), and stack") as refused:
        getattr(desk.releases(), how)(registry, "churn", version)
    assert "AllowModelCode=yes" in refused.value.hint
    assert lambda_.calls == []


def test_a_stack_that_allows_code_freezes_that_with_the_release(
    desk: Desk, registry: Registry, lambda_: StrictLambda, version: int, allowing: Stack
) -> None:
    live = ship(desk.releases(stack=allowing), registry, version).live
    assert desk.context().function.configuration(live.release).environment["FAIRLEAD_ALLOW_MODEL_CODE"] == "yes"


def test_a_graph_of_a_version_with_code_is_released_by_every_stack(desk: Desk, registry: Registry) -> None:
    version = registry.commit("churn", partial(own, served=False))[0].version
    assert ship(desk.releases(), registry, version).live.version == version


@pytest.mark.parametrize("how", ["missing", "changed"])
def test_code_that_is_missing_or_changed_is_an_obstacle_to_a_cold_start(
    registry: Registry, memory: Memory, version: int, how: str
) -> None:
    _, digest = registry.manifest("churn", version)
    release = Release(
        release="4", model="churn", version=version, digest=f"sha256:{digest}", code_sha256="c", modified=""
    )
    assert obstacle(registry, release) == ""
    if how == "missing":
        del memory.objects[blob_key(BLOB)]
    else:
        memory.objects[blob_key(BLOB)] += b"}"
    assert BLOB.sha256 in obstacle(Registry(memory), release)
