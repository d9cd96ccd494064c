"""A publisher's own package on the deployed stack: refused by default, served once an administrator allows it."""

from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairlead.errors import ModelCodeError
from fairlead.registry.store import blob_key
from tests.functional import own_code
from tests.local.release_stack import ROW, Scene, X, Y
from tests.local.support import tampered

pytestmark = pytest.mark.xdist_group("scenarios broken off")


def test_own_code_is_served_only_while_the_stack_allows_it(scene: Scene, tmp_path: Path) -> None:
    """GIVEN the parameter's default, then yes, then no again, WHEN a package is published and released."""
    folder = own_code.write(tmp_path)
    old = scene.standing(scene.versions[0])
    with own_code.imported(folder) as module:
        model = make_pipeline(module.Clip(0.2), LogisticRegression(max_iter=500))
        with pytest.raises(ModelCodeError, match="serves no code of publishers") as refused:
            scene.publish(model, code=folder)
        assert "AllowModelCode=yes" in refused.value.hint

        scene.deploy("AllowModelCode=yes")
        version = scene.publish(model, code=folder).manifest
        expected = model.fit(X, Y).predict_proba(X.head(1))[0].tolist()
    release = scene.release(version.version)
    answer = scene.call()
    assert (answer.status, answer.json["release"]) == (200, release)
    assert list(answer.json["predictions"][0]["probabilities"].values()) == pytest.approx(expected)
    assert scene.frozen(release)["Environment"]["Variables"]["FAIRLEAD_ALLOW_MODEL_CODE"] == "yes"
    assert f"OWN CODE {own_code.NAME}" in scene.did("history", "iris", "--limit", 3)

    scene.release(scene.versions[0])
    scene.code("# changed\n")  # the release below is a new one, and loads the version again
    with tampered(scene.cloud, scene.outputs["BucketName"], blob_key(version.blobs["code"])):
        done = scene.fairlead("release", "iris", version.version)
    assert "cannot be loaded (integrity)" in done.stderr

    scene.deploy("AllowModelCode=no")
    done = scene.fairlead("release", "iris", version.version)
    assert done.exit_code == 4
    assert "imports code of its publisher (churn_features), and stack 'fairlead' allows none" in done.stderr
    assert scene.standing(scene.versions[0]) != old
    scene.check_record()


def test_a_converter_needs_no_permission(scene: Scene, tmp_path: Path) -> None:
    """GIVEN a stack that allows no code, WHEN a class brings a converter, THEN its graph is released and answers."""
    folder = own_code.write(tmp_path, converter=True)
    scene.standing(scene.versions[0])
    with own_code.imported(folder) as module:
        model = make_pipeline(module.Clip(0.2), LogisticRegression(max_iter=500))
        version = scene.publish(model, code=folder).manifest
    assert version.engine.name == "onnx"
    release = scene.release(version.version)
    answer = scene.call()
    assert (answer.status, answer.json["release"], len(answer.json["predictions"])) == (200, release, len(ROW))
    scene.standing(scene.versions[0])
    scene.check_record()
