"""SAM's linter on the template, CloudFormation's on what SAM makes of it: each misses faults that the other finds."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.template.stack import ROOT, translate


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_accepts_the_template() -> None:
    run("sam", "validate", "--lint", "--region", "eu-west-1")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Architecture": "arm64", "SnapStart": "PublishedVersions", "StageName": "dev"},
        {"BatchInput": "rows/in/", "BatchOutput": "rows/out/"},
        {"DeploymentStrategy": "custom", "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:night-watch"},
    ],
    ids=["defaults", "everything-else", "batch", "custom-and-told"],
)
def test_cloudformation_accepts_the_translated_template(parameters: dict[str, str], tmp_path: Path) -> None:
    translated = tmp_path / "translated.json"
    translated.write_text(json.dumps(translate(**parameters).raw))
    run("cfn-lint", str(translated))


def test_the_bootstrap_templates_are_valid() -> None:
    run("cfn-lint", "bootstrap.yaml", "bootstrap-ci.yaml", "bootstrap-domain.yaml")
