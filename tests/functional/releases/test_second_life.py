"""A stack deployed again under the name of a deleted one, with its registry: release numbers begin at 1 again."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fairlead.errors import ReleaseError
from fairlead.model.release import Release
from fairlead.registry.store import Registry
from fairlead.releases.release import ReleaseOrder, freeze
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.session import connect
from tests.functional.strict_lambda import BASE, NAME, StrictLambda

FIRST, SECOND = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


def born(desk: Desk, life: str, *, number: int = 1) -> Desk:
    """Create the function and its aliases as the first deployment of a stack does; earlier ones are replaced.

    `number` is its first version's: AWS's guide leaves open whether a function of a used name counts from 1 again.
    """
    client = connect("lambda")
    base = BASE | {"FAIRLEAD_LIFE": life}
    old = client.get_function(FunctionName=NAME)["Configuration"]
    made: dict[str, Any] = {key: old[key] for key in ("FunctionName", "Runtime", "Handler", "Role")}
    client.delete_function(FunctionName=NAME)
    layers = [layer["Arn"] for layer in old["Layers"]]
    client.create_function(**made, Code={"ZipFile": b""}, Environment={"Variables": base}, Layers=layers)
    for unused in range(1, number):
        client.publish_version(FunctionName=NAME)
        client.update_function_configuration(FunctionName=NAME, MemorySize=1000 + unused)
    client.publish_version(FunctionName=NAME)
    for alias in ("live", "previous"):
        client.create_alias(FunctionName=NAME, Name=alias, FunctionVersion=str(number))
    lambda_ = StrictLambda()
    stack = msgspec.structs.replace(desk.stack, environment=base)
    now = desk.now + timedelta(hours=1)
    return Desk(stack, lambda_, FakeDeploys(lambda_), desk.cloudwatch, desk.memory, now=now)


@pytest.fixture
def first(desk: Desk, registry: Registry) -> Desk:
    """In the first life churn 1 is release 2, churn 2 release 3, and churn 3 release 4, which is live."""
    life = born(desk, FIRST)
    for version in (1, 2, 3):
        ship(life.releases(), registry, version)
        life.reconcile()
    return life


@pytest.fixture
def second(first: Desk) -> Desk:
    return born(first, SECOND)


def lived(release: Release | None) -> tuple[str, str]:
    assert release is not None
    return release.release, release.life


def test_the_new_aliases_do_not_differ_from_the_journal_of_the_deleted_stack(second: Desk) -> None:
    before = len(second.records())
    second.reconcile()

    assert len(second.records()) == before
    assert second.journal().verify() == []


def test_a_release_continues_the_chain_and_says_of_which_life_it_is(
    first: Desk, second: Desk, registry: Registry
) -> None:
    ship(second.releases(), registry, 1)
    second.reconcile()

    journal = second.journal()
    then, now = (journal.all().who_was_live(at) for at in (first.now, second.now))
    assert then is not None
    assert now is not None
    assert (lived(then.release), lived(now.release)) == (("4", FIRST), ("2", SECOND))
    assert {lived(one.now) for one in journal.records() if one.now and one.now.release == "2"} == {
        ("2", FIRST), ("2", SECOND),
    }  # fmt: skip
    assert journal.verify() == []


def test_a_release_of_the_deleted_stack_is_refused_as_target_with_its_version(second: Desk, registry: Registry) -> None:
    ship(second.releases(), registry, 1)

    with pytest.raises(ReleaseError) as caught:
        second.releases().rollback(registry, "churn", to="r4")
    assert str(caught.value) == (
        f"release 4 (churn version 3) is of an earlier stack of this name (id …{FIRST}), whose releases went with it"
    )
    assert caught.value.hint == "`fairlead release churn 3` releases its version again"

    with pytest.raises(ReleaseError, match="no other release holds churn version 3"):
        second.releases().rollback(registry, "churn", to="3")


def test_a_number_means_the_release_of_the_present_life(second: Desk, registry: Registry) -> None:
    for version in (3, 2):
        ship(second.releases(), registry, version)
        second.reconcile()

    second.releases().rollback(registry, "churn", to="r2")

    assert second.lambda_.environment("2")["FAIRLEAD_VERSION"] == "3"
    assert second.lambda_.points_at("live") == "2"


def test_no_way_further_back_leads_into_the_old_life(second: Desk, registry: Registry) -> None:
    ship(second.releases(), registry, 2)

    with pytest.raises(ReleaseError) as caught:
        second.releases().rollback(registry, "churn")
    assert "--to r" not in caught.value.hint


def test_an_intent_that_the_old_life_left_open_explains_no_move_of_the_new(first: Desk, registry: Registry) -> None:
    old = first.context().function.release("2")
    first.record(kind="intended", by="ada", why="of the old life", now=old)
    left = first.records()[-1].number
    second = born(first, SECOND)

    ship(second.releases(), registry, 1)
    second.reconcile()

    assert second.journal().standing().intents == ()
    assert not [one for one in second.records() if one.why.startswith(f"completes record {left}")]


def test_pruning_keeps_no_number_for_the_old_life_s_sake(second: Desk, registry: Registry) -> None:
    for turn in range(5):
        ship(second.releases(), registry, 1 if turn % 2 else 3)
        second.lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=512 + turn)
        second.reconcile()

    planned = second.releases().plan_pruning("churn", keep=1)

    assert [one.release for one in planned.goes] == ["3", "2"]
    second.releases().prune(planned)
    assert [lived(one.was) for one in second.records() if one.kind == "pruned"] == [("3", SECOND), ("2", SECOND)]


def test_previous_is_not_restored_by_a_record_of_the_deleted_stack(second: Desk, registry: Registry) -> None:
    """The old life moved previous from 2 to 3. In the new life both aliases name 3, and 2 was never in service."""
    for version in (1, 2):
        freeze(second.context(), registry, ReleaseOrder(model="churn", version=version))
    for alias in ("live", "previous"):
        second.lambda_.client.update_alias(FunctionName=NAME, Name=alias, FunctionVersion="3")
    said = second.journal().standing().previous
    assert (lived(said.was), lived(said.now)) == (("2", FIRST), ("3", FIRST)) if said else False

    with pytest.raises(ReleaseError, match="not to release 2"):
        second.mover().move(second.context().function.alias("previous"), "2")


@pytest.mark.parametrize("number", [1, 5])
def test_the_bootstrap_version_stays_whatever_its_number(first: Desk, registry: Registry, number: int) -> None:
    second = born(first, SECOND, number=number)
    for turn in range(6):
        ship(second.releases(), registry, 1 if turn % 2 else 3)
        second.lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=512 + turn)
        second.reconcile()

    planned = second.releases().plan_pruning("churn", keep=1)
    second.releases().prune(planned)

    assert [int(one.release) - number for one in planned.goes] == [3, 2, 1]
    left = second.lambda_.client.list_versions_by_function(FunctionName=NAME)["Versions"]
    assert [int(one["Version"]) - number for one in left[number:]] == [0, 4, 5, 6]


def test_continued_numbers_distinguish_the_two_lives_too(first: Desk, registry: Registry) -> None:
    second = born(first, SECOND, number=5)
    for version in (3, 2):
        ship(second.releases(), registry, version)
        second.reconcile()

    second.releases().rollback(registry, "churn")
    assert second.lambda_.points_at("live") == "6"
    assert second.journal().verify() == []
