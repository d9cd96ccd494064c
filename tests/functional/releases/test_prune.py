"""Pruning deletes old Lambda versions, and keeps those that an alias, a deployment, the journal or `--pin` names."""

import pytest

from fairlead.errors import ReleaseError
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import NAME, StrictLambda


@pytest.fixture
def many(releases: Releases, registry: Registry, desk: Desk) -> Releases:
    """Releases 2 to 9 of churn, by turns of versions 1 and 3; 9 is live, 8 previous."""
    for turn in range(8):
        ship(releases, registry, 1 if turn % 2 else 3)
        desk.lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=512 + turn)
        desk.reconcile()
    return releases


def versions(lambda_: StrictLambda) -> set[str]:
    found = lambda_.client.list_versions_by_function(FunctionName=NAME)["Versions"]
    return {one["Version"] for one in found} - {"$LATEST"}


def test_plan_deletes_nothing_and_gives_the_reason_for_each_kept_release(many: Releases, lambda_: StrictLambda) -> None:
    planned = many.plan_pruning("churn", keep=1, pins=["4"])

    assert [one.release for one in planned.goes] == ["6", "5", "3", "2"]
    why = {one.release.release: one.why for one in planned.stays}
    assert why["9"] == "named by alias live"
    assert why["8"] == "named by alias previous"
    assert why["7"].startswith("live from ")  # the journal's last good
    assert why["4"] == "pinned"
    assert versions(lambda_) == {str(number) for number in range(1, 10)}


@pytest.mark.parametrize("pin", ["zzz", "99", ""])
def test_a_pin_that_is_no_release_is_refused(many: Releases, pin: str) -> None:
    with pytest.raises(ReleaseError, match="there is no release"):
        many.plan_pruning("churn", keep=1, pins=["4", pin])


def test_prune_deletes_as_planned_and_writes_the_journal(many: Releases, lambda_: StrictLambda, desk: Desk) -> None:
    many.prune(many.plan_pruning("churn", keep=5))

    assert versions(lambda_) == {"1", "5", "6", "7", "8", "9"}
    gone = [one.was.release for one in desk.records() if one.kind == "pruned" and one.was]
    assert gone == ["4", "3", "2"]
    assert many.plan_pruning("churn", keep=5).goes == []
    assert desk.journal().verify() == []


def test_the_version_that_cloudformation_made_is_never_deleted(many: Releases, lambda_: StrictLambda) -> None:
    many.prune(many.plan_pruning("churn", keep=1))

    assert "1" in versions(lambda_)


def test_other_models_are_left_alone(many: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    planned = many.plan_pruning("penguins", keep=1)

    assert (planned.goes, planned.stays) == ([], [])


def test_both_ends_of_a_running_deployment_stay(many: Releases, registry: Registry, deploys: FakeDeploys) -> None:
    deploys.hold = "hook"
    many.release(registry, "churn", 2)

    why = {one.release.release: one.why for one in many.plan_pruning("churn", keep=1).stays}

    assert why["10"] == "the target of deployment d-9"
    assert why["9"].startswith("named by alias")


def test_a_version_that_an_alias_names_meanwhile_stays(
    many: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    planned = many.plan_pruning("churn", keep=5)
    many.rollback(registry, "churn", to="r4")

    with pytest.raises(ReleaseError, match=r"release 4 .* is named by alias live"):
        many.prune(planned)
    assert versions(lambda_) == {str(number) for number in range(1, 10)}
