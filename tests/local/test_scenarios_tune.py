"""`fairlead tune` on the deployed stack, with an operator's rights."""

import pytest

from tests.local.release_stack import Scene

pytestmark = pytest.mark.xdist_group("scenarios by hand")


def test_the_live_version_is_measured_and_a_memory_size_is_recommended(scene: Scene) -> None:
    live = scene.standing(scene.versions[0])

    done = scene.result("tune", "iris", "--calls", 10, "--within", 10_000)

    assert done["release"]["release"] == live
    assert done["used_mb"] > 30
    assert done["measured_share"] == 1.0  # a whole core, in the local cloud
    assert all(one["median_ms"] > 0 for one in done["steps"])
    assert done["recommended"] in [one["memory"] for one in done["steps"] if one["fits"]]


def test_a_model_that_is_not_live_is_named_with_the_live_one(scene: Scene) -> None:
    scene.standing(scene.versions[0])

    done = scene.fairlead("tune", "other")

    assert done.exit_code == 6
    assert "other is not live" in done.stderr
    assert "iris version" in done.stderr
