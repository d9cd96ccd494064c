"""Two clouds for one set of scenarios: the local cloud, and an AWS account by the credentials of the environment."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import boto3

from fairlead_local.cloud import LocalCloud
from tests.local.packing import BUILT, packed
from tests.local.support import clock_ahead

ROOT = Path(__file__).parents[2]
TIMINGS = ("VerifyColdStartMs=60000", "VerifyLatencyMs=20000", "CanaryLatencyMs=60000")
"""Limits that a busy machine keeps too: these scenarios judge no speed."""


class Cloud(Protocol):
    """The operations of a cloud that the scenarios use."""

    name: str

    def client(self, service: str) -> Any:
        """Return a boto3 client with the rights of the person who runs the suite."""

    def environment(self, session: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables for programs: of a role's session, or of the person who runs the suite."""

    def deploy(self, stack: str, parameters: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run `sam deploy` of the built stack."""

    def api_url(self, outputs: Mapping[str, str]) -> str:
        """Return the address of the deployed API."""

    def pass_time(self, seconds: float) -> None:
        """Wait for so many seconds of the cloud's time."""


def until(cloud: Cloud, found: Callable[[], Any], *, within: float, step: float = 15.0) -> Any:
    """Return what `found` returns once it is true; fails after `within` seconds of the cloud's time."""
    waited = 0.0
    while not (result := found()):
        assert waited < within, f"it did not happen within {within:.0f} seconds"
        cloud.pass_time(step)
        waited += step
    return result


class Local:
    """The local cloud: its clock is advanced, and a stack's archives are uploaded once."""

    name = "local"

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self._cloud = cloud
        self._template = packed(cloud, folder)

    def client(self, service: str) -> Any:
        """Return a client of the administrator."""
        return self._cloud.client(service)

    def environment(self, session: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables that lead to the local cloud."""
        return _without_aws() | self._cloud.environment() | clock_ahead(self._cloud) | _keys(session)

    def deploy(self, stack: str, parameters: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Deploy the stack with its archives in place."""
        return _sam_deploy(self.environment(), stack, parameters, "--template-file", str(self._template))

    def api_url(self, outputs: Mapping[str, str]) -> str:  # noqa: ARG002 - on AWS it is an output
        """Return the address on loopback."""
        return self._cloud.api_url

    def pass_time(self, seconds: float) -> None:
        """Advance the clock; a short sleep lets what is under way settle."""
        time.sleep(0.5)
        self._cloud.advance(seconds)


class Aws:
    """The AWS account and region of the environment's credentials."""

    name = "aws"

    def __init__(self) -> None:
        who = self.client("sts").get_caller_identity()
        region = self.client("lambda").meta.region_name
        print(f"\ndeploying to account {who['Account']}, {region}, as {who['Arn']}")  # noqa: T201 - before it costs

    def client(self, service: str) -> Any:
        """Return a client with the environment's credentials."""
        session: Any = boto3.session.Session()
        return session.client(service)

    def environment(self, session: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment, with a session's keys in place of its own."""
        return ((_without_aws() | _region()) if session else dict(os.environ)) | _keys(session)

    def deploy(self, stack: str, parameters: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Deploy the built stack; its archives lie under the stack's name in SAM's bucket."""
        template = ("--template-file", str(BUILT / "template.yaml"), "--s3-prefix", stack)
        return _sam_deploy(self.environment(), stack, parameters, *template)

    def api_url(self, outputs: Mapping[str, str]) -> str:
        """Return the stack's output."""
        return outputs["ApiUrl"]

    def pass_time(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def _sam_deploy(
    environment: Mapping[str, str], stack: str, parameters: Sequence[str], *more: str
) -> subprocess.CompletedProcess[str]:
    command = [
        "sam", "deploy", "--stack-name", stack, "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-progressbar",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides", *parameters, *more,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def _without_aws() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAIRLEAD_"))}


def _region() -> dict[str, str]:
    region = boto3.session.Session().region_name or ""
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def _keys(session: Mapping[str, str] | None) -> dict[str, str]:
    if session is None:
        return {}
    return {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
