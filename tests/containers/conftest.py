"""A Docker engine, the local cloud where containers reach it, and a published model in its S3."""

import contextlib
import os
import platform
import subprocess
import time
from collections.abc import Iterator

import pytest

from fairlead.aws.s3 import S3Objects
from fairlead.registry.store import Registry
from fairlead_local.cloud import LocalCloud
from testkit import penguins
from tests.containers.sam import BUILD, bridge, docker
from tests.local.packing import UNPACKED

ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"
SAM_IMAGES = ("images", "--quiet", "--filter", "reference=samcli/lambda-python")
SAM_CONTAINERS = ("ps", "--all", "--quiet", "--filter", "label=sam.cli.container.type=lambda")
BUCKET = "registry"


@pytest.fixture(scope="session", autouse=True)
def engine() -> Iterator[None]:
    """Skip where containers cannot run, unless they are required; leave no container and no image of SAM's behind."""
    lacking = _lacking()
    if lacking and (os.environ.get("FAIRLEAD_REQUIRE_CONTAINERS") or os.environ.get("CI")):
        pytest.fail(f"{lacking}, and containers are required here")
    if lacking:
        pytest.skip(lacking)
    assert BUILD.is_dir(), ".aws-sam/build is missing: run `make build` first"
    containers, images = set(docker(*SAM_CONTAINERS).split()), set(docker(*SAM_IMAGES).split())
    yield
    left = _settled(containers)
    made = set(docker(*SAM_IMAGES).split()) - images
    if made:
        with contextlib.suppress(subprocess.CalledProcessError):  # only to tidy up: SAM also removes its images
            docker("rmi", "--force", *made)
    assert left == set(), "sam local left containers behind"


def _settled(before: set[str]) -> set[str]:
    """Return the new containers that remain; the engine takes a moment to remove a stopped one."""
    for _ in range(50):
        left = set(docker(*SAM_CONTAINERS).split()) - before
        if not left:
            break
        time.sleep(0.2)
    return left


@pytest.fixture(scope="session")
def cloud(engine: None) -> Iterator[LocalCloud]:
    """The local cloud, also on the address at which containers see this machine."""
    with LocalCloud(also_on=[bridge()], archives=UNPACKED) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def bare(cloud: LocalCloud) -> dict[str, str]:
    """The environment of `sam local` before the first release, with the cloud's address for containers."""
    endpoint = cloud.endpoint_url.replace("127.0.0.1", bridge())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAIRLEAD_"))}
    return {**kept, **cloud.environment(), "AWS_ENDPOINT_URL": endpoint, "FAIRLEAD_BUCKET": BUCKET}


@pytest.fixture(scope="session")
def released(cloud: LocalCloud, bare: dict[str, str]) -> dict[str, str]:
    """The same environment, with the variables that a release of the penguins model freezes."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    published = penguins.publish(Registry(S3Objects(s3, BUCKET)))
    return {
        **bare,
        "FAIRLEAD_MODEL": published.manifest.model,
        "FAIRLEAD_VERSION": str(published.manifest.version),
        "FAIRLEAD_MANIFEST_SHA256": published.sha256,
    }


def _lacking() -> str:
    """Return what containers need and this machine lacks."""
    try:
        docker("info")
    except (OSError, subprocess.CalledProcessError):
        return "no Docker engine answers"
    try:
        docker("image", "inspect", IMAGE)
    except subprocess.CalledProcessError:
        return f"the image {IMAGE} is missing"
    return ""
