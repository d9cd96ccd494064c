"""`fairlead validate` and `fairlead publish`: the gate's table, exit codes, what is stored, what is shown for ever."""

import json
import os
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner, Result

from fairlead_cli.main import app
from testkit import penguins
from tests.functional.conftest import Store

COLUMNS = ["check", "finding", "figure", "threshold", "verdict"]


@pytest.fixture
def desk(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the penguins model and its rows; an empty registry, and a publisher without rights on Lambda."""
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", store.env["AWS_REGION"])
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    train, held_out = penguins.split()
    joblib.dump(penguins.estimator(), "penguins.joblib")
    train.to_csv("train.csv", index=False)
    held_out.to_csv("held_out.csv", index=False)
    wrong = held_out.assign(species=held_out["species"].map({"Adelie": "Gentoo", "Gentoo": "Adelie"}).fillna("Adelie"))
    wrong.to_csv("swapped.csv", index=False)
    return tmp_path


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run(command: str, *more: object, data: str = "held_out.csv", target: str = "species") -> Result:
    return fairlead(command, "penguins.joblib", "--name", "penguins", "--data", data, "--target", target, *more)


def stored(store: Store) -> list[str]:
    return list(store.registry.objects.keys(""))


def test_validate_prints_the_table_and_stores_nothing(desk: Path, store: Store) -> None:
    done = run("validate", "--train", "train.csv", "--cv", "3")

    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["check", "result", "verdict"]
    assert lines[-2].startswith("penguins may be published: ")
    assert lines[-1].startswith("engine onnx: parity proved on ")
    checks = [line.split()[0] for line in lines[1 : lines.index("")] if not line.startswith(" ")]
    assert {"metrics", "parity", "privacy"} <= set(checks)
    assert len(checks) == len(set(checks)) <= 13
    assert "cross-validation: fold 3 of 3" in done.stderr
    assert stored(store) == []


def test_validate_needs_neither_credentials_nor_a_stack(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("fairlead.aws.clients.client", _no_aws)

    done, judged = run("validate"), run("validate", "--json")

    assert done.exit_code == 0, done.stderr
    assert "no stack is named to compare with; --stack NAME" in done.stdout
    assert "as champion" in done.stdout, "a reason is printed once"
    assert json.loads(judged.stdout)["engine"]["name"] == "onnx"


def _no_aws(service: str) -> None:
    raise AssertionError(f"{service} was called")


def test_findings_that_did_not_pass_follow_their_check(desk: Path) -> None:
    lines = run("validate", data="swapped.csv").stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("baselines"))
    assert "did not pass" in lines[at]
    assert lines[at].split()[-1] == "FAIL"
    assert lines[at + 1].startswith(" ")
    assert "required: " in lines[at + 1]


def test_a_refusal_is_shown_named_and_has_exit_code_3(desk: Path, store: Store) -> None:
    for command in ("validate", "publish"):
        done = run(command, data="swapped.csv")
        assert done.exit_code == 3
        assert "labels mean the same as in training" in done.stdout
        assert "FAIL" in done.stdout
        assert done.stderr.splitlines()[-2].startswith("error: the gate refuses this version: ")
        assert "--force --reason" in done.stderr.splitlines()[-1]
    assert stored(store) == []


def test_json_has_all_findings_also_of_a_refusal(desk: Path) -> None:
    clean, refused = run("validate", "--json"), run("publish", "--json", data="swapped.csv")

    said = json.loads(clean.stdout)
    assert (said["verdict"], len(said["policy"])) in {("pass", 64), ("warn", 64)}
    assert {"check", "finding", "verdict"} <= said["findings"][0].keys()
    assert said["metrics"]["accuracy"]["low"] < said["metrics"]["accuracy"]["value"]
    assert refused.exit_code == 3
    assert [one["finding"] for one in json.loads(refused.stdout)["error"]["findings"] if one.get("refuses")]


def test_a_forced_version_is_marked_in_every_view(desk: Path) -> None:
    clean = run("publish", "--train", "train.csv")
    forced = run("publish", "--force", "--reason", "labels renamed upstream", data="swapped.csv")

    assert (clean.exit_code, forced.exit_code) == (0, 0), forced.stderr
    assert "labels renamed upstream" in forced.stdout
    shown = fairlead("show", "penguins").stdout.splitlines()
    assert shown[1].startswith("FORCED")
    assert shown[1].endswith(": labels renamed upstream")
    table = shown[next(at for at, line in enumerate(shown) if line.split() == COLUMNS) + 1 :]
    assert "FAIL" in table[0], "what failed comes first"
    versions = fairlead("versions", "penguins").stdout.splitlines()
    assert "FORCED" in versions[1]
    assert "FORCED" not in versions[2]
    listed = json.loads(fairlead("versions", "penguins", "--json").stdout)
    assert [one["forced"] and one["forced"]["reason"] for one in listed] == ["labels renamed upstream", None]


def test_a_publisher_with_registry_rights_alone_is_compared_with_the_latest(desk: Path) -> None:
    run("publish")
    said = json.loads(run("validate", "--json").stdout)
    line = next(one for one in said["findings"] if one["check"] == "champion")
    assert "it is the registry's latest, because the live version is unknown" in line["detail"]


def test_the_table_can_be_read_at_80_columns(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead_cli.output.PIPED_WIDTH", 80)
    brief, done = run("validate"), run("validate", "--verbose")
    for table in (brief.stdout.split("\n\n")[0], done.stdout.split("\n\n")[0]):
        assert max(map(len, table.splitlines())) <= 80
    assert "…" not in table
    words = {line.split()[1] for line in done.stdout.splitlines() if len(line.split()) > 1}
    assert {"accuracy", "balanced_accuracy", "recall:Chinstrap"} <= words


def _truncated(desk: Path) -> None:
    (desk / "held_out.csv").write_text("species,island\nAdelie\n")


def _no_parquet(desk: Path) -> None:
    (desk / "held_out.csv").rename(desk / "held_out.parquet")


def _no_joblib(desk: Path) -> None:
    (desk / "penguins.joblib").write_bytes(b"PK\x03\x04 no pickle")


def _missing_import(desk: Path) -> None:
    (desk / "penguins.joblib").write_bytes(b"\x80\x04cnowhere_to_be_found\nModel\n)R.")


def _one_row(desk: Path) -> None:
    rows = (desk / "held_out.csv").read_text().splitlines()
    (desk / "held_out.csv").write_text("\n".join(rows[:2]) + "\n")


def _bad_policy(desk: Path) -> None:
    (desk / "gate.toml").write_text("[champion]\nnot_worse = 1\n")


def _no_toml(desk: Path) -> None:
    (desk / "gate.toml").write_text("[champion\n")


CASES: list[Any] = [
    ("publish", _truncated, {}, 3, "line 2 of held_out.csv has 1 fields, the header has 2"),
    ("validate", _no_parquet, {"data": "held_out.parquet"}, 3, "held_out.parquet cannot be read as Parquet"),
    ("publish", _no_joblib, {}, 3, "penguins.joblib"),
    ("validate", _missing_import, {}, 3, "nowhere_to_be_found"),
    ("publish", _one_row, {}, 3, "the table has one held-out row, which proves nothing"),
    ("validate", None, {"target": "specie"}, 3, "no column 'specie'"),
    ("publish", None, {"target": "island"}, 3, "island"),
    ("validate", _bad_policy, {"policy": "gate.toml"}, 2, "gate.toml line 2, [champion]: unknown key 'not_worse'"),
    ("publish", _no_toml, {"policy": "gate.toml"}, 2, "gate.toml is not TOML"),
    ("validate", None, {"policy": "nowhere.toml"}, 6, "there is no file nowhere.toml"),
    ("validate", None, {"data": "nowhere.csv"}, 6, "there is no file nowhere.csv"),
    ("publish", None, {"data": "nowhere.csv"}, 6, "there is no file nowhere.csv"),
]
"""The two commands take the same way to where each is found."""


@pytest.mark.parametrize(("command", "damage", "options", "code", "said"), CASES)
def test_check_without_evidence_is_one_line_and_nothing_is_stored(
    command: str, damage: Any, options: dict[str, str], code: int, said: str, desk: Path, store: Store
) -> None:
    if damage:
        damage(desk)
    more = ["--policy", options["policy"]] if "policy" in options else []
    named = {key: value for key, value in options.items() if key != "policy"}

    done = run(command, *more, **named)

    assert (done.exit_code, done.stdout) == (code, "")
    errors = [line for line in done.stderr.splitlines() if not line.startswith(("·", "hint:"))]
    assert len(errors) == 1, done.stderr
    assert said in errors[0]
    assert stored(store) == []


def test_publish_ends_with_the_reason_for_the_sklearn_engine(desk: Path) -> None:
    """GIVEN an imputer whose converter fails, THEN the last line names it and a replacement, not the exception."""
    train, _ = penguins.split()
    numbers = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
    imputed = make_pipeline(KNNImputer(), StandardScaler(), LogisticRegression())
    joblib.dump(imputed.fit(train[numbers], train["species"]), "penguins.joblib")

    done = run("publish")

    assert done.exit_code == 0, done.stderr
    reason = "the converter of KNNImputer failed (InvalidInputTypeException): use SimpleImputer"
    assert done.stdout.splitlines()[-1] == f"ENGINE SKLEARN, not onnx: {reason}, or accept the sklearn engine"
