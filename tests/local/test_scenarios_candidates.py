"""A candidate with rights enforced: the release function has the rights that it needs, and releases once."""

import json
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from fairlead.publishing.store import Published
from tests.local.release_stack import Scene

MINUTE = 60.0

pytestmark = pytest.mark.xdist_group("scenarios")


def handed_over(scene: Scene, candidate: Published) -> dict[str, Any]:
    """Invoke the release function as retrain does, and wait for its answer."""
    event = {"model": "iris", "version": candidate.manifest.version, "digest": f"sha256:{candidate.sha256}"}
    called = scene.cloud.client("lambda").invoke(FunctionName="fairlead-release", Payload=json.dumps(event))
    answer: dict[str, Any] = json.loads(called["Payload"].read())
    return answer


def test_a_candidate_goes_live_through_the_canary_with_the_releaser_s_own_rights(scene: Scene) -> None:
    poor = scene.publish(DecisionTreeClassifier(max_depth=1), force=True, reason="to be replaced")
    old = scene.standing(poor.manifest.version)
    candidate = scene.publish(LogisticRegression(max_iter=500))
    before = scene.newest()

    first, again = (handed_over(scene, candidate) for _ in range(2))

    assert (first.get("result"), again.get("result")) == ("release", "decided before"), first
    scene.until(scene.weights)
    scene.cloud.advance(6 * MINUTE)
    scene.until(lambda: scene.alias() != old)
    assert (scene.held(scene.alias()), scene.alias("previous")) == (candidate.manifest.version, old)
    decided, intended = (
        one for one in scene.history() if one["number"] > before and one["kind"] in {"decided", "intended"}
    )
    assert ":assumed-role/fairlead-ReleaseRole" in decided["by"] == intended["by"]
    scene.check_record()
