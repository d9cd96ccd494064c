"""fairlead report: the file in this folder or another place, the card, what is not there, what cannot be written."""

import json
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from fairlead.model.manifest import Manifest, Parent
from fairlead_cli.main import app
from tests.functional.conftest import Store
from tests.manifests import build

REPORT, CARD = b"<!doctype html><title>churn</title>", b"# Model card: churn\n"


@pytest.fixture
def folder(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; churn has a first version without a report and a second with one."""
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    blobs = {"report": store.registry.put_blob(REPORT), "card": store.registry.put_blob(CARD)}

    def second(version: int, parent: Parent | None) -> Manifest:
        made = build(version, parent)
        return msgspec.structs.replace(made, blobs={**made.blobs, **blobs})

    store.registry.commit("churn", build)
    store.registry.commit("churn", second)
    return tmp_path


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_latest_report_lands_in_this_folder(folder: Path) -> None:
    done = fairlead("report", "churn")
    assert (done.exit_code, done.stdout.strip()) == (0, "churn-2-report.html")
    assert (folder / "churn-2-report.html").read_bytes() == REPORT


def test_model_card_goes_to_the_given_path_and_json_names_it(folder: Path) -> None:
    done = fairlead("report", "churn", 2, "--card", "--output", "CARD.md", "--json")
    said = json.loads(done.stdout)
    assert (folder / "CARD.md").read_bytes() == CARD
    assert (said["model"], said["version"], said["file"]) == ("churn", 2, "CARD.md")


def test_open_shows_the_file_in_the_browser(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)
    assert fairlead("report", "churn", "--open").exit_code == 0
    assert opened == [(folder / "churn-2-report.html").as_uri()]


def test_a_version_without_a_report_is_refused_and_writes_nothing(folder: Path) -> None:
    done = fairlead("report", "churn", 1)
    assert done.exit_code == 6
    assert "churn version 1 has no report" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(folder: Path) -> None:
    done = fairlead("report", "churn", "--output", folder / "nowhere" / "x.html")
    assert done.exit_code == 2
    assert "cannot write" in done.stderr


def test_a_damaged_report_is_refused(folder: Path, store: Store) -> None:
    manifest, _ = store.registry.manifest("churn", 2)
    key = f"blobs/sha256/{manifest.blobs['report'].sha256}"
    bucket = store.env["FAIRLEAD_BUCKET"]
    store.client.put_object(Bucket=bucket, Key=key, Body=REPORT.replace(b"churn", b"CHURN"))
    done = fairlead("report", "churn")
    assert done.exit_code == 1
    assert "holds" in done.stderr
    assert list(folder.iterdir()) == []
