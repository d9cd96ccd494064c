"""One trusted digest proves the versions below it."""

import pytest

from fairlead.errors import IntegrityError, NotFoundError
from fairlead.registry.lineage import Lineage
from fairlead.registry.store import Registry, manifest_key
from testkit.memory import Memory
from tests.manifests import build


class Counted(Memory):
    """Memory that says what was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def get(self, key: str) -> bytes:
        self.read.append(key)
        return super().get(key)


def chain(store: Counted, versions: int) -> Lineage:
    registry = Registry(store)
    for _ in range(versions):
        registry.commit("churn", build)
    made = Lineage(*registry.manifest("churn", versions), registry)
    store.read.clear()
    return made


def test_versions_are_proved_down_to_the_one_asked_for_and_once() -> None:
    store = Counted()
    made = chain(store, 5)

    link = made.find(3)

    assert link
    assert link.sha256 == Registry(store).manifest("churn", 3)[1]
    assert store.read[:2] == [manifest_key("churn", 4), manifest_key("churn", 3)]
    store.read.clear()
    assert made.find(4)
    assert made.find(5)
    assert store.read == []
    assert [one.version for one in made.links()] == [5, 4, 3, 2, 1]
    assert store.read == [manifest_key("churn", 2), manifest_key("churn", 1)]


@pytest.mark.parametrize("version", [0, 6, 7])
def test_version_above_the_trusted_one_is_not_in_the_chain(version: int) -> None:
    store = Counted()
    made = chain(store, 5)
    Registry(store).commit("churn", build)

    assert made.find(version) is None


def test_nothing_below_an_edited_manifest_is_proved() -> None:
    store = Counted()
    made = chain(store, 5)
    store.objects[manifest_key("churn", 3)] += b"\n"

    assert made.find(4)
    for version in (3, 2, 1):
        with pytest.raises(IntegrityError, match="churn version 3 has digest"):
            made.find(version)


def test_a_missing_manifest_is_named_and_read_again_once_restored() -> None:
    store = Counted()
    made = chain(store, 4)
    kept = store.objects.pop(manifest_key("churn", 2))

    with pytest.raises(NotFoundError, match="no version 2"):
        made.find(1)
    store.objects[manifest_key("churn", 2)] = kept
    store.read.clear()
    assert made.find(1)
    assert store.read == [manifest_key("churn", 2), manifest_key("churn", 1)]
