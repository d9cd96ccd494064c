"""Measures a cold start in a fresh interpreter with only the built layers on its path, as in Lambda.

The figure is the CPU time of the child process, from its start to its first answer; S3 is on loopback in this process.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np

from benchmarks.models import Case, loopback_s3
from testkit.lambda_context import event

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam/build"
ROUNDS = 9

PLAIN = """
import json, joblib, os
model = joblib.load(os.path.join(os.path.dirname(__file__), "model.joblib"))
def handler(event, context):
    rows = [list(row.values()) for row in json.loads(event["body"])["instances"]]
    return {"statusCode": 200, "body": json.dumps({"probabilities": model.predict_proba(rows).tolist()})}
"""

DRIVER = """
import json, resource, sys, types
import app
context = types.SimpleNamespace(aws_request_id="cold", function_name="f", function_version="1",
    memory_limit_in_mb=1769, invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f")
answer = app.handler(json.load(open(sys.argv[1])), context)
assert answer["statusCode"] == 200, answer
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps(used.ru_utime + used.ru_stime), file=sys.stderr)
"""


@dataclass(frozen=True)
class Way:
    """The path of one cold start."""

    name: str
    path: list[Path]


def measure(case: Case, rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of each way to start, interleaved."""
    with tempfile.TemporaryDirectory() as folder, loopback_s3(case.objects) as endpoint:
        scratch = Path(folder)
        request = scratch / "event.json"
        request.write_text(json.dumps(event("predict", body=case.body(1))))
        (scratch / "driver.py").write_text(DRIVER)
        with plain_ways(case, scratch) as plain:
            ways = [Way("fairlead", [BUILT / "PredictFunction", *layers("CommonLayer", "OnnxLayer")]), *plain]
            taken: dict[str, list[float]] = {way.name: [] for way in ways}
            for _ in range(rounds):
                for way in ways:
                    taken[way.name].append(start(way, scratch / "driver.py", request, case.env(endpoint)))
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


CLIENT = """
import resource, boto3
boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
"""


def boto3_client(rounds: int = ROUNDS) -> float:
    """Median CPU seconds of a fresh interpreter that imports boto3, with byte-code, and makes an S3 client."""
    command = [sys.executable, "-c", CLIENT]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(rounds)]
    return float(np.median([float(run.stdout) for run in runs]))


def layers(*names: str) -> list[Path]:
    """Return the layers' folders, made by `make build`."""
    return [BUILT / name / "python" for name in names]


@contextmanager
def plain_ways(case: Case, scratch: Path) -> Iterator[list[Way]]:
    """The tutorial's handler beside its model: with our layer's byte-code, and without, as `sam build` packs it."""
    task = scratch / "plain"
    task.mkdir()
    (task / "app.py").write_text(PLAIN)
    joblib.dump(case.estimator, task / "model.joblib")
    bare = scratch / "bare"
    [packages] = layers("SklearnLayer")
    shutil.copytree(packages, bare, ignore=shutil.ignore_patterns("__pycache__"))
    yield [Way("plain with byte-code", [task, packages]), Way("plain as sam build packs it", [task, bare])]


def start(way: Way, driver: Path, request: Path, env: dict[str, str]) -> float:
    """CPU seconds of one fresh interpreter; /opt is read-only in Lambda, so it may write no byte-code."""
    path = os.pathsep.join(str(part) for part in way.path)
    done = subprocess.run(
        [sys.executable, "-S", "-B", str(driver), str(request)],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stderr.strip().splitlines()[-1])
