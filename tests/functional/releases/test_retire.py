"""Retirement and releases: a live version, or one about to be live, is not retired; a retired one is never released."""

import pytest

from fairlead.errors import NotFoundError, ReleaseError
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda


def test_a_version_that_is_not_live_can_be_retired_once(releases: Releases, registry: Registry, desk: Desk) -> None:
    ship(releases, registry, 3)

    first, done = releases.retire(registry, "churn", 1, reason="biased")
    again = desk.releases("bob").retire(registry, "churn", 1)

    assert (done, first.retired_by, first.reason) == (True, "ada", "biased")
    assert again == (first, False)
    assert retirements.retired(registry.objects, "churn") == {1}
    [record] = [one for one in desk.records() if one.kind == "retired"]
    assert (record.model, record.version, record.by, record.why) == ("churn", 1, "ada", "biased")


def test_a_version_that_does_not_exist_cannot_be_retired(releases: Releases, registry: Registry, desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no version 9"):
        releases.retire(registry, "churn", 9)
    assert desk.records() == []


def test_the_live_version_cannot_be_retired_until_another_is_released(releases: Releases, registry: Registry) -> None:
    ship(releases, registry, 1)

    with pytest.raises(ReleaseError, match=r"release 2 \(churn version 1\) is live") as caught:
        releases.retire(registry, "churn", 1)
    assert "release another version first" in caught.value.hint
    assert retirements.retired(registry.objects, "churn") == frozenset()

    ship(releases, registry, 3)
    assert releases.retire(registry, "churn", 1)[1]


def test_the_same_number_of_another_model_can_be_retired(releases: Releases, registry: Registry) -> None:
    ship(releases, registry, 1)

    assert releases.retire(registry, "penguins", 1)[1]


def test_neither_version_of_a_running_deployment_can_be_retired(
    releases: Releases, registry: Registry, deploys: FakeDeploys
) -> None:
    ship(releases, registry, 1)
    deploys.hold = "hook"
    releases.release(registry, "churn", 3)

    for version in (1, 3):
        with pytest.raises(ReleaseError, match=f"churn version {version}"):
            releases.retire(registry, "churn", version)


def test_a_retired_version_is_not_released(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.retire(registry, "churn", 1)
    lambda_.calls.clear()

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.release(registry, "churn", 1)
    assert lambda_.changes() == []


def test_a_version_retired_while_it_was_proved_does_not_become_live(
    releases: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk
) -> None:
    lambda_.before("Invoke", lambda: desk.releases("bob").retire(registry, "churn", 1))

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"


def test_of_a_release_and_a_retirement_at_once_the_first_in_the_journal_wins(
    releases: Releases, registry: Registry, desk: Desk, deploys: FakeDeploys
) -> None:
    """Between the intent and the deployment nothing but the journal shows that a version is about to be live."""
    ship(releases, registry, 3)
    refused: list[ReleaseError] = []

    def retire() -> None:
        with pytest.raises(ReleaseError, match=r"ada is releasing release 3 \(churn version 1\)") as caught:
            desk.releases("bob").retire(registry, "churn", 1)
        refused.append(caught.value)

    deploys.before("CreateDeployment", retire)

    assert ship(releases, registry, 1).moved
    assert refused
    assert retirements.retired(registry.objects, "churn") == frozenset()


def test_a_recorded_retirement_without_its_object_refuses_the_release(
    releases: Releases, registry: Registry, desk: Desk, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 3)
    desk.record(kind="retired", by="bob", model="churn", version=1, key="retired:churn@1")

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.release(registry, "churn", 1)
    assert lambda_.alias_names() == {"live": "2", "previous": "1"}
