"""Rollback targets: releases that answer and can cold start; and rollbacks while the registry is broken."""

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import ReleaseError, StorageError
from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Blob
from fairlead.registry.store import Registry, blob_key, manifest_key
from fairlead.releases.facade import Releases
from testkit.memory import Memory
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda
from tests.manifests import BLOBS, build

MANIFEST = manifest_key("churn", 2)
SKLEARN, GOLDEN = (blob_key(Blob(sha256=sha256_of(BLOBS[name]), size=0)) for name in ("sklearn", "golden"))


@pytest.fixture
def three(releases: Releases, registry: Registry) -> Releases:
    """churn 1 is release 2, churn 2 (sklearn, alone in its blob) is release 3, churn 3 is release 4 and live."""
    for version in (1, 2, 3):
        ship(releases, registry, version)
    return releases


def lose(memory: Memory, key: str) -> None:
    del memory.objects[key]


def edit(memory: Memory, key: str) -> None:
    memory.objects[key] += b" "


@pytest.mark.parametrize("harm", [lose, edit])
@pytest.mark.parametrize("key", [MANIFEST, SKLEARN])
@pytest.mark.parametrize("to", ["", "r3", "2"])
def test_a_warm_target_that_cannot_cold_start_is_refused_and_an_older_good_release_is_named(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Memory,
    harm: Callable[[Memory, str], None], key: str, to: str,
) -> None:  # fmt: skip
    """The target still answers, from an environment that loaded its model long ago."""
    harm(memory, key)

    with pytest.raises(ReleaseError, match=r"release 3 \(churn version 2\) cannot cold start: ") as caught:
        three.rollback(registry, "churn", to=to)

    assert caught.value.hint == "release 2 (churn version 1) can: `fairlead rollback churn --to r2`"
    assert lambda_.alias_names() == {"live": "4", "previous": "3"}
    assert three.rollback(registry, "churn", to="r2").doubts == ()
    assert lambda_.points_at("live") == "2"


def test_where_no_older_release_can_start_none_is_named(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Memory
) -> None:
    lose(memory, GOLDEN)

    with pytest.raises(ReleaseError, match="cannot cold start") as caught:
        three.rollback(registry, "churn")

    assert "--to r" not in caught.value.hint
    assert "fairlead versions churn" in caught.value.hint
    assert lambda_.points_at("live") == "4"


def test_an_older_release_that_does_not_answer_or_is_retired_is_not_named(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Memory
) -> None:
    registry.commit("churn", build)
    registry.commit("churn", build)
    ship(three, registry, 5)  # release 5; release 4 holds version 3, release 3 version 2, release 2 version 1
    lambda_.answers["3"] = [{"errorMessage": "it died"}]
    lose(memory, manifest_key("churn", 3))

    with pytest.raises(ReleaseError) as caught:
        three.rollback(registry, "churn")
    assert "--to r2`" in caught.value.hint

    three.retire(registry, "churn", 1)
    with pytest.raises(ReleaseError) as caught:
        three.rollback(registry, "churn")
    assert "--to r" not in caught.value.hint


def test_live_itself_is_not_named_as_the_way_back(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Memory
) -> None:
    three.rollback(registry, "churn", to="r2")
    lose(memory, MANIFEST)

    with pytest.raises(ReleaseError, match=r"release 3 .* cannot cold start") as caught:
        three.rollback(registry, "churn", to="r3")

    assert "--to r" not in caught.value.hint


class Unreachable(Memory):
    """A store that cannot be reached while `down`, or refuses writes alone."""

    down = False
    refuses = False

    def get(self, key: str) -> bytes:
        self._reach()
        return super().get(key)

    def keys(self, prefix: str, *, after: str = "") -> Any:
        self._reach()
        return super().keys(prefix, after=after)

    def put_new(self, key: str, data: bytes) -> bool:
        self._reach()
        if self.refuses:
            raise StorageError(f"could not create {key}: AccessDenied")
        return super().put_new(key, data)

    def _reach(self) -> None:
        if self.down:
            raise StorageError("could not reach the store")


@pytest.fixture
def memory() -> Unreachable:
    return Unreachable()


def test_while_the_store_is_unreachable_the_warm_answer_counts_and_each_doubt_is_said(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Unreachable, desk: Desk
) -> None:
    desk.reconcile()
    memory.down = True

    done = three.rollback(registry, "churn", away_from="4", reason="errors")

    assert (done.live.release, done.moved) == ("3", True)
    assert lambda_.points_at("live") == "3"
    said = "\n".join(done.doubts)
    assert "it is unknown whether release 3 (churn version 2) can cold start" in said
    assert "the journal has no record that live is release 3 (churn version 2); the next command writes it" in said
    assert [one for one in desk.said if one.startswith("WARNING: ")] == [f"WARNING: {one}" for one in done.doubts]

    memory.down = False
    desk.reconcile()
    healed = desk.records()[-1]
    assert (healed.kind, healed.alias, healed.now and healed.now.release) == ("found", "live", "3")
    assert desk.journal().verify() == []


def test_a_target_that_does_not_answer_is_refused_whether_the_store_is_reachable_or_not(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Unreachable
) -> None:
    lambda_.answers["3"] = [{"statusCode": 503, "body": '{"detail": "no model"}'}]
    memory.down = True
    with pytest.raises(ReleaseError, match="release 3 cannot answer: no model"):
        three.rollback(registry, "churn")
    assert lambda_.points_at("live") == "4"


def test_a_journal_that_refuses_writes_holds_no_rollback_up_and_the_next_command_heals_it(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Unreachable, desk: Desk
) -> None:
    desk.reconcile()
    memory.refuses = True

    done = three.rollback(registry, "churn")

    assert lambda_.points_at("live") == "3"
    assert [one.partition(":")[0] for one in done.doubts] == [
        "the journal holds no intent for this move",
        "the journal has no record that live is release 3 (churn version 2); the next command writes it",
    ]
    memory.refuses = False
    desk.reconcile()
    assert desk.records()[-1].kind == "found"
    assert desk.journal().verify() == []


def test_a_release_is_not_started_while_the_journal_refuses_writes(
    three: Releases, registry: Registry, lambda_: StrictLambda, memory: Unreachable
) -> None:
    """A release can wait for the journal; a rollback cannot."""
    memory.refuses = True
    with pytest.raises(StorageError):
        three.release(registry, "churn", 1)
    assert lambda_.alias_names() == {"live": "4", "previous": "3"}
