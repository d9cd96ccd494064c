"""Calls of a pinned version."""

import pytest
from sklearn.linear_model import LogisticRegression

from tests.local.release_stack import Scene

pytestmark = pytest.mark.xdist_group("scenarios")


def fresh(scene: Scene) -> int:
    return scene.publish(LogisticRegression(max_iter=500)).manifest.version


def test_a_pinned_version_answers_until_it_is_retired(scene: Scene) -> None:
    scene.standing(scene.versions[2])
    older, never, live = fresh(scene), fresh(scene), fresh(scene)
    scene.release(older)
    release = scene.release(live)

    for path in (f"/versions/{older}/predict", f"/predict?version={older}"):
        answer = scene.call(path)
        assert (answer.status, answer.json["version"], answer.json["release"]) == (200, older, release)
        assert [row["label"] for row in answer.json["predictions"]] == [0]
    assert scene.call(f"/versions/{scene.versions[2]}/predict").json["code"] == "version_not_served"
    assert scene.call(f"/versions/{never}/predict").json["code"] == "no_such_version"
    assert scene.read(f"/versions/{older}").json["version"] == older
    assert older in [one["version"] for one in scene.read("/versions").json["versions"]]

    assert "release another version first" in scene.fairlead("retire", "iris", live).stderr
    scene.did("retire", "iris", older, "--reason", "superseded", "--yes")
    assert "retired" in scene.fairlead("release", "iris", older).stderr
    scene.release(fresh(scene))  # and so a new process

    gone = scene.call(f"/versions/{older}/predict")
    assert (gone.status, gone.json["code"]) == (404, "no_such_version")
    assert live in gone.json["versions"]
    assert older not in gone.json["versions"]
    scene.check_record()
