"""The stack with SnapStart on: the last of the scenarios, because SnapStart stays on."""

import pytest

from tests.local.release_stack import Scene

pytestmark = pytest.mark.xdist_group("scenarios")


def test_rollback_reactivates_an_inactive_snapstart_version_before_callers_reach_it(scene: Scene) -> None:
    scene.deploy("SnapStart=PublishedVersions")
    old = scene.standing(scene.versions[0])
    new = scene.release(scene.versions[1])
    assert scene.frozen(old)["SnapStart"]["OptimizationStatus"] == "On"
    scene.cloud.make_inactive(scene.function, old)

    with scene.callers() as met:
        done = scene.fairlead("rollback", "iris", "--away-from", new, "--reason", "worse")

    assert done.exit_code == 0, done.stderr
    assert f"reactivating release {old} (SnapStart, unused for 14 days), which can take minutes" in done.stderr
    assert scene.frozen(old)["State"] == "Active"
    assert (scene.alias(), met.failed) == (old, 0)
    scene.check_record()
