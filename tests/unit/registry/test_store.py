import threading
from collections.abc import Iterator
from functools import partial

import pytest

from fairlead.errors import IntegrityError, NotFoundError, SchemaError, SettingsError, StorageError
from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Blob, Manifest, Parent, encode
from fairlead.registry.store import Registry, blob_key, check_name, manifest_key
from testkit.memory import Memory
from tests.manifests import build


def assert_chain(registry: Registry, model: str, length: int) -> None:
    """Versions are 1..length and every parent is the one before, by digest."""
    assert registry.versions(model) == list(range(1, length + 1))
    before = None
    for version in range(1, length + 1):
        manifest, sha256 = registry.manifest(model, version)
        assert manifest.parent == before
        before = Parent(version=version, sha256=sha256)


def test_a_blob_is_stored_once_under_its_digest_and_read_back() -> None:
    memory = Memory()
    registry = Registry(memory)

    first = registry.put_blob(b"model")
    again = registry.put_blob(b"model")

    assert first == again == Blob(sha256=sha256_of(b"model"), size=5)
    assert list(memory.objects) == [f"blobs/sha256/{sha256_of(b'model')}"]
    assert registry.blob(first) == b"model"


@pytest.mark.parametrize("stands", [b"", b"other", b"model and more"])
def test_other_bytes_under_a_blobs_name_are_never_returned_and_stop_no_publication(stands: bytes) -> None:
    memory = Memory()
    registry = Registry(memory)
    blob = registry.put_blob(b"model")
    memory.objects[blob_key(blob)] = stands

    with pytest.raises(IntegrityError, match=sha256_of(b"model")):
        registry.blob(blob)
    again = registry.put_blob(b"model")
    assert (again.sha256, again.size, len(again.copy)) == (blob.sha256, blob.size, 16)
    assert registry.blob(again) == b"model"
    assert memory.objects[blob_key(blob)] == stands


def test_the_first_version_is_one_and_every_next_one_names_its_parent_by_digest() -> None:
    registry = Registry(Memory())

    for _ in range(11):
        registry.commit("churn", build)

    assert_chain(registry, "churn", 11)
    assert registry.latest("churn") == 11


def test_committed_manifest_reads_back_equal_under_its_digest() -> None:
    memory = Memory()

    manifest, sha256 = Registry(memory).commit("churn", build)

    assert Registry(memory).manifest("churn", 1) == (manifest, sha256)
    stored = memory.objects["models/churn/versions/1.json"]
    assert stored == encode(manifest)
    assert sha256 == sha256_of(stored)


def test_the_loser_of_a_race_for_seven_becomes_eight_with_parent_seven() -> None:
    registry = Registry(Memory())
    for _ in range(6):
        registry.commit("churn", build)
    winner = ""

    def build_slowly(version: int, parent: Parent | None) -> Manifest:
        nonlocal winner
        if version == 7:  # while this one builds seven, another publisher is faster
            _, winner = registry.commit("churn", build)
        return build(version, parent, by="slow")

    manifest, _ = registry.commit("churn", build_slowly)

    assert manifest.version == 8
    assert manifest.parent == Parent(version=7, sha256=winner)
    assert_chain(registry, "churn", 8)


def test_many_threads_publishing_at_once_get_distinct_versions_in_one_chain() -> None:
    registry = Registry(Memory())
    start = threading.Barrier(8)

    def publish(who: int) -> None:
        start.wait()
        for turn in range(4):
            registry.commit("churn", partial(build, by=f"{who}/{turn}"))

    threads = [threading.Thread(target=publish, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert_chain(registry, "churn", 32)
    assert len({registry.manifest("churn", version)[0].created_by for version in range(1, 33)}) == 32


def test_a_publisher_whose_own_put_was_retried_does_not_publish_twice() -> None:
    """The first answer is lost, the client sends the put again and meets its own object: 412 for its own work."""

    class Lossy(Memory):
        def put_new(self, key: str, data: bytes) -> bool:
            super().put_new(key, data)
            return super().put_new(key, data)

    registry = Registry(Lossy())

    manifest, _ = registry.commit("churn", build)

    assert manifest.version == 1
    assert registry.versions("churn") == [1]


def test_a_publisher_that_loses_every_race_is_refused_with_the_reason() -> None:
    class Contended(Memory):
        def put_new(self, key: str, data: bytes) -> bool:
            super().put_new(key, b"another's " + data)
            return False

        def get(self, key: str) -> bytes:
            return super().get(key).removeprefix(b"another's ") + b" "

    with pytest.raises(StorageError, match="other publishers were faster"):
        Registry(Contended()).commit("churn", build)


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class Dying(Memory):
    """Dies at the n-th call, before or after the call took effect."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.left = at
        self.after = after

    def _call(self, effect: object) -> None:
        if self.left == 0 and not self.after:
            raise KilledError
        if callable(effect):
            effect()
        if self.left == 0:
            raise KilledError
        self.left -= 1

    def put_new(self, key: str, data: bytes) -> bool:
        done: list[bool] = []
        self._call(lambda: done.append(super(Dying, self).put_new(key, data)))
        return done[0]

    def get(self, key: str) -> bytes:
        self._call(None)
        return super().get(key)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        self._call(None)
        return super().keys(prefix, after=after)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(6))
def test_a_publish_killed_at_any_call_leaves_all_of_a_version_or_none(at: int, after: bool) -> None:
    """Each call to the store, before and after its effect: put blob, put blob, list, read the parent, put manifest."""
    store = Dying(99, after=after)
    registry = Registry(store)
    registry.commit("churn", build)
    store.left = at
    blobs: list[Blob] = []

    try:
        blobs.extend(registry.put_blob(data) for data in (b"onnx", b"estimator"))
        registry.commit("churn", build)
        finished = True
    except KilledError:
        finished = False
    store.left = 99

    assert finished == (at == 5)  # there are five calls, so every one of them was tried
    committed_before_dying = at == 4 and after
    assert registry.versions("churn") == ([1, 2] if finished or committed_before_dying else [1])
    manifest, _ = registry.commit("churn", build)  # the next publisher succeeds
    assert_chain(registry, "churn", manifest.version)


def test_a_manifest_with_another_digest_than_the_release_froze_is_refused() -> None:
    memory = Memory()
    registry = Registry(memory)
    manifest, sha256 = registry.commit("churn", build)
    assert registry.manifest("churn", 1, sha256=sha256) == (manifest, sha256)
    memory.objects["models/churn/versions/1.json"] += b"\n"

    with pytest.raises(IntegrityError, match=f"expected sha256:{sha256}"):
        registry.manifest("churn", 1, sha256=sha256)


def test_a_manifest_copied_to_another_name_or_number_is_refused() -> None:
    memory = Memory()
    registry = Registry(memory)
    registry.commit("churn", build)
    memory.objects["models/other/versions/3.json"] = memory.objects["models/churn/versions/1.json"]

    with pytest.raises(IntegrityError, match="other version 3 names churn version 1"):
        registry.manifest("other", 3)


def test_an_unknown_schema_number_is_refused_and_not_published_upon() -> None:
    memory = Memory()
    registry = Registry(memory)
    memory.objects["models/churn/versions/1.json"] = b'{"schema": 999, "model": "churn"}'

    with pytest.raises(SchemaError, match="schema 999"):
        registry.manifest("churn", 1)
    manifest, _ = registry.commit("churn", build)
    assert (manifest.version, manifest.parent) == (2, None)


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe"])
def test_a_damaged_manifest_is_an_integrity_or_schema_error_never_a_crash(damaged: bytes) -> None:
    memory = Memory()
    memory.objects["models/churn/versions/1.json"] = damaged

    with pytest.raises((IntegrityError, SchemaError)):
        Registry(memory).manifest("churn", 1)


def test_missing_model_or_version_is_named() -> None:
    registry = Registry(Memory())
    registry.commit("churn", build)

    with pytest.raises(NotFoundError, match="'churn' has no version 2"):
        registry.manifest("churn", 2)
    with pytest.raises(NotFoundError, match="no model 'other'"):
        registry.latest("other")
    assert registry.versions("other") == []


def test_listing_sorts_versions_as_numbers_and_ignores_foreign_keys() -> None:
    memory = Memory()
    for key in ("10.json", "9.json", "09.json", "x.json", "1.json.bak", "1/2.json"):
        memory.objects[f"models/churn/versions/{key}"] = b""
    memory.objects[manifest_key("penguins", 1)] = b""
    memory.objects["models/Bad Name/versions/1.json"] = b""

    assert Registry(memory).versions("churn") == [9, 10]
    assert Registry(memory).models() == ["churn", "penguins"]


def test_one_models_versions_are_not_anothers_with_a_longer_name() -> None:
    registry = Registry(Memory())
    registry.commit("churn-eu", partial(build, model="churn-eu"))

    assert registry.versions("churn") == []


@pytest.mark.parametrize("name", ["a", "0", "churn", "churn-2", "a" * 63, "a-"])
def test_names_of_lower_case_letters_digits_and_hyphens_are_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a" * 64, "a/b", "..", "ä", "a\n", "a b"])
def test_other_names_are_refused_with_one_that_would_do(name: str) -> None:
    with pytest.raises(SettingsError, match="is not a model name") as caught:
        check_name(name)
    check_name(caught.value.hint.split("'")[1])
