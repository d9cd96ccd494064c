"""Rollback: away from a named release, at any time, once."""

from datetime import timedelta

import pytest

from fairlead.errors import ReleaseError
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import NAME, StrictLambda


@pytest.fixture
def two(releases: Releases, registry: Registry) -> Releases:
    """churn 1 is release 2, churn 2 is release 3 and live."""
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    return releases


def test_rollback_moves_live_back_to_previous_and_leaves_previous(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    done = two.rollback(registry, "churn")

    assert (done.was.release, done.live.release, done.moved) == ("3", "2", True)
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}


def test_a_rollback_record_has_author_and_reason(two: Releases, registry: Registry, desk: Desk) -> None:
    desk.reconcile()

    two.rollback(registry, "churn", reason="errors since noon")

    intent, moved = desk.records()[-2:]
    assert (intent.kind, intent.by, intent.why) == ("intended", "ada", "errors since noon")
    assert (moved.kind, moved.alias, moved.by, moved.why) == ("moved", "live", "ada", "errors since noon")
    assert (moved.was and moved.was.release, moved.now and moved.now.release) == ("3", "2")
    assert desk.journal().standing().intents == ()
    assert desk.journal().verify() == []


def test_a_second_rollback_does_not_overshoot(two: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    ship(two, registry, 3)
    two.rollback(registry, "churn")

    with pytest.raises(ReleaseError, match="nothing to go back to"):
        two.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"


def test_rollback_away_from_a_release_that_is_no_longer_live_does_nothing(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    with pytest.raises(ReleaseError, match="no longer release 14"):
        two.rollback(registry, "churn", away_from="14")
    assert lambda_.points_at("live") == "3"
    assert two.rollback(registry, "churn", away_from="3").live.release == "2"


def test_two_rollbacks_at_once_move_live_once(
    two: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk
) -> None:
    lambda_.before("UpdateAlias", lambda: desk.releases("bob").rollback(registry, "churn"))

    with pytest.raises(ReleaseError, match="another client changed it"):
        two.rollback(registry, "churn")

    assert lambda_.points_at("live") == "2"
    assert [one.by for one in desk.records() if one.kind == "moved" and one.alias == "live"] == ["bob"]
    assert desk.journal().verify() == []


@pytest.mark.parametrize("to", ["1", "r2"])
def test_rollback_to_a_named_version_or_release(
    two: Releases, registry: Registry, lambda_: StrictLambda, to: str
) -> None:
    ship(two, registry, 3)

    assert two.rollback(registry, "churn", to=to).live.release == "2"
    assert lambda_.alias_names() == {"live": "2", "previous": "3"}


def test_plain_rollback_after_a_failed_canary_undoes_nothing_and_names_the_command(
    two: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, desk: Desk
) -> None:
    desk.reconcile()
    deploys.alarm = True
    two.release(registry, "churn", 3)
    deploys.finish()
    desk.record(
        kind="failed", alias="live", by="codedeploy", deployment="d-3",
        was=two.live(), now=desk.context().function.release("4"),
    )  # fmt: skip

    with pytest.raises(ReleaseError, match="nothing to go back to") as caught:
        two.rollback(registry, "churn")

    assert lambda_.alias_names() == {"live": "3", "previous": "3"}
    assert caught.value.hint.startswith("live left release 4 (churn version 3) at ")
    assert caught.value.hint.endswith(
        "go further back to release 2 (churn version 1): `fairlead rollback churn --to r2`"
    )
    assert two.rollback(registry, "churn", to="r2").live.release == "2"


def test_a_proposed_rollback_target_is_accepted(
    two: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk
) -> None:
    desk.reconcile()
    ship(two, registry, 3)
    two.rollback(registry, "churn")
    two.retire(registry, "churn", 1)

    with pytest.raises(ReleaseError, match="nothing to go back to") as caught:
        two.rollback(registry, "churn")

    assert "--to r" not in caught.value.hint
    assert "live left release 4 (churn version 3)" in caught.value.hint


def test_after_a_rollback_past_previous_a_plain_one_does_not_go_forward_again(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(two, registry, 3)
    two.rollback(registry, "churn", to="r2")

    with pytest.raises(ReleaseError, match="previous is release 3: nothing to go back to") as caught:
        two.rollback(registry, "churn")
    assert "--to" in caught.value.hint
    assert two.rollback(registry, "churn", to="r4").live.release == "4"


def test_the_newest_release_of_a_version_is_the_one_that_its_number_names(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=2048)
    ship(two, registry, 1)  # release 4
    ship(two, registry, 3)

    assert two.rollback(registry, "churn", to="1").live.release == "4"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("r9", "release 9 does not exist, or was deleted"),
        ("3", "no other release holds churn version 3"),
        ("2", "no other release holds churn version 2"),
        ("r3", "live is already at "),
        ("r1", r"release 1 \(no model\) does not hold churn"),
        ("latest", "'latest' is not a version or a release"),
    ],
)
def test_an_impossible_rollback_target_is_refused_with_the_reason(
    two: Releases, registry: Registry, lambda_: StrictLambda, to: str, said: str
) -> None:
    with pytest.raises(ReleaseError, match=said):
        two.rollback(registry, "churn", to=to)
    assert lambda_.points_at("live") == "3"


def test_rollback_stops_a_running_deployment_and_clears_its_weights(
    two: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, desk: Desk
) -> None:
    deploys.hold = "done"
    started = two.release(registry, "churn", 3)
    for _ in range(2):
        desk.context().deployments.read(started.deployment)
    assert two.status().weights == {"4": 0.1}

    done = two.rollback(registry, "churn", away_from="4", reason="no")

    assert deploys.last.info["status"] == "Stopped"
    assert (done.was.release, done.live.release, done.moved) == ("4", "3", True)
    assert lambda_.alias_names() == {"live": "3", "previous": "3"}
    assert "stopping deployment d-3" in desk.said


def test_rollback_is_dated_after_the_end_of_the_stopped_deployment_even_by_a_slow_clock(
    two: Releases, registry: Registry, deploys: FakeDeploys, desk: Desk
) -> None:
    """The event of that end arrives later. By a slow clock it would be newer than the move, and would override it."""
    deploys.hold = "done"
    started = two.release(registry, "churn", 3)
    for _ in range(2):
        desk.context().deployments.read(started.deployment)
    desk.now -= timedelta(minutes=2)

    two.rollback(registry, "churn")

    ended = desk.context().deployments.read(started.deployment).ended
    assert ended
    [moved] = [one for one in desk.journal().tail(1) if one.kind == "moved"]
    assert moved.effective > ended


def test_rollback_waits_for_codedeploys_own_rollback_before_it_touches_live(
    two: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, desk: Desk
) -> None:
    """If the group's settings overrule autoRollbackEnabled=False, CodeDeploy also moves the alias."""
    deploys.hold, deploys.rolls_back_on_stop = "done", True
    started = two.release(registry, "churn", 3)
    for _ in range(2):
        desk.context().deployments.read(started.deployment)
    deploys.before("StopDeployment", lambda: setattr(deploys, "hold", ""))

    done = two.rollback(registry, "churn")

    assert (done.live.release, done.moved) == ("3", False)
    assert lambda_.points_at("live") == "3"
    assert all(entry.ended for entry in deploys.entries.values())


def open_intents(desk: Desk) -> list[str]:
    """Return the targets of the journal's open intents."""
    return [intent.now.release for intent in desk.journal().standing().intents if intent.now]


def test_rollback_before_any_caller_reached_the_release_only_stops_its_deployment(
    two: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, desk: Desk
) -> None:
    deploys.hold = "hook"
    two.release(registry, "churn", 3)

    done = two.rollback(registry, "churn", reason="not now")

    assert (done.was.release, done.live.release, done.moved) == ("4", "3", False)
    assert deploys.last.info["status"] == "Stopped"
    assert lambda_.alias_names() == {"live": "3", "previous": "3"}
    last = desk.records()[-1]
    assert (last.kind, last.alias, last.by, last.why) == ("found", "live", "ada", "not now"), (
        "the record does not claim a move"
    )
    assert open_intents(desk) == ["4"], "whose end CodeDeploy tells"


def test_a_rollback_after_another_rollback_is_recorded_as_found_not_moved(
    two: Releases, registry: Registry, deploys: FakeDeploys, desk: Desk
) -> None:
    deploys.hold = "hook"
    two.release(registry, "churn", 3)
    deploys.before("StopDeployment", lambda: desk.releases("bob").rollback(registry, "churn"))

    done = two.rollback(registry, "churn")

    assert (done.live.release, done.moved) == ("3", False)
    assert [one.by for one in desk.records() if one.kind in {"moved", "found"} and one.alias == "live"][-1] == "bob"
    assert open_intents(desk) == ["4"]
    assert desk.journal().verify() == []


def test_rollback_of_a_deployment_that_ends_meanwhile_moves_live_back(
    two: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys
) -> None:
    deploys.hold = "hook"
    two.release(registry, "churn", 3)
    deploys.before("StopDeployment", deploys.finish)

    done = two.rollback(registry, "churn")

    assert (done.was.release, done.live.release, done.moved) == ("4", "3", True)
    assert lambda_.alias_names() == {"live": "3", "previous": "3"}


def test_rollback_clears_the_weights_of_an_abandoned_shift(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    two.rollback(registry, "churn")
    lambda_.shift("live", "2", {"3": 0.5})

    two.rollback(registry, "churn")

    assert lambda_.points_at("live") == "2"  # which asserts that no weights are left


def test_rollback_works_while_the_stack_is_being_changed(
    desk: Desk, two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    import msgspec

    changing = msgspec.structs.replace(desk.stack, status="UPDATE_IN_PROGRESS")

    assert desk.releases(stack=changing).rollback(registry, "churn").moved


def test_there_is_nothing_to_roll_back_to_after_the_first_release(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 1)

    with pytest.raises(ReleaseError, match="no release of churn before this one"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "2"


def test_rollback_before_any_release_or_of_another_model_is_refused(releases: Releases, registry: Registry) -> None:
    with pytest.raises(ReleaseError, match="live holds no model, not churn"):
        releases.rollback(registry, "churn")
    ship(releases, registry, 1)
    with pytest.raises(ReleaseError, match="live holds churn, not penguins"):
        releases.rollback(registry, "penguins")


def test_rollback_to_a_deleted_version_is_refused(two: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    """AWS does not delete a version that an alias names. moto does, so the test can have such a version missing."""
    lambda_.client.delete_function(FunctionName=NAME, Qualifier="2")

    with pytest.raises(ReleaseError, match="previous names release 2, which was deleted"):
        two.rollback(registry, "churn")
    assert two.status().previous is None


def test_rollback_reactivates_an_inactive_version_before_live_moves_and_reports_it(
    two: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk
) -> None:
    """With SnapStart a version becomes Inactive after 14 days; the first call starts to reactivate it."""
    inactive, pending, active = {"State": "Inactive"}, {"State": "Pending"}, {"State": "Active"}
    lambda_.states["2"] = [inactive, inactive, inactive, pending, active]
    lambda_.refusals["Invoke"] = ["SnapStartNotReadyException"]
    lambda_.calls.clear()

    two.rollback(registry, "churn")

    assert lambda_.points_at("live") == "2"
    assert lambda_.calls.index("UpdateAlias") > lambda_.calls.index("Invoke")
    assert any(line.startswith("reactivating release 2") for line in desk.said)


def test_rollback_to_a_release_that_cannot_answer_is_refused(
    two: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.answers["2"] = [{"statusCode": 503, "body": "{}"}]

    with pytest.raises(ReleaseError, match="release 2 cannot answer: HTTP 503"):
        two.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"


def test_rollback_to_a_retired_version_is_refused(two: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    two.retire(registry, "churn", 1)

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        two.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"
