"""A process that is killed at any call of `release` or `rollback`, then run again: state and journal are consistent.

Killed before its n-th call, for every n: to AWS that is the same as killed after the call before, its answer unread.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from fairlead.errors import ReleaseError
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from testkit.memory import Memory
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda


class Killed(BaseException):
    """No error that anything in the program may handle."""


@dataclass
class Executioner:
    """Counts calls of every service and of the store, and kills at one of them, or does something `instead`."""

    at: int = 0
    count: int = 0
    instead: Callable[[], None] | None = None

    def call(self, **_: Any) -> None:
        self.count += 1
        if self.count != self.at:
            return
        if self.instead is None:
            raise Killed
        self.instead()

    def arm(self, at: int) -> None:
        self.at, self.count = at, 0


class Mortal(Memory):
    """A store whose calls count too."""

    def __init__(self, executioner: Executioner) -> None:
        super().__init__()
        self._executioner = executioner

    def get(self, key: str) -> bytes:
        self._executioner.call()
        return super().get(key)

    def put_new(self, key: str, data: bytes) -> bool:
        self._executioner.call()
        return super().put_new(key, data)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        self._executioner.call()
        return super().keys(prefix, after=after)


@pytest.fixture
def executioner() -> Executioner:
    return Executioner()


@pytest.fixture
def memory(executioner: Executioner) -> Memory:
    return Mortal(executioner)


@pytest.fixture
def stage(
    releases: Releases, registry: Registry, desk: Desk, executioner: Executioner, lambda_: StrictLambda
) -> "Stage":
    """Release 3 (version 2) is live, release 2 (version 1) previous."""
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    desk.reconcile()
    services = {"lambda": lambda_.client, "codedeploy": desk.deploys.client, "cloudwatch": desk.cloudwatch}
    for name, client in services.items():
        client.meta.events.register_first(f"provide-client-params.{name}", executioner.call)
    return Stage(desk, registry, executioner)


@dataclass
class Stage:
    """A stack on which commands are killed repeatedly; the aliases are restored each time."""

    desk: Desk
    registry: Registry
    executioner: Executioner

    def aliases(self) -> tuple[str, str]:
        names = self.desk.lambda_.alias_names()
        return names["live"], names["previous"]

    def held(self) -> int:
        """The version that callers get, or most of them."""
        lambda_ = self.desk.lambda_
        return int(lambda_.environment(lambda_.at("live"))["FAIRLEAD_VERSION"])

    def calls(self, command: Callable[[], object]) -> int:
        """Return the number of calls of a command that is not killed."""
        self.executioner.arm(0)
        command()
        return self.executioner.count

    def killed(self, command: Callable[[], object], at: int) -> None:
        self.executioner.arm(at)
        with pytest.raises(Killed):
            command()
        self.executioner.arm(0)

    def again(self, command: Callable[[], object]) -> str:
        """Run a command that may find its work done, or under way; returns why it was refused, if it was."""
        try:
            command()
        except ReleaseError as error:
            return str(error)
        return ""

    def back(self) -> None:
        """Make release 3 live and 2 previous again, by hand, and reconcile the journal."""
        self.desk.deploys.finish()
        self.desk.lambda_.shift("live", "3", {})
        self.desk.lambda_.shift("previous", "2", {})
        self.desk.reconcile()
        self.desk.reconcile()

    def check_record(self) -> None:
        """Check that, a while later, the next command has written into the journal where both aliases are."""
        journal = self.desk.journal()
        self.desk.reconcile()
        standing, (live, previous) = self.desk.journal().standing(), self.aliases()
        assert standing.live is not None
        assert standing.live.now is not None
        assert standing.live.now.release == live
        assert standing.previous is not None
        assert standing.previous.now is not None
        assert standing.previous.now.release == previous
        assert standing.intents == ()
        assert journal.verify() == []
        written = journal.last()
        self.desk.reconcile()
        assert journal.last() == written


def test_a_release_killed_at_any_call_can_be_run_again(stage: Stage, deploys: FakeDeploys) -> None:
    def release() -> None:
        ship(stage.desk.releases(), stage.registry, 3)

    total = stage.calls(release)
    stage.back()
    assert total > 20
    for at in range(1, total + 1):
        stage.killed(release, at)

        assert stage.desk.lambda_.at("live") == "3" or stage.held() == 3, at
        assert stage.desk.lambda_.at("previous") in {"2", "3"}, at
        refused = stage.again(release)
        assert not refused or "is running since" in refused, at
        deploys.finish()
        assert stage.again(release) == "", at
        assert (stage.held(), stage.aliases()[1]) == (3, "3"), at
        stage.check_record()
        stage.back()


def test_a_rollback_killed_at_any_call_can_be_run_again(stage: Stage) -> None:
    def rollback() -> None:
        stage.desk.releases().rollback(stage.registry, "churn", away_from="3", reason="red")

    total = stage.calls(rollback)
    stage.back()
    assert total > 10
    for at in range(1, total + 1):
        stage.killed(rollback, at)

        assert stage.aliases() in {("3", "2"), ("2", "2")}, at
        refused = stage.again(rollback)
        assert not refused or "no longer release 3" in refused, at
        assert stage.aliases() == ("2", "2"), at
        stage.check_record()
        stage.back()


def test_a_rollback_during_a_deployment_killed_at_any_call_can_be_run_again(stage: Stage, deploys: FakeDeploys) -> None:
    arriving = ""

    def begin() -> str:
        stage.executioner.arm(0)
        deploys.hold = "done"
        started = stage.desk.releases().release(stage.registry, "churn", 3)
        for _ in range(2):
            stage.desk.context().deployments.read(started.deployment)
        return started.release.release

    def rollback() -> None:
        stage.desk.releases().rollback(stage.registry, "churn", away_from=arriving, reason="red")

    arriving = begin()
    total = stage.calls(rollback)
    stage.back()
    for at in range(1, total + 1):
        arriving = begin()
        stage.killed(rollback, at)

        assert stage.desk.lambda_.at("live") == "3", at
        refused = stage.again(rollback)
        assert not refused or f"no longer release {arriving}" in refused, (at, refused)
        assert stage.aliases() == ("3", "3"), at
        stage.check_record()
        stage.back()


def test_a_retirement_killed_at_any_call_can_be_run_again(stage: Stage) -> None:
    def retire() -> None:
        stage.desk.releases().retire(stage.registry, "churn", 3)

    store = stage.desk.memory.objects
    before = dict(store)
    total = stage.calls(retire)
    for at in range(1, total + 1):
        store.clear()
        store.update(before)
        stage.killed(retire, at)

        assert stage.again(retire) == ""
        assert "models/churn/retired/3.json" in store, at
        assert [one.kind for one in stage.desk.records()].count("retired") == 1, at
        assert stage.desk.journal().verify() == []


def test_a_rollback_at_any_call_of_another_command_moves_live_once(stage: Stage, executioner: Executioner) -> None:
    """Two commands run at once; each call of one is tried as the moment of the other."""

    def rollback(by: str) -> None:
        stage.desk.releases(by).rollback(stage.registry, "churn", reason="red")

    total = stage.calls(lambda: rollback("ada"))
    stage.back()
    for at in range(1, total + 1):
        known = stage.desk.journal().last()
        outcomes: list[str] = []

        def bob(outcomes: list[str] = outcomes) -> None:
            executioner.instead = None
            outcomes.append(stage.again(lambda: rollback("bob")))

        executioner.instead = bob
        executioner.arm(at)
        outcomes.append(stage.again(lambda: rollback("ada")))
        executioner.arm(0)

        assert stage.aliases() == ("2", "2"), at
        assert [not refused for refused in outcomes].count(True) == 1, (at, outcomes)
        moved = [one for one in stage.desk.records() if one.number > known and one.alias == "live"]
        assert [one.kind for one in moved] in (["moved"], ["found"]), at
        stage.check_record()
        stage.back()
