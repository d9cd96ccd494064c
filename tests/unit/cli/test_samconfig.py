"""fairlead fleet add: one more environment in samconfig.toml, as the SAM CLI reads it."""

import json
import tomllib
from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType
from typer.testing import CliRunner

from fairlead.errors import NotFoundError, SettingsError
from fairlead_cli.main import app
from fairlead_cli.samconfig import add_environment

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("samconfig.toml", "template.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path / "samconfig.toml"


def test_an_environment_follows_what_the_file_holds_and_sam_reads_its_parameters(project: Path) -> None:
    before = project.read_text()

    add_environment(project, "churn-dev", ["Watch=lean", "RetrainSchedule=rate(7 days)"])

    after = project.read_text()
    assert after.startswith(before)
    made = tomllib.loads(after)["churn-dev"]
    assert made["global"]["parameters"]["stack_name"] == "churn-dev"
    assert made["deploy"]["parameters"].keys() == tomllib.loads(before)["dev"]["deploy"]["parameters"].keys()
    read = CfnParameterOverridesType().convert((made["deploy"]["parameters"]["parameter_overrides"],), None, None)
    assert read == {"StageName": "churn_dev", "Watch": "lean", "RetrainSchedule": "rate(7 days)"}


def test_a_stage_that_is_given_replaces_the_default(project: Path) -> None:
    done = CliRunner().invoke(app, ["fleet", "add", "churn", "StageName=v1", "--config-file", str(project), "--json"])
    assert json.loads(done.stdout) == {"environment": "churn", "file": str(project)}
    assert "next: sam build && sam deploy --config-env churn" in done.stderr
    made = tomllib.loads(project.read_text())["churn"]
    assert made["deploy"]["parameters"]["parameter_overrides"] == "StageName=v1"


@pytest.mark.parametrize("held", ["[churn.deploy.parameters]\n", "churn = {}\n", "churn.x = 1\n", '["churn"]\n'])
def test_a_name_that_is_there_is_refused_however_it_is_written(tmp_path: Path, held: str) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(held)

    with pytest.raises(SettingsError, match="has an environment churn already"):
        add_environment(file, "churn", [])

    assert file.read_text() == held


@pytest.mark.parametrize("command", ["global", "deploy"])
def test_a_stack_of_another_environment_is_refused(tmp_path: Path, command: str) -> None:
    """Two environments would deploy over one stack."""
    file = tmp_path / "samconfig.toml"
    file.write_text(f'[prod.{command}.parameters]\nstack_name = "churn"\n')
    with pytest.raises(SettingsError, match="environment prod deploys the stack churn already"):
        add_environment(file, "churn", [])


@pytest.mark.parametrize(
    "name", ["churn-eu-2", "risk-canary", "Churn", "1churn", "-churn", "churn-", "c" * 36, "a.b", ""]
)
def test_a_name_that_the_template_refuses_is_refused_here(project: Path, name: str) -> None:
    before = project.read_bytes()
    with pytest.raises(SettingsError, match="is not a stack's name"):
        add_environment(project, name, [])
    assert project.read_bytes() == before


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("Wotch=lean", "has no parameter Wotch"),
        ("Watch", "is no parameter"),
        ("Watch=full", "twice"),
        ('CaptureDrop="a"', "is no parameter"),
    ],
)
def test_a_parameter_that_is_none_is_refused(project: Path, parameter: str, said: str) -> None:
    before = project.read_bytes()
    with pytest.raises(SettingsError, match=said):
        add_environment(project, "churn", ["Watch=lean", parameter])
    assert project.read_bytes() == before


def test_every_parameter_of_the_template_is_known(project: Path) -> None:
    from fairlead_cli.samconfig import _declared
    from fairlead_local.cloudformation import templates

    template = project.with_name("template.yaml")
    assert _declared(template) == set(templates.parse(template.read_text())["Parameters"])


def test_windows_line_ends_and_a_file_without_a_last_one_stay(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_bytes(b"# ours \xc3\xa9\r\nversion = 0.1")

    add_environment(file, "churn", [])

    written = file.read_bytes()
    assert written.startswith(b"# ours \xc3\xa9\r\nversion = 0.1\r\n\r\n[churn.global.parameters]\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_a_missing_or_invalid_toml_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    with pytest.raises(NotFoundError, match="there is no"):
        add_environment(file, "churn", [])
    file.write_text("version = \n")
    with pytest.raises(SettingsError, match="is not TOML"):
        add_environment(file, "churn", [])
