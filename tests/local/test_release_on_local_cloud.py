"""Publish, release, roll back and call on the local cloud: the real template, `sam deploy`, Lambda's runtime client."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner, Result

from fairlead import aws, stack
from fairlead.errors import ReleaseError
from fairlead.manifest import EngineName
from fairlead.publishing import story
from fairlead.registry import blob_key
from fairlead.releases import Releases, opened
from fairlead.releasing import Released
from fairlead.settings import Operator
from fairlead_cli.main import app
from fairlead_local.cloud import LocalCloud
from tests.local.packing import packed
from tests.local.support import Answer, Sam, call, tampered

PATIENT = ["VerifyColdStartMs=60000", "VerifyLatencyMs=10000"]  # other tests want the processor too
AT_ONCE = ["--strategy", "all-at-once", "--wait"]
pytestmark = pytest.mark.xdist_group("release-on-local-cloud")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The built stack, deployed; FAIRLEAD_* and AWS_* of this process point at it."""
    with LocalCloud() as made, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
            patch.delenv(name)
        for name, value in made.environment().items():
            patch.setenv(name, value)
        template = packed(made, tmp_path_factory.mktemp("packed"))
        done = Sam(made).deploy(template.parent, "fairlead", PATIENT, template=template, check=False)
        assert done.returncode == 0, done.stdout
        yield made


@pytest.fixture(scope="module")
def versions(cloud: LocalCloud) -> list[int]:
    """Three versions of iris: the second wants the sklearn engine."""
    return [publish("onnx"), publish("sklearn"), publish("onnx")]


def publish(engine: EngineName) -> int:
    X, y = load_iris(return_X_y=True, as_frame=True)
    estimator = LogisticRegression(max_iter=500).fit(X, y)
    return story.publish(estimator, name="iris", X=X, y=y, engine=engine).manifest.version


def releases() -> Releases:
    return opened(stack.find(Operator()), pause=0.1)


def ship(version: int) -> Released:
    """Release at once and wait until it is live; what the steps in between look like is told in the scenarios."""
    mine = releases()
    return mine.follow(mine.release(stack.registry(), "iris", version, strategy="all-at-once"))


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def aliases() -> dict[str, str]:
    client, name = aws.client("lambda"), stack.find(Operator()).function
    return {alias: client.get_alias(FunctionName=name, Name=alias)["FunctionVersion"] for alias in ("live", "previous")}


def answered_by(tmp_path: Path) -> tuple[int, str]:
    """Who answers a signed call: the version and the release."""
    load_iris(return_X_y=True, as_frame=True)[0].head(2).to_csv(tmp_path / "rows.csv", index=False)
    done = fairlead("predict", "iris", "--data", tmp_path / "rows.csv", "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [row["label"] for row in answer["predictions"]] == [0, 0]
    return answer["version"], answer["release"]


def test_releases_of_both_engines_answer_and_a_rollback_brings_the_first_back(
    versions: list[int], tmp_path: Path
) -> None:
    assert fairlead("release", "iris", versions[0], *AT_ONCE).exit_code == 0
    first = aliases()["live"]
    assert answered_by(tmp_path) == (versions[0], first)

    assert fairlead("release", "iris", versions[1], *AT_ONCE).exit_code == 0
    assert aliases()["previous"] == first
    assert answered_by(tmp_path) == (versions[1], aliases()["live"])

    assert fairlead("rollback", "iris").exit_code == 0
    assert aliases() == {"live": first, "previous": first}
    assert answered_by(tmp_path) == (versions[0], first)


def test_a_version_whose_blob_was_replaced_never_becomes_live(cloud: LocalCloud, versions: list[int]) -> None:
    ship(versions[1])
    before = aliases()
    manifest, _ = stack.registry().manifest("iris", versions[2])

    with tampered(cloud, stack.find(Operator()).bucket, blob_key(manifest.blobs["onnx"].sha256)):
        done = fairlead("release", "iris", versions[2])

    assert done.exit_code == 4
    assert "cannot be loaded (integrity)" in done.stderr
    assert aliases() == before


def test_a_rollback_meets_lambdas_own_guard_when_somebody_moves_live_meanwhile(
    versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local cloud refuses a stale RevisionId as AWS does; here the real client meets it."""
    ship(versions[0])
    ship(versions[1])
    ship(versions[2])
    before, plain = aliases(), aws.client
    client, found = plain("lambda"), stack.find(Operator())
    seen: list[str] = []

    def interfere(params: dict[str, Any], **_: Any) -> None:
        seen.append(params["Name"])
        other = plain("lambda")
        other.update_alias(FunctionName=found.function, Name="live", FunctionVersion=before["previous"])
        other.update_alias(FunctionName=found.function, Name="live", FunctionVersion=before["live"])

    client.meta.events.register("provide-client-params.lambda.UpdateAlias", interfere)
    monkeypatch.setattr(aws, "client", lambda service: client if service == "lambda" else plain(service))

    with pytest.raises(ReleaseError, match="somebody else changed it"):
        releases().rollback(stack.registry(), "iris")

    assert seen == ["live"]
    assert aliases() == before


def test_a_caller_without_a_policy_is_told_who_they_are_and_what_they_need(
    cloud: LocalCloud, versions: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(versions[0])
    stranger = cloud.add_user("stranger", [])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stranger.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stranger.secret_access_key)
    (tmp_path / "rows.csv").write_text("a\n1\n")

    done = fairlead("predict", "iris", "--data", tmp_path / "rows.csv")

    assert (done.exit_code, done.stdout) == (5, "")
    assert "answered 403" in done.stderr
    assert "CallerPolicyArn" in done.stderr


def pin(cloud: LocalCloud, path: str) -> Answer:
    """A signed call of an older version."""
    if path.endswith("predict") or "?" in path:
        rows = load_iris(as_frame=True).data.head(2).to_dict("records")
        return call(cloud.api_url + path, cloud.admin, body={"instances": rows})
    return call(cloud.api_url + path, cloud.admin, method="GET")


def test_a_pinned_version_answers_until_it_is_retired(cloud: LocalCloud, versions: list[int]) -> None:
    older, live = publish("onnx"), publish("onnx")
    ship(live)

    for path in (f"/versions/{older}/predict", f"/predict?version={older}"):
        answer = pin(cloud, path)
        assert (answer.status, answer.json["version"], answer.json["release"]) == (200, older, aliases()["live"])
        assert [row["label"] for row in answer.json["predictions"]] == [0, 0]
    assert pin(cloud, f"/versions/{versions[1]}/predict").json["code"] == "version_not_served"
    assert pin(cloud, f"/versions/{older}").json["version"] == older
    assert older in [one["version"] for one in pin(cloud, "/versions").json["versions"]]

    assert "release another version first" in fairlead("retire", "iris", live).stderr
    assert fairlead("retire", "iris", older, "--reason", "superseded").exit_code == 0
    assert "retired" in fairlead("release", "iris", older).stderr
    ship(publish("onnx"))  # and so a new process

    gone = pin(cloud, f"/versions/{older}/predict")
    assert (gone.status, gone.json["code"]) == (404, "no_such_version")
    assert live in gone.json["versions"]
    assert older not in gone.json["versions"]
