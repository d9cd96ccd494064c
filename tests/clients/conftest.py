"""A live model of penguins on the local cloud, and programs with other projects' clients that call it."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pytest

from fairlead_local.cloud import Credentials, LocalCloud
from testkit import penguins
from tests.local.packing import UNPACKED, deploy, packed

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-clients/bin/python"
PROGRAMS = Path(__file__).parent / "programs"
PACKAGE = str(ROOT / "layers/common/python")
STACK = "clients"


@dataclass(frozen=True)
class Live:
    """A released model: its API's address, its registry's bucket, and the keys of a caller and of a publisher."""

    cloud: LocalCloud
    url: str
    caller: Credentials
    publisher: Credentials
    bucket: str

    def run(self, program: str, asked: dict[str, Any]) -> Any:
        """Run a program in the clients' environment with the caller's keys; return the JSON that it printed."""
        assert PYTHON.exists(), "the clients' environment is not there: run `make test-clients`"
        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
        env |= self.cloud.environment(self.caller) | {"PYTHONPATH": PACKAGE}
        done = subprocess.run(
            [PYTHON, PROGRAMS / f"{program}.py", self.url, "penguins", json.dumps(asked)],
            env=env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("clients")
    _, held_out = penguins.split()
    joblib.dump(penguins.estimator(), folder / "penguins.joblib")
    held_out.to_csv(folder / "held_out.csv", index=False)
    with LocalCloud(archives=UNPACKED) as cloud:
        template = packed(cloud, folder)
        outputs = deploy(cloud, template, STACK, ["CaptureRate=1"])
        env = os.environ | cloud.environment() | {"FAIRLEAD_STACK": STACK}
        for command in (
            f"publish {folder}/penguins.joblib --name penguins --data {folder}/held_out.csv --target species",
            "release penguins 1 --strategy all-at-once --wait",
        ):
            subprocess.run(["fairlead", *command.split()], env=env, check=True, capture_output=True)
        caller = cloud.add_user("caller", [outputs["CallerPolicyArn"]])
        publisher = cloud.add_user("publisher", [outputs["PublisherPolicyArn"]])
        yield Live(cloud, cloud.api_url, caller, publisher, outputs["BucketName"])
