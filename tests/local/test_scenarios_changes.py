"""Changes of a release's parts: the engine, the code, the model's bytes, the stack."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_dump, yaml_parse
from sklearn.linear_model import LogisticRegression

from fairlead.registry.store import blob_key
from tests.local.packing import BUILT
from tests.local.release_stack import Scene
from tests.local.support import tampered

pytestmark = pytest.mark.xdist_group("scenarios broken off")


def layers(scene: Scene, release: str) -> list[str]:
    """A release's layers, less their versions: common, and its engine's."""
    return [one["Arn"].split(":")[-2].removeprefix("fairlead-") for one in scene.frozen(release)["Layers"]]


def test_a_version_for_another_engine_takes_its_layer_and_the_next_one_the_first_again(scene: Scene) -> None:
    onnx, _, sklearn = scene.versions
    first = scene.standing(onnx)
    assert layers(scene, first) == ["common", "onnx"]

    with scene.callers(threads=2) as met:
        second = scene.release(sklearn)
        between = scene.cloud.now()
        third = scene.release(onnx)

    assert layers(scene, second) == ["common", "sklearn"]
    assert layers(scene, third) == ["common", "onnx"]
    assert scene.identity(third).digest == scene.identity(first).digest
    assert met.failed == 0
    assert set(met.identities) <= {scene.identity(one) for one in (first, second, third)}
    assert scene.live_at(between) == second
    assert scene.live_at(scene.cloud.now()) == third
    scene.check_record()


def test_new_code_is_released_with_the_live_version(scene: Scene) -> None:
    """`$LATEST` serves no caller, so a deployment alone changes no answer."""
    old = scene.standing(scene.versions[0])
    assert "is live already: nothing to do" in scene.did("release", "--code")
    scene.code("# changed\n")
    assert (scene.call().json["release"], scene.alias()) == (old, old)

    new = scene.release("--code", "--reason", "new code")

    assert new != old
    assert scene.held(new) == scene.versions[0]
    assert scene.frozen(new)["CodeSha256"] != scene.frozen(old)["CodeSha256"]
    assert scene.call().json["release"] == new
    scene.did("rollback", "iris", "--away-from", new)
    assert scene.call().json["release"] == old
    scene.check_record()


def test_a_version_whose_blob_was_replaced_never_becomes_live(scene: Scene) -> None:
    old = scene.standing(scene.versions[0])
    fresh = scene.publish(LogisticRegression(max_iter=500)).manifest

    with tampered(scene.cloud, scene.outputs["BucketName"], blob_key(fresh.blobs["onnx"])):
        done = scene.fairlead("release", "iris", fresh.version)

    assert done.exit_code == 4
    assert "cannot be loaded (integrity)" in done.stderr
    assert (scene.alias(), scene.running()) == (old, False)
    scene.check_record()


def test_stack_update_leaves_live_unchanged_and_the_next_release_takes_the_new_code(
    scene: Scene, tmp_path: Path
) -> None:
    """Another version of a layer and other code of the function, deployed by `sam deploy` while callers continue."""
    old = scene.standing(scene.versions[0])
    before = scene.frozen(old)
    known = scene.newest()
    changed = change(tmp_path, scene.packed)

    with scene.callers(threads=2, pause=0.2) as met:
        scene.sam_deploy(changed)
        assert (scene.alias(), scene.weights()) == (old, {})
        assert scene.newest() == known, "no alias moved"
        new = scene.release("--code", "--reason", "the new layer")

    after = scene.frozen(new)
    assert after["Layers"][0]["Arn"] == scene.outputs["CommonLayerArn"] != before["Layers"][0]["Arn"]
    assert after["Layers"][1] == before["Layers"][1]
    assert after["CodeSha256"] != before["CodeSha256"]
    assert scene.frozen(old)["Layers"] == before["Layers"], "a version is frozen"
    assert met.failed == 0
    assert set(met.identities) == {scene.identity(old), scene.identity(new)}
    scene.did("rollback", "iris", "--away-from", new)
    assert scene.call().json["release"] == old, "on the layer that it was frozen on"
    scene.check_record()


def change(folder: Path, packaged: Path) -> Path:
    """The packaged template with a layer and code of its own: what `sam build` makes of a changed source tree."""
    template: Any = yaml_parse(packaged.read_text())
    shutil.copytree(BUILT / "CommonLayer", folder / "layer")
    (folder / "layer/python/fairlead/changed.py").write_text("WHEN = 'now'\n")
    (folder / "code").mkdir()
    (folder / "code/app.py").write_text((BUILT / "PredictFunction/app.py").read_text() + "# deployed\n")
    template["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = str(folder / "layer")
    template["Resources"]["PredictFunction"]["Properties"]["CodeUri"] = str(folder / "code")
    made = folder / "template.yaml"
    made.write_text(yaml_dump(template))
    return made
