"""fairlead fleet over stacks on moto: one that is whole, one that cannot be read, one of another product."""

import json
import os
import re
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from typer.testing import CliRunner, Result

from fairlead.aws.lambda_function import Alias
from fairlead.fleet import listing
from fairlead.model.release import Release
from fairlead.registry.store import Reading
from fairlead_cli.main import app
from tests.functional.aws.test_stack import OUTPUTS
from tests.functional.stacks import create_stack

REFERENCE = Path(__file__).parents[3] / "docs/reference/cli.md"


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def deploy(name: str, description: str, outputs: dict[str, str]) -> None:
    create_stack(boto3.client("cloudformation"), name, outputs, description=description)


class AtRelease2:
    """A function whose alias live is at release 2, the penguins: moto's aliases have no revision."""

    def __init__(self, _: Any, name: str) -> None:
        self.name = name

    def alias(self, name: str) -> Alias:
        return Alias(name=name, version="2", revision="", weights={})

    def release(self, version: str) -> Release:
        return Release(release=version, model="penguins", version=1, digest="", code_sha256="", modified="")


@pytest.fixture
def live(stack: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(listing, "PredictFunction", AtRelease2)
    return stack


def row(name: str, *more: object) -> dict[str, Any]:
    done = fairlead("fleet", "--json", *more)
    assert done.exit_code == 0, done.output
    [found] = [one for one in json.loads(done.stdout)["stacks"] if one["stack"] == name]
    return dict(found)


def test_a_row_has_the_live_version_its_quality_drift_alarms_and_cost(live: str) -> None:
    found = row(live, "--hours", 3)

    assert found["problems"] == []
    assert (found["model"], found["version"], found["release"]) == ("penguins", 1, "2")
    assert found["since"]
    assert found["alarms"] == ["label-coverage"]
    assert found["idle_dollars"] == pytest.approx(0.41, abs=0.02)
    assert found["quality"]["now"]["value"] > 0.9
    assert found["quality"]["said"] == "no evidence that it is worse"
    assert found["drifted"] == []
    assert (found["requests"], found["error_share"], found["latency_ms"]) == (0, None, None)


def test_own_code_of_a_live_version_is_named(live: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reading.manifest

    def packaged(self: Any, *given: Any, **named: Any) -> Any:
        manifest, digest = read(self, *given, **named)
        engine = msgspec.structs.replace(manifest.engine, code="code")
        return msgspec.structs.replace(manifest, package="shopping", engine=engine), digest

    monkeypatch.setattr(Reading, "manifest", packaged)

    assert row(live)["own_code"] == "shopping"
    assert "penguins 1, own code shopping" in fairlead("fleet").stdout


def test_a_stack_that_cannot_be_read_has_a_row_with_the_reason(live: str) -> None:
    name = f"a-{os.urandom(4).hex()}"
    deploy(name, "Fairlead: of an older version", {"ApiUrl": "https://a"})

    assert row(name)["problems"] == [f"stack '{name}' (CREATE_COMPLETE) has no output BucketName"]
    assert row(live)["problems"] == []
    shown = fairlead("fleet")
    assert re.search(rf"{name} +CREATE_COMPLETE, not readable", shown.stdout)
    assert re.search(rf"{live} +penguins 1", shown.stdout)
    assert f"{name}: stack '{name}' (CREATE_COMPLETE) has no output BucketName" in shown.stderr


def test_a_part_that_cannot_be_read_leaves_the_rest_of_the_row(stack: str) -> None:
    """There is no function: neither the live release nor its quality is known."""
    found = row(stack)

    [problem] = found["problems"]
    assert problem.startswith("could not read alias live of fairlead-predict (lambda:GetAlias)")
    assert (found["model"], found["quality"], found["alarms"]) == (None, None, ["label-coverage"])


def test_stacks_of_other_products_are_not_listed(live: str) -> None:
    deploy("another-product", "Something else", OUTPUTS)
    assert "another-product" not in fairlead("fleet").stdout


def test_the_page_shows_every_stack_and_escapes_names(live: str, tmp_path: Path) -> None:
    done = fairlead("fleet", "--html", tmp_path / "fleet.html")

    page = (tmp_path / "fleet.html").read_text()
    assert page.startswith("<!doctype html>")
    assert live in page
    assert re.search(r"\d+ stacks? with an alarm", page)
    assert str(tmp_path / "fleet.html") in done.stderr


def test_a_page_that_cannot_be_written_is_one_json_document(live: str, tmp_path: Path) -> None:
    done = fairlead("fleet", "--json", "--html", tmp_path / "no folder" / "fleet.html")
    assert done.exit_code == 2
    assert list(json.loads(done.stdout)) == ["error"]


def test_the_reference_names_every_member_of_the_json(live: str) -> None:
    text = REFERENCE.read_text().partition("## `fairlead fleet`")[2].partition("\n## ")[0]
    found = row(live)
    for name in (*found, *found["quality"]):
        assert f"`{name}`" in text, name
