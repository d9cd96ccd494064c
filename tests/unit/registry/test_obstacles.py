"""Objects under a model's numbers that are not versions: no role may delete them, none may stop a publication."""

from collections.abc import Callable
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import NotFoundError
from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Parent, encode
from fairlead.registry.lineage import Lineage
from fairlead.registry.store import MOST_READ, WINDOW, Registry, manifest_key
from testkit.memory import Memory
from tests.manifests import build

VERSIONS = 6
FLOOD = 2 * MOST_READ


def published(count: int = VERSIONS) -> Memory:
    store = Memory()
    store.objects = dict(_published(count))
    return store


@cache
def _published(count: int) -> dict[str, bytes]:
    store = Memory()
    for _ in range(count):
        Registry(store).commit("churn", build)
    return store.objects


class Counting(Memory):
    """Memory that counts its reads."""

    reads = 0

    def get(self, key: str) -> bytes:
        self.reads += 1
        return super().get(key)


def stored(store: Memory, version: int) -> bytes:
    return store.objects[manifest_key("churn", version)]


def written(store: Memory, version: int, parent: int, sha256: str = "") -> bytes:
    """A manifest by hand, in good order but for its parent."""
    named = Parent(version=parent, sha256=sha256 or sha256_of(stored(store, parent)))
    return encode(build(version, named))


OBSTACLES: dict[str, Callable[[Memory, int], bytes]] = {
    "nothing": lambda _, __: b"",
    "an empty object": lambda _, __: b"{}",
    "garbage": lambda _, __: b"\x80\x04garbage",
    "no UTF-8": lambda _, __: b'{"schema": "\xed\xa0\x80"}',
    "deep nesting": lambda _, __: b'{"a":' * 200_000,
    "an unknown schema": lambda _, version: encode(msgspec.structs.replace(build(version, None), schema=9)),
    "a copy of the newest": lambda store, _: stored(store, VERSIONS),
    "another model's": lambda _, version: encode(build(version, None, model="fraud")),
    "one that follows none": lambda _, version: encode(build(version, None)),
    "one that follows an older one": lambda store, version: written(store, version, 2),
    "one that follows other bytes": lambda store, version: written(store, version, VERSIONS, "f" * 64),
    "one that follows itself": lambda _, version: encode(build(version, Parent(version=version, sha256="f" * 64))),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_foreign_object_under_the_next_number_is_skipped_and_the_gap_is_stored(obstacle: str) -> None:
    store = published()
    store.objects[manifest_key("churn", VERSIONS + 1)] = OBSTACLES[obstacle](store, VERSIONS + 1)
    registry = Registry(store)

    assert registry.latest("churn") == VERSIONS
    manifest, sha256 = registry.commit("churn", build)

    assert manifest.version == VERSIONS + 2
    assert manifest.parent == Parent(version=VERSIONS, sha256=sha256_of(stored(store, VERSIONS)))
    assert registry.latest("churn") == VERSIONS + 2
    assert registry.commit("churn", build)[0].version == VERSIONS + 3
    chain = Lineage(manifest, sha256, registry)
    assert [link.version for link in chain.links()] == [VERSIONS + 2, *range(VERSIONS, 0, -1)]
    assert [one.version for one, _ in registry.lineage("churn")][1] == VERSIONS + 2


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize("version", [VERSIONS + 2000, 999_999_999, 10**30])
def test_objects_far_ahead_are_ignored(obstacle: str, version: int) -> None:
    store = published()
    store.objects[manifest_key("churn", version)] = OBSTACLES[obstacle](store, min(version, 2**60))
    registry = Registry(store)

    assert registry.versions("churn") == list(range(1, VERSIONS + 1))
    assert registry.commit("churn", build)[0].version == VERSIONS + 1


@pytest.mark.parametrize("obstacle", [name for name in OBSTACLES if name != "one that follows none"])
def test_a_model_whose_first_number_is_taken_can_be_published(obstacle: str) -> None:
    store, other = Memory(), published()
    store.objects[manifest_key("churn", 1)] = OBSTACLES[obstacle](other, 1)
    registry = Registry(store)

    with pytest.raises(NotFoundError):
        registry.latest("churn")
    assert list(registry.lineage("churn")) == []
    assert [registry.commit("churn", build)[0].version for _ in range(2)] == [2, 3]


def test_a_hundred_objects_in_the_way_are_passed_over_at_once() -> None:
    store = published()
    for version in range(VERSIONS + 1, VERSIONS + 101):
        store.objects[manifest_key("churn", version)] = b"{}"

    assert Registry(store).commit("churn", build)[0].version == VERSIONS + 101


def test_a_long_model_takes_a_version_in_a_few_reads() -> None:
    store = Counting()
    store.objects = published(WINDOW + 1).objects

    Registry(store).commit("churn", build)

    assert store.reads == WINDOW + 1  # and the one that the oldest follows


def unattached_chain(store: Memory, first: int, count: int, root: Parent | None) -> None:
    """Write manifests by hand, each of which follows the one before; the first one follows `root`."""
    for version in range(first, first + count):
        store.objects[manifest_key("churn", version)] = encode(build(version, root))
        root = Parent(version=version, sha256=sha256_of(stored(store, version)))


@pytest.mark.parametrize("honest", [3, 40])
@pytest.mark.parametrize("obstacle", sorted(OBSTACLES))
@pytest.mark.parametrize("count", [8, 20])
def test_many_hand_written_objects_do_not_cut_the_lineage(honest: int, obstacle: str, count: int) -> None:
    store, known = published(honest), published()
    for version in range(honest + 1, honest + count + 1):
        store.objects[manifest_key("churn", version)] = OBSTACLES[obstacle](known, version)
    registry = Registry(store)

    assert registry.latest("churn") == honest
    assert registry.commit("churn", build)[0].version == honest + count + 1
    assert [one.version for one, _ in registry.lineage("churn")] == [honest + count + 1, *range(honest, 0, -1)]


@pytest.mark.parametrize("root", [None, Parent(version=2, sha256="f" * 64), Parent(version=900, sha256="f" * 64)])
@pytest.mark.parametrize("honest", [3, 40])
@pytest.mark.parametrize("count", [8, 20])
def test_hand_written_manifests_without_a_parent_do_not_cut_the_lineage(
    honest: int, count: int, root: Parent | None
) -> None:
    store = published(honest)
    unattached_chain(store, honest + 1, count, root)
    registry = Registry(store)

    assert registry.latest("churn") == honest
    assert registry.commit("churn", build)[0].version == honest + count + 1
    assert [one.version for one, _ in registry.lineage("churn")] == [honest + count + 1, *range(honest, 0, -1)]


def test_a_flood_of_objects_stops_no_publication_and_is_read_in_part() -> None:
    store = Counting()
    store.objects = published().objects
    for version in range(VERSIONS + 1, VERSIONS + FLOOD + 1):
        store.objects[manifest_key("churn", version)] = b"{}"

    assert Registry(store).commit("churn", build)[0].version == VERSIONS + FLOOD + 1
    assert store.reads <= MOST_READ


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(sorted(OBSTACLES))), max_size=8))
def test_whatever_is_put_in_the_way_versions_make_one_chain(steps: list[tuple[int, str]]) -> None:
    store, known = published(), published()
    made = []
    for ahead, obstacle in steps:
        version = Registry(store).latest("churn") + 1 + ahead
        store.put_new(manifest_key("churn", version), OBSTACLES[obstacle](known, version))
        made.append(Registry(store).commit("churn", build)[0].version)

    lineage = [one.version for one, _ in Registry(store).lineage("churn")]
    assert lineage == [*reversed(made), *range(VERSIONS, 0, -1)]


@pytest.mark.parametrize(
    ("wanted", "proposed"), [("chrun", "did you mean churn? "), ("churns", "did you mean churn? "), ("zebra", "")]
)
def test_an_unknown_model_error_names_similar_models(wanted: str, proposed: str) -> None:
    registry = Registry(published())

    for ask in (registry.latest, lambda model: registry.manifest(model, 1)):
        with pytest.raises(NotFoundError) as caught:
            ask(wanted)
        assert caught.value.hint == f"{proposed}`fairlead versions` lists the models"


def test_an_unknown_version_error_names_the_nearest_versions() -> None:
    with pytest.raises(NotFoundError, match="model 'churn' has no version 9") as caught:
        Registry(published()).manifest("churn", 9)

    assert caught.value.hint == "did you mean 4 or 5 or 6? `fairlead versions churn` lists its versions"


def test_a_model_whose_objects_are_no_versions_is_not_proposed_to_itself() -> None:
    store = Memory()
    store.objects[manifest_key("evil", 1)] = b"{}"

    with pytest.raises(NotFoundError, match="no object under the versions of model 'evil' is a version") as caught:
        Registry(store).latest("evil")
    assert "did you mean" not in caught.value.hint
