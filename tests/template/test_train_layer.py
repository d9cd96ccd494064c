"""The layer that trains, for both architectures: it fits, and has what retraining asks.

Lambda unpacks 262,144,000 bytes at most, function and layers together
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.stack import ROOT

BUILT = ROOT / ".aws-sam/build/TrainLayer/python"
ARM = platform.machine() in {"arm64", "aarch64"}
LAMBDA_LIMIT = 262_144_000
COMMON = 12_000_000  # tests/template/test_build.py measures both
AWS = 10_000_000
ROOM = 8_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The layer of `sam build`, and the same layer for the other architecture."""
    here, other = ("arm64", "x86_64") if ARM else ("x86_64", "arm64")
    return {here: BUILT, other: build(other, tmp_path_factory.mktemp(other))}


def build(architecture: str, into: Path) -> Path:
    env = {**os.environ, "FAIRLEAD_ARCHITECTURE": architecture, "ARTIFACTS_DIR": str(into)}
    subprocess.run(["make", "-s", "-C", str(ROOT / "layers/train"), "build-TrainLayer"], env=env, check=True)
    return into / "python"


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_function_and_all_layers_fit_with_room(built: dict[str, Path], architecture: str) -> None:
    function = size(ROOT / "functions/retrain")
    assert size(built[architecture]) + COMMON + AWS + function < LAMBDA_LIMIT - ROOM


@pytest.mark.slow
def test_train_layer_fits_and_compiles_an_estimator() -> None:
    code = """
import io, joblib, onnx, pandas, numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X = np.random.default_rng(0).normal(size=(80, 4)); y = (X[:, 0] > 0).astype(int)
frame = pandas.DataFrame(X, columns=list("abcd"))
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, y)
joblib.dump(model, io.BytesIO())
print(len(to_onnx(model, X[:1]).SerializeToString()) > 100)
for kind in (RandomForestClassifier(5), HistGradientBoostingClassifier(max_iter=5)):
    kind.fit(X, y)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        env={"PYTHONPATH": str(BUILT), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"


def test_its_versions_are_those_that_estimators_are_opened_with() -> None:
    from fairlead.engines.sklearn_layer import PINS

    pinned = _pins("train")
    assert {name: pinned[name] for name in PINS} == PINS
    assert _pins("sklearn").items() <= pinned.items()


def test_train_layer_lacks_the_graph_runtime() -> None:
    assert not _pins("train").keys() & {"onnxruntime", "pyarrow", "boto3"}


def _pins(layer: str) -> dict[str, str]:
    text = (ROOT / "layers" / layer / "requirements.txt").read_text()
    lines = [line.split()[0] for line in text.splitlines() if "==" in line]
    return {name: version for name, _, version in (line.partition("==") for line in lines)}
