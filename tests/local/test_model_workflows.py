"""The workflows that `fairlead init` writes, step by step, on dev and with the roles of bootstrap-ci.yaml."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from fairlead_cli.main import app
from fairlead_local.cloud import LocalCloud
from tests.local.support import github_job

GIVEN = {"inputs.environment": "dev", "inputs.reason": "callers complain"}
ROLES = {"PUBLISH_ROLE": "PublishRoleArn", "DEPLOY_ROLE": "DeployRoleArn", "ROLLBACK_ROLE": "RollbackRoleArn"}
PLACE = "repo:owner/name:environment:{}"
Job = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project whose .venv is this environment, instead of the step that installs one."""
    folder = tmp_path_factory.mktemp("model") / "project"
    made = CliRunner().invoke(app, ["init", str(folder)])
    assert made.exit_code == 0, made.output
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def job(project: Path, cloud: LocalCloud, dev: dict[str, str], roles: dict[str, str]) -> Job:
    """Run a job's steps in order, as its environment's role from the step on that assumes it; return its outputs."""

    def run(workflow: str, name: str, **needed: str) -> dict[str, str]:
        facts = yaml.safe_load((project / f".github/workflows/{workflow}.yml").read_text())["jobs"][name]
        known = GIVEN | {f"needs.publish.outputs.{key}": value for key, value in needed.items()}
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "FAIRLEAD_"))}
        env, outputs = plain, project / "outputs"
        outputs.write_text("")
        for step in facts["steps"]:
            if "role-to-assume" in step.get("with", {}):
                role = step["with"]["role-to-assume"].removeprefix("${{ vars.").removesuffix(" }}")
                subject = PLACE.format(filled(facts["environment"], known))
                seconds = step["with"].get("role-duration-seconds", 3600)
                env = github_job(cloud, roles[ROLES[role]], subject=subject, seconds=seconds)
            if step.get("run") not in (None, "bash ci.sh install"):
                given = {key: filled(value, known) for key, value in step.get("env", {}).items()}
                given |= {"GITHUB_SHA": "5ca1ab1e", "GITHUB_OUTPUT": str(outputs)}
                shell = ["bash", "-e", "-c", step["run"]]  # as GitHub runs it
                done = subprocess.run(shell, cwd=project, env=env | given, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
        return dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    return run


def filled(text: str, known: dict[str, str]) -> str:
    """Replace GitHub's expressions."""
    for name, value in known.items():
        text = text.replace(f"${{{{ {name} }}}}", value)
    assert "${{" not in text
    return text


def live(cloud: LocalCloud, dev: dict[str, str]) -> dict[str, Any]:
    command = ["fairlead", "status", "model", "--json"]
    env = os.environ | cloud.environment() | {"FAIRLEAD_STACK": "fairlead-dev"}
    said: dict[str, Any] = json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    return said


def test_a_merged_model_is_trained_published_released_and_rolled_back(
    job: Job, project: Path, cloud: LocalCloud, dev: dict[str, str]
) -> None:
    job("model", "train")
    assert "model may be published" in (project / "verdict.txt").read_text()

    versions = [job("model-environment", "publish")["version"] for _ in range(2)]
    for version in versions:
        job("model-environment", "release", version=version)
    assert (versions, live(cloud, dev)["live"]["version"]) == (["1", "2"], 2)

    job("rollback", "rollback")
    assert live(cloud, dev)["live"]["version"] == 1


def test_a_publisher_s_job_cannot_release(project: Path, cloud: LocalCloud, roles: dict[str, str]) -> None:
    env = github_job(cloud, roles["PublishRoleArn"], subject=PLACE.format("dev-publish"), seconds=3600)
    command = ["fairlead", "release", "model", "1", "--stack", "fairlead-dev"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "OperatorPolicyArn" in done.stderr
