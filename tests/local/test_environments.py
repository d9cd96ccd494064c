"""samconfig's environments and the roles of bootstrap-ci.yaml, as GitHub's workflow uses them."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.packing import BUILT
from tests.local.support import deploy_dev, github_job

LARGE = "OnnxLayer|ParquetLayer|SklearnLayer|TrainLayer"
LATER = "StageName=dev DeploymentStrategy=all-at-once LogRetentionDays=7"


def test_an_environment_is_deployed_as_samconfig_says(cloud: LocalCloud, dev: dict[str, str]) -> None:
    group: Any = cloud.client("codedeploy").get_deployment_group(
        applicationName=dev["DeploymentApplication"], deploymentGroupName=dev["DeploymentGroup"]
    )["deploymentGroupInfo"]

    assert group["deploymentConfigName"] == dev["DeploymentStrategy"] == "CodeDeployDefault.LambdaAllAtOnce"
    assert [alarm["name"] for alarm in group["alarmConfiguration"]["alarms"]] == dev["CanaryAlarms"].split(",")
    assert dev["ApiUrl"].endswith("/dev")


@pytest.fixture
def built(packed_stack: Path, tmp_path: Path) -> Path:
    """The built template, whose small archives `sam deploy` zips and uploads; large ones are packed already."""
    there = re.sub(rf"s3://archives/(?!{LARGE})(\w+)\.zip", rf"{BUILT}/\1", packed_stack.read_text())
    (tmp_path / "template.yaml").write_text(there)
    return tmp_path / "template.yaml"


def test_the_workflow_s_role_suffices_to_deploy(
    cloud: LocalCloud, built: Path, dev: dict[str, str], roles: dict[str, str]
) -> None:
    env = github_job(cloud, roles["DeployRoleArn"])

    deploy_dev(env, built, "--role-arn", roles["StackRoleArn"], "--parameter-overrides", LATER)

    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/fairlead-dev-")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {7}


def test_the_workflow_s_role_suffices_to_release_on_new_code(
    cloud: LocalCloud, dev: dict[str, str], roles: dict[str, str]
) -> None:
    """Before the first release there is nothing to do, which it finds out by looking."""
    env = github_job(cloud, roles["DeployRoleArn"]) | {"FAIRLEAD_STACK": "fairlead-dev"}

    done = subprocess.run(
        ["fairlead", "release", "--code", "--wait"], env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "no model is live yet" in done.stderr
