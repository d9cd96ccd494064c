"""A real S3 over HTTP (moto's server on loopback), real penguins, and predict's handler as Lambda loads it."""

import contextlib
import functools
import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import IO, Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws

from fairlead.aws.s3 import S3Objects
from fairlead.publishing.estimator_files import closed_process
from fairlead.publishing.publish import Published
from fairlead.registry.store import Registry
from fairlead.settings import pinnable_versions
from testkit import penguins
from tests import quick_publishing
from tests.browser import Browser, browser
from tests.functional.closed_server import ClosedServer, ForkedProcess
from tests.functional.function_app import forget_earlier_starts, load_function

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
BUCKET = "registry"


@pytest.fixture(autouse=True)
def _quick_publishing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish without fresh processes: tests marked `budget` measure, those marked `fresh_layer` prove in one."""
    if not request.node.get_closest_marker("budget"):
        quick_publishing.give_budget(monkeypatch)
    if not request.node.get_closest_marker("fresh_layer"):
        quick_publishing.prove_in_forks(monkeypatch)


# Sessions share the descriptions of services, as the product's do: each would otherwise read and prepare its own.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


@pytest.fixture(scope="session")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClosedServer]:
    server = ClosedServer(tmp_path_factory.mktemp("home"))
    yield server
    server.end()


@pytest.fixture(autouse=True)
def _closed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open model files in forks of one process, unless a test is marked `fresh_process`."""

    def start(given: dict[str, Any], file: IO[bytes], folder: str) -> ForkedProcess:
        server: ClosedServer = request.getfixturevalue("closed_server")
        return server.start(given, file, folder)

    if not request.node.get_closest_marker("fresh_process"):
        monkeypatch.setattr(closed_process, "_start", start)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set credentials and a region, and remove every other setting of AWS and Fairlead from this process."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def moto(account: None) -> Iterator[None]:
    """An empty AWS account in this process, whose functions are not run."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield


@dataclass(frozen=True)
class Store:
    """A bucket, its registry, and the environment that points a function at it."""

    client: Any
    registry: Registry
    env: dict[str, str]

    def released(self, published: Published) -> dict[str, str]:
        """The environment a release of this version freezes."""
        facts = published.manifest
        return {
            **self.env,
            "FAIRLEAD_MODEL": facts.model,
            "FAIRLEAD_VERSION": str(facts.version),
            "FAIRLEAD_MANIFEST_SHA256": published.sha256,
            "FAIRLEAD_PINNABLE": pinnable_versions.as_text(range(1, facts.version)),
        }


MOTO = """
import sys
from werkzeug.serving import run_simple
from fairlead_local import moto_server
from fairlead_local.dynamodb import answers, expressions, numbers
numbers.patch_numbers()
expressions.patch_expressions()
answers.patch_answers()
handler = moto_server.request_handler()
run_simple("127.0.0.1", int(sys.argv[1]), moto_server.application(), threaded=True, request_handler=handler)
"""
"""moto's server as the local cloud has it, with DynamoDB's own sums, quick updates and answers."""


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A process of its own: mock_aws in another test resets every store of this process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", MOTO, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1_200):  # a busy machine needs most of a minute
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


def make_store(s3_url: str) -> Store:
    client = boto3.client(
        "s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    bucket = f"{BUCKET}-{os.urandom(6).hex()}"
    client.create_bucket(Bucket=bucket)
    env = {**KEYS, "AWS_ENDPOINT_URL": s3_url, "FAIRLEAD_BUCKET": bucket, "POWERTOOLS_SERVICE_NAME": "predict"}
    env |= {"POWERTOOLS_METRICS_NAMESPACE": "Fairlead", "AWS_LAMBDA_FUNCTION_NAME": "fairlead-predict"}
    env["AWS_LAMBDA_FUNCTION_VERSION"] = "7"
    return Store(client, Registry(S3Objects(client, bucket)), env)


@pytest.fixture
def store(s3_url: str) -> Store:
    return make_store(s3_url)


@pytest.fixture(scope="session")
def shelf(s3_url: str) -> Store:
    """A store that many tests read and none changes."""
    return make_store(s3_url)


@pytest.fixture(scope="session")
def published(shelf: Store) -> Published:
    return penguins.publish(shelf.registry)


@pytest.fixture(scope="session")
def again(shelf: Store, published: Published) -> Published:
    """The next version, of the same signature."""
    assert published.manifest.version == 1
    return penguins.publish(shelf.registry)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of a file, which are in the group of browsers."""
    with browser() as found:
        yield found


Load = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def load_app(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import predict's app.py again with this environment, as a cold start does; `printed` holds its log."""

    def load(env: dict[str, str]) -> ModuleType:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_", "POWERTOOLS_"))]:
            monkeypatch.delenv(name)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        forget_earlier_starts()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            module = load_function("predict")
        module.printed = printed  # type: ignore[attr-defined]
        return module

    return load
