"""fairlead publish: the next command, the champion, refusals before anything is read; on moto."""

from pathlib import Path

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead.registry.store import Registry
from tests.functional.command_line import fairlead, result
from tests.functional.strict_lambda import StrictLambda


@pytest.fixture
def iris(tmp_path: Path) -> list[object]:
    """The arguments that publish a model of irises."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(X, y), tmp_path / "iris.joblib")
    X.assign(species=y).to_csv(tmp_path / "held_out.csv", index=False)
    return [tmp_path / "iris.joblib", "--name", "iris", "--data", tmp_path / "held_out.csv", "--target", "species"]


def test_publish_proves_stores_and_names_the_next_command(
    registry: Registry, lambda_: StrictLambda, iris: list[object]
) -> None:
    fairlead("release", "churn", 1)

    done = fairlead("publish", *iris)
    document = result("publish", *iris, "--engine", "onnx")

    assert done.exit_code == 0, done.stderr
    last = done.stdout.splitlines()[-4:]
    assert last[0] == "published iris version 1"
    assert last[1].startswith("gate: ")
    assert last[2] == "next: fairlead release iris 1 --switch-model"
    assert last[3].startswith("engine onnx: parity proved on ")
    assert "· inferring the signature" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["champion", *["no", "other", "version", "of", "this", "model", "is", "in", "service", "n/a"]] in lines
    assert (document["version"], document["digest"]) == (2, f"sha256:{registry.manifest('iris', 2)[1]}")


def test_champion_is_the_live_version_not_the_latest(
    registry: Registry, lambda_: StrictLambda, iris: list[object]
) -> None:
    def compared() -> str:
        found = result("validate", *iris, "--stack", "fairlead")["findings"]
        return next(f"{one['finding']}: {one['detail']}" for one in found if one["check"] == "champion")

    assert "next: fairlead release iris 1\n" in fairlead("publish", *iris).stdout
    assert "against version 1: " in compared()
    assert "it is the registry's latest, because stack fairlead serves no model" in compared()
    fairlead("release", "iris", 1)
    assert "next: fairlead release iris 2\n" in fairlead("publish", *iris).stdout
    assert "against version 1: " in compared()
    assert "it is live on stack fairlead" in compared()
    assert result("show", "iris", 2)["champion"] == 1
    fairlead("release", "iris", 2)
    assert "against version 2: " in compared()


def test_publish_refuses_a_bad_name_before_reading_anything(registry: Registry) -> None:
    done = fairlead("publish", "nowhere.joblib", "--name", "Bad Name", "--data", "nowhere.csv")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "'Bad Name' is not a model name" in done.stderr
    assert "bad-name" in done.stderr


def test_publish_refuses_a_file_that_is_not_there(registry: Registry, tmp_path: Path) -> None:
    done = fairlead("publish", tmp_path / "no.joblib", "--name", "iris", "--data", tmp_path / "no.csv")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "no.joblib" in done.stderr
