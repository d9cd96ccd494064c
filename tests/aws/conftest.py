"""The stack of the suite: on the local cloud by default, on AWS under the marker `aws` (`make test-aws`)."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from fairlead_local.cloud import LocalCloud
from tests.aws.clouds import Aws, Cloud, Local
from tests.aws.deployed import Deployed
from tests.aws.observations import Observations
from tests.aws.removal import remove
from tests.aws.spending import spent
from tests.local.packing import UNPACKED

REPORT = Path(__file__).parents[2] / "aws-differences.md"
CLOUDS = [
    pytest.param("local", marks=pytest.mark.xdist_group("both clouds")),
    pytest.param("aws", marks=pytest.mark.aws),
]


@pytest.fixture(scope="session", params=CLOUDS)
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    if request.param == "aws":
        yield _account()
        return
    with LocalCloud(archives=UNPACKED) as running:
        yield Local(running, tmp_path_factory.mktemp("packed"))


def _account() -> Aws:
    """Return the account of the environment's credentials; without any, end the run with one sentence."""
    try:
        boto3.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        pytest.exit(f"AWS does not answer: {error}. Sign in first: docs/how-to/test-on-aws.md", returncode=2)
    return Aws()


@pytest.fixture(scope="session")
def observations(cloud: Cloud) -> Observations:
    return Observations(cloud.name)


@pytest.fixture(scope="session")
def stack(cloud: Cloud, observations: Observations, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A stack of a unique name. It and all that it leaves behind are removed, also after a failure."""
    deployed = Deployed(cloud, f"flt-{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("models"))
    if cloud.name == "aws":
        print(f"stack {deployed.name}; should this run be killed: python -m tests.aws.removal {deployed.name}")  # noqa: T201
    try:
        yield deployed
        bill = spent(deployed)
    finally:
        remove(deployed)
    if cloud.name == "aws":
        REPORT.write_text(observations.report(bill))
        print(f"\n{bill}\n\ndifferences from the local cloud: {REPORT}")  # noqa: T201 - the run's result
