"""The end of a version's service: written once, found by one listing."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from fairlead.errors import NotFoundError
from fairlead.registry.retirements import Retirement, retire, retired, retirement
from fairlead.registry.store import Registry
from testkit.memory import Memory
from tests.manifests import build

WHEN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ending(version: int, by: str = "ada", reason: str = "biased") -> Retirement:
    return Retirement(model="churn", version=version, retired=WHEN, retired_by=by, reason=reason)


@pytest.fixture
def registry() -> Registry:
    made = Registry(Memory())
    for _ in range(3):
        made.commit("churn", build)
    return made


def test_a_retired_version_keeps_its_record(registry: Registry) -> None:
    before = registry.manifest("churn", 2)

    assert retire(registry, ending(2)) == (ending(2), True)

    assert retired(registry.objects, "churn") == {2}
    assert retirement(registry, "churn", 2) == ending(2)
    assert retirement(registry, "churn", 1) is None
    assert registry.versions("churn") == [1, 2, 3]
    assert registry.manifest("churn", 2) == before


def test_first_retirement_of_a_version_is_kept(registry: Registry) -> None:
    retire(registry, ending(2))

    assert retire(registry, ending(2, by="bob", reason="again")) == (ending(2), False)
    assert retirement(registry, "churn", 2) == ending(2)


def test_a_put_that_was_sent_twice_is_still_ones_own(registry: Registry) -> None:
    class Lossy(Memory):
        def put_new(self, key: str, data: bytes) -> bool:
            super().put_new(key, data)
            return super().put_new(key, data)

    lossy = Registry(Lossy())
    lossy.commit("churn", build)

    assert retire(lossy, ending(1)) == (ending(1), True)


def test_a_version_that_does_not_exist_cannot_be_retired(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="'churn' has no version 4"):
        retire(registry, ending(4))
    assert retired(registry.objects, "churn") == frozenset()


def test_foreign_keys_retire_nothing() -> None:
    memory = Memory()
    for key in ("churn/retired/x.json", "churn/retired/1.json.bak", "churn/retired/01.json", "churn-eu/retired/7.json"):
        memory.objects[f"models/{key}"] = b""

    assert retired(memory, "churn") == frozenset()
    assert retired(memory, "churn-eu") == {7}


@pytest.mark.parametrize(
    ("marker", "fault"),
    [
        (b"{", "cannot be read: "),
        (b"", "cannot be read: "),
        (b"\xff\xfe", "cannot be read: "),
        (b'{"a":' * 100_000, "cannot be read: "),
        (b'{"model": "churn"}', "cannot be read: "),
        (msgspec.json.encode(ending(1)), "names churn version 1 instead"),
    ],
    ids=["half", "empty", "no UTF-8", "deep", "members missing", "another version's"],
)
def test_a_marker_that_cannot_be_read_still_retires_and_is_named(registry: Registry, marker: bytes, fault: str) -> None:
    registry.objects.put_new("models/churn/retired/2.json", marker)

    assert retired(registry.objects, "churn") == {2}
    found = retirement(registry, "churn", 2)
    assert found is not None
    assert (found.version, found.retired, found.retired_by) == (2, None, "")
    assert str(found).startswith(f"models/churn/retired/2.json {fault}")
    assert len(str(found)) < 400
    assert retire(registry, ending(2)) == (found, False)


def test_a_time_with_another_offset_is_printed_in_utc() -> None:
    east = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert str(msgspec.structs.replace(ending(2), retired=east)) == "2026-11-23 12:00:00Z by ada: biased"
