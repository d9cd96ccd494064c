"""One local cloud for the product scenarios that share it, and stages with the built stack for the others."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.packing import UNPACKED, packed
from tests.local.support import ROOT, Sam, deploy_dev, make_role

if TYPE_CHECKING:
    from tests.local.feedback_stack import Stage
    from tests.local.release_stack import Scene

HERE = Path(__file__).parent
LAST = "test_model_workflows.py"
"""It releases a model on the stack dev, which the others find without one."""


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share the cloud in one worker: each worker would start its own cloud."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("local cloud"))
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(archives=UNPACKED) as running:
        make_role(running)
        yield running


@pytest.fixture(scope="session")
def sam(cloud: LocalCloud) -> Sam:
    return Sam(cloud)


@pytest.fixture(scope="session")
def packed_stack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template of the built stack, for `sam deploy` onto this cloud."""
    return packed(cloud, tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="session")
def dev(sam: Sam, packed_stack: Path) -> dict[str, str]:
    """The outputs of the built stack as dev has it, deployed for the first time by an administrator."""
    deploy_dev(os.environ | sam.cloud.environment(), packed_stack)
    return sam.outputs("fairlead-dev")


@pytest.fixture(scope="session")
def roles(cloud: LocalCloud, dev: dict[str, str]) -> dict[str, str]:
    """The resources of bootstrap-ci.yaml."""
    given = {
        "Owner": "owner",
        "OwnerId": "583231",
        "Repository": "name",
        "RepositoryId": "1296269",
        "Environment": "dev",
        "StackName": "fairlead-dev",
        "OperatorPolicyArn": dev["OperatorPolicyArn"],
        "PublisherPolicyArn": dev["PublisherPolicyArn"],
        "Model": "model",
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="ci-fairlead-dev",
        TemplateBody=(ROOT / "bootstrap-ci.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    [made] = cloudformation.describe_stacks(StackName="ci-fairlead-dev")["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Scene"]:
    """The stack that the scenarios share, deployed once."""
    from tests.local.release_stack import staged

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
            patch.delenv(name)
        with staged(tmp_path_factory.mktemp("stage")) as scene:
            yield scene


@pytest.fixture(scope="session")
def loop_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Stage"]:
    """The stack that the tests of the feedback loop share; they are one group: pytest.mark.xdist_group("loop")."""
    from tests.local.feedback_stack import staged

    with staged(tmp_path_factory.mktemp("loop")) as stage:
        yield stage


@pytest.fixture
def scene(stage: "Scene") -> "Scene":
    """The stage for one scenario."""
    return stage
