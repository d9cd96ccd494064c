"""The reads and imports of a cold start, counted: unlike seconds, they do not depend on the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.models import loopback_s3
from fairlead.registry.store import Registry
from testkit import penguins
from testkit.lambda_context import event
from testkit.memory import Memory

BUILT = Path(__file__).parents[2] / ".aws-sam/build"
TRAINING = {"sklearn", "scipy", "joblib", "pandas", "onnx", "skl2onnx"}
CLIENTS = {"boto3", "botocore", "pydantic", "aws_xray_sdk"}
DOORS = {
    "fairlead.api.invocations", "fairlead.api.lenient_json", "fairlead.api.open_inference", "fairlead.api.openapi",
    "fairlead.api.tensors", "fairlead.serving.pinned",
}  # fmt: skip
"""Modules that the first request of another protocol, or the first pin, imports."""
ON_REQUEST = ("fairlead.engines.explanation", "fairlead.serving.explanations", "fairlead.model.explanation")
MOST_MODULES = 380
MOST_GETS = 3  # manifest, graph, golden rows

DRIVER = """
import json, sys, types
import app
context = types.SimpleNamespace(aws_request_id="cold", function_name="f", function_version="1",
    memory_limit_in_mb=1769, invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f")
assert app.handler(json.load(open(sys.argv[1])), context)["statusCode"] == 200
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], list[str]]:
    """The modules a fresh interpreter holds after its first answer, and the objects it read."""
    assert (BUILT / "OnnxLayer/python").is_dir(), "the layers are not built: run `make build`"
    memory = Memory()
    published = penguins.publish(Registry(memory))
    folder = tmp_path_factory.mktemp("cold")
    (folder / "driver.py").write_text(DRIVER)
    (folder / "event.json").write_text(json.dumps(event("predict")))
    path = [BUILT / "PredictFunction", BUILT / "CommonLayer/python", BUILT / "OnnxLayer/python"]
    reads: list[str] = []
    with loopback_s3(memory, reads) as endpoint:
        env = {
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "FAIRLEAD_BUCKET": "registry",
            "FAIRLEAD_MODEL": published.manifest.model,
            "FAIRLEAD_VERSION": str(published.manifest.version),
            "FAIRLEAD_MANIFEST_SHA256": published.sha256,
            "POWERTOOLS_SERVICE_NAME": "predict",
            "POWERTOOLS_METRICS_NAMESPACE": "Fairlead",
        }
        command = [sys.executable, "-S", "-s", "-B", str(folder / "driver.py"), str(folder / "event.json")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1])), reads


def test_a_prediction_imports_nothing_that_trains_or_that_calls_aws(cold: tuple[set[str], list[str]]) -> None:
    modules, _ = cold
    assert {module.split(".")[0] for module in modules} & (TRAINING | CLIENTS) == set()
    assert not {module for module in modules if module.startswith(("fairlead.publishing", *ON_REQUEST))}


def test_a_prediction_imports_no_other_protocol_and_no_event_handler(cold: tuple[set[str], list[str]]) -> None:
    modules, _ = cold
    assert modules & DOORS == set()
    assert not {module for module in modules if module.startswith("aws_lambda_powertools.event_handler")}


def test_a_cold_start_imports_few_modules(cold: tuple[set[str], list[str]]) -> None:
    modules, _ = cold
    assert len(modules) <= MOST_MODULES


def test_a_cold_start_reads_the_manifest_the_graph_and_the_golden_rows(cold: tuple[set[str], list[str]]) -> None:
    _, reads = cold
    assert len(reads) == MOST_GETS
    assert len(set(reads)) == MOST_GETS
