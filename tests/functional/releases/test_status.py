"""The output of status, and of watching a deployment."""

import pytest

from fairlead.errors import ReleaseError
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship


def test_status_shows_the_live_release_and_the_rollback_target(releases: Releases, registry: Registry) -> None:
    before = releases.status()
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    after = releases.status()

    assert (before.live.model, before.live.release) == (None, "1")
    assert (after.live.version, after.live.release) == (2, "3")
    assert after.previous is not None
    assert (after.previous.version, after.previous.release) == (1, "2")
    assert after.running is None
    assert [(alarm.name, alarm.release) for alarm in after.alarms] == [
        ("fairlead-canary-errors", "3"),
        ("fairlead-canary-latency", "3"),
    ]


def test_status_shows_author_and_reason_of_the_running_deployment(
    releases: Releases, registry: Registry, deploys: FakeDeploys
) -> None:
    ship(releases, registry, 1)
    deploys.hold = "done"
    releases.release(registry, "churn", 2, reason="spring data")

    running = releases.status().running

    assert running is not None
    assert (running.deployment.id, running.target, running.strategy) == ("d-2", "3", "canary-10-5m")
    assert (running.by, running.why) == ("ada", "spring data")


def test_a_watched_deployment_shows_both_releases_until_it_ends(
    releases: Releases, registry: Registry, deploys: FakeDeploys, desk: Desk
) -> None:
    ship(releases, registry, 1)
    started = releases.release(registry, "churn", 2)

    seen = list(releases.watch(started.deployment, pause=0))

    shares = [(one.old and one.old.share, one.new and one.new.share) for one in seen]
    assert (0.9, 0.1) in shares
    assert shares[-1] == (0.0, 1.0)
    assert [one.deployment.status for one in seen][-1] == "Succeeded"
    assert {one.old.release.release for one in seen if one.old} == {"2"}
    assert {one.new.release.release for one in seen if one.new} == {"3"}
    assert [alarm.state for alarm in seen[0].alarms] == ["INSUFFICIENT_DATA"] * 2
    assert seen[-1].hook == "not yet"


def test_the_watch_ends_with_a_deployment_that_failed(
    releases: Releases, registry: Registry, deploys: FakeDeploys
) -> None:
    ship(releases, registry, 1)
    deploys.alarm = True
    started = releases.release(registry, "churn", 2)

    last = list(releases.watch(started.deployment, pause=0))[-1]

    assert (last.deployment.status, last.deployment.reason.split(":")[0]) == ("Stopped", "ALARM_ACTIVE")
    with pytest.raises(ReleaseError, match="ALARM_ACTIVE"):
        releases.follow(started)
