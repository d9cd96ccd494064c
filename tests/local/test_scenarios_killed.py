"""A command whose process is killed after each of its steps, then run again: state and journal are consistent."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.local.killing import Way, way_to
from tests.local.release_stack import Scene

pytestmark = pytest.mark.xdist_group("scenarios broken off")
RELEASE = {
    "configuration", "versions", "invocations", "journal", "previous", "PutMetricAlarm", "SetAlarmState",
    "CreateDeployment",
}  # fmt: skip
AGAIN = ("--strategy", "all-at-once", "--reason", "killed, and again")
ROLLBACK = {"invocations", "journal", "live"}


@pytest.fixture
def way(scene: Scene) -> Iterator[Way]:
    with way_to(scene.cloud) as made:
        yield made


def test_a_release_killed_after_every_step_and_run_again_arrives(scene: Scene, way: Way) -> None:
    scene.standing(scene.versions[0])
    old = scene.release(scene.versions[1])
    assert scene.alias("previous") != old, "a release moves it"
    before, passed = scene.cloud.now(), set()

    for step in way.kills(lambda: scene.process("release", "iris", 1, *AGAIN, endpoint=way.endpoint)):
        passed.add(step)
        answer = scene.call()
        assert (answer.status, answer.json["release"]) == (200, old) or step == "CreateDeployment", step
        if step == "previous":
            assert "previous is at" in scene.fairlead("history", "iris", "--verify").stdout, "it is found"

    assert passed == RELEASE
    scene.until(lambda: scene.alias() != old)
    assert (scene.held(scene.alias()), scene.alias("previous")) == (scene.versions[0], old)
    scene.check_record()
    assert scene.live_at(before) == old
    assert scene.live_at(scene.cloud.now()) == scene.alias()


def test_a_rollback_killed_after_every_step_and_run_again_arrives(scene: Scene, way: Way) -> None:
    old = scene.standing(scene.versions[0])
    new = scene.release(scene.versions[1])
    before = scene.cloud.now()

    def start() -> "subprocess.Popen[str]":
        return scene.process("rollback", "iris", "--away-from", new, "--reason", "red", endpoint=way.endpoint)

    passed = set(way.kills(start))

    assert passed >= ROLLBACK
    assert (scene.alias(), scene.weights()) == (old, {})
    reconcile(scene)
    assert scene.live_at(before) == new
    assert scene.live_at(scene.cloud.now()) == old


def test_a_rollback_in_the_middle_killed_after_every_step_and_run_again_arrives(scene: Scene, way: Way) -> None:
    """A command killed after it stopped the deployment leaves live between two releases; the next command ends that."""
    old = scene.standing(scene.versions[0])
    new = scene.start(scene.versions[1])
    passed = set()

    def start() -> "subprocess.Popen[str]":
        return scene.process("rollback", "iris", "--away-from", new, "--reason", "red", endpoint=way.endpoint)

    for step in way.kills(start):
        passed.add(step)
        assert scene.call().status == 200
        if step == "StopDeployment":
            scene.until(lambda: not scene.running())
            assert (scene.alias(), scene.weights()) == (old, {new: 0.1})

    assert passed >= ROLLBACK | {"StopDeployment"}
    assert (scene.alias(), scene.weights()) == (old, {})
    reconcile(scene)
    assert scene.live_at(scene.cloud.now()) == old


def reconcile(scene: Scene) -> None:
    """Run another command, and check that it records the moves that a killed one did not."""
    scene.fairlead("rollback", "iris", "--away-from", "999")
    scene.check_record()
