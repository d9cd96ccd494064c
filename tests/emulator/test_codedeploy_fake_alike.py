"""The functional tests' fake CodeDeploy and the local cloud's report the same deployments to a command."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from moto import mock_aws

from fairlead.aws.codedeploy import Deployment, Deployments, Shift
from fairlead.errors import NotFoundError, ReleaseError
from fairlead_local.cloud import LocalCloud
from tests.emulator.deployments import AT_ONCE, CANARY, Ground, prepare
from tests.functional.fake_deploys import APPLICATION, GROUP, FakeDeploys
from tests.functional.session import connect
from tests.functional.strict_lambda import NAME, StrictLambda, deployed, package
from tests.local.support import until

Weights = tuple[str, dict[str, float]]


class Stage(Protocol):
    """The setup of the scenario: three versions, `live` on the first, an alarm in state OK."""

    deployments: Deployments

    def shift(self, current: str, target: str) -> Shift: ...
    def hook(self, *, passes: bool) -> None: ...
    def ring(self) -> None: ...
    def minutes_pass(self) -> None: ...
    def alias(self) -> Weights: ...
    def point_back(self) -> None: ...


@dataclass
class OnFake:
    """The fake of the functional tests."""

    deployments: Deployments
    fake: FakeDeploys
    lambda_: StrictLambda

    def shift(self, current: str, target: str) -> Shift:
        self.fake.hold = "hook"
        return Shift(function=NAME, current=current, target=target, hook="h")

    def hook(self, *, passes: bool) -> None:
        self.fake.hook_fails = not passes
        self.fake.hold = "done" if passes and "shift" in self.fake.last.steps else ""

    def ring(self) -> None:
        self.fake.alarm, self.fake.hold = True, ""

    def minutes_pass(self) -> None:
        self.fake.hold = ""

    def point_back(self) -> None:
        self.lambda_.shift("live", "1", {})

    def alias(self) -> Weights:
        found = connect("lambda").get_alias(FunctionName=NAME, Name="live")
        return found["FunctionVersion"], (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}


@dataclass
class OnLocal:
    """The local cloud."""

    deployments: Deployments
    ground: Ground

    def shift(self, current: str, target: str) -> Shift:
        self.ground.ring("OK")
        return Shift(function=self.ground.name, current=current, target=target, hook=self.ground.hook)

    def hook(self, *, passes: bool) -> None:
        self.ground.answer(self.ground.hook_event(), "Succeeded" if passes else "Failed")

    def ring(self) -> None:
        self.ground.ring()

    def minutes_pass(self) -> None:
        self.ground.cloud.advance(310)

    def point_back(self) -> None:
        """Move live to one release alone, as a rollback does after a stop."""
        alone: Any = {"AdditionalVersionWeights": {}}
        self.ground.functions.update_alias(
            FunctionName=self.ground.name, Name="live", FunctionVersion="1", RoutingConfig=alone
        )

    def alias(self) -> Weights:
        return self.ground.alias()


@pytest.fixture
def on_fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[OnFake]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        deployed()
        for source in ("two", "three"):
            connect("lambda").update_function_code(FunctionName=NAME, ZipFile=package(source), Publish=True)
        lambda_ = StrictLambda()
        fake = FakeDeploys(lambda_)
        yield OnFake(Deployments(fake.client, APPLICATION, GROUP, sleep=lambda _: None), fake, lambda_)


@pytest.fixture
def on_local(cloud: LocalCloud, new_name: str, tmp_path: Path) -> OnLocal:
    ground = prepare(cloud, new_name, tmp_path)
    ground.add_group()
    return OnLocal(Deployments(ground.codedeploy, ground.name, "live", pause=0.05), ground)


def test_fake_and_local_cloud_report_the_same_deployments(on_fake: OnFake, on_local: OnLocal) -> None:
    local = list(story(on_local))

    assert list(story(on_fake)) == local
    assert ("canary", ("1", {"2": 0.1})) in local
    assert ("alarm", "Stopped", "ALARM_ACTIVE", True) in local


def story(stage: Stage) -> Iterator[tuple[Any, ...]]:
    """The observed states, in order."""
    deployments = stage.deployments
    yield "nothing runs", deployments.running()
    yield "absent", refused(lambda: deployments.read("d-ABSENT000"))
    number = deployments.start(stage.shift("1", "1"), CANARY, "")
    yield "to itself", *seen(deployments.wait(number)), stage.alias()

    yield from refusals_and_stop(stage)
    yield from hook_failure(stage)
    yield from alarm(stage)

    number = deployments.start(stage.shift("1", "2"), CANARY, "words")
    stage.hook(passes=True)
    canary(stage, "2")
    stage.minutes_pass()
    yield "canary ends", *seen(deployments.wait(number)), stage.alias()
    number = deployments.start(stage.shift("2", "3"), AT_ONCE, "words")
    stage.hook(passes=True)
    yield "at once ends", *seen(deployments.wait(number)), stage.alias()
    yield "stopped too late", *seen(deployments.stop(number)), stage.alias()


def refusals_and_stop(stage: Stage) -> Iterator[tuple[Any, ...]]:
    deployments = stage.deployments
    second = stage.shift("1", "3")
    number = deployments.start(stage.shift("1", "2"), CANARY, "words")
    stage.hook(passes=True)
    yield "canary", canary(stage, "2")
    running = deployments.running()
    assert running is not None
    yield running.id == number, running.status, running.description, running.configuration, running.creator
    yield "a second one", refused(lambda: deployments.start(second, CANARY, ""))
    yield "stopped", *seen(deployments.stop(number)), stage.alias()
    stage.point_back()


def hook_failure(stage: Stage) -> Iterator[tuple[Any, ...]]:
    number = stage.deployments.start(stage.shift("1", "2"), CANARY, "words")
    stage.hook(passes=False)
    yield "hook fails", *seen(stage.deployments.wait(number)), stage.alias()


def alarm(stage: Stage) -> Iterator[tuple[Any, ...]]:
    number = stage.deployments.start(stage.shift("1", "2"), CANARY, "words")
    stage.hook(passes=True)
    canary(stage, "2")
    stage.ring()
    ended = stage.deployments.wait(number)
    yield "alarm", *seen(ended)
    undoing = stage.deployments.read(ended.rollback)
    yield "undone", undoing.status, undoing.creator, undoing.undoes == number, stage.alias()


def seen(one: Deployment) -> tuple[str, str, bool]:
    """Return the parts that must be equal: reasons by their code."""
    return one.status, one.reason.partition(":")[0], bool(one.rollback)


def canary(stage: Stage, target: str) -> Weights:
    """Wait until some callers reach the target."""

    def shifted() -> Weights | None:
        stage.deployments.running()  # each look takes the fake a step further
        found = stage.alias()
        return found if found[1] else None

    found: Weights = until(shifted)
    assert set(found[1]) == {target}
    return found


def refused(call: Any) -> str:
    """The error's class; messages hold names."""
    with pytest.raises((ReleaseError, NotFoundError)) as caught:
        call()
    return type(caught.value).__name__ + (": running" if "another deployment is running" in str(caught.value) else "")
