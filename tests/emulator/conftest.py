"""One local cloud for the emulator's own tests, with the toy stack deployed onto it by the real `sam deploy`."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud
from tests.emulator import alarms
from tests.emulator.iam_users import BUCKET, clients, policy
from tests.local.support import Sam, Toy, create, make_role

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the emulator's own tests, and keep those that share the cloud in one worker."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.emulator)
            if "cloud" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("emulator"))


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        make_role(running)
        yield running


@pytest.fixture(scope="session")
def sam(cloud: LocalCloud) -> Sam:
    return Sam(cloud)


@pytest.fixture(scope="session")
def toy(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    folder = tmp_path_factory.mktemp("toy") / "toy"
    shutil.copytree(HERE / "toy", folder)
    sam.deploy(folder, "toy")
    return Toy(folder, sam.outputs("toy"))


@pytest.fixture(scope="session")
def functions(cloud: LocalCloud) -> Any:
    """boto3's Lambda client."""
    return cloud.client("lambda")


@pytest.fixture(scope="session")
def caller(cloud: LocalCloud, toy: Toy) -> Credentials:
    """A user who may call the toy's API and do nothing else."""
    return cloud.add_user("caller", [toy.outputs["CallerPolicyArn"]])


@pytest.fixture(scope="session")
def echo(cloud: LocalCloud, toy: Toy) -> str:
    """The URL of the toy's POST /echo."""
    return cloud.stage_url("toy") + "/echo"


@pytest.fixture
def new_name(request: pytest.FixtureRequest) -> str:
    """A function name that no other test uses."""
    return f"f-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"


@pytest.fixture
def name(functions: Any, new_name: str) -> str:
    """A function that no other test uses, created and settled."""
    return create(functions, new_name)


@pytest.fixture(scope="session")
def watched(cloud: LocalCloud) -> Any:
    """boto3's CloudWatch client."""
    return alarms.cloudwatch(cloud)


@pytest.fixture
def minute(cloud: LocalCloud) -> None:
    """Start the test with the beginning of a minute."""
    alarms.begin_minute(cloud)


@pytest.fixture
def space() -> str:
    """A namespace of its own."""
    return alarms.namespace()


@pytest.fixture(scope="session")
def bucket(cloud: LocalCloud) -> Any:
    """boto3's S3 client, with the bucket that users of the tests of IAM read."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"here")
    return s3


@pytest.fixture
def user(cloud: LocalCloud, new_name: str) -> Callable[..., Clients]:
    """Make the test's user with these statements; a second call changes them."""
    keys: list[Credentials] = []

    def make(*statements: dict[str, Any]) -> Clients:
        keys[:] = keys or [cloud.add_user(new_name)]
        if statements:
            cloud.client("iam").put_user_policy(UserName=new_name, PolicyName="p", PolicyDocument=policy(*statements))
        return clients(cloud, keys[0])

    return make
