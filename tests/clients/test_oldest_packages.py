"""Publishing with the oldest packages that are promised: the layer's versions serve what these prove.

It is one of `make test-clients` because it installs an environment for each Python.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.json import decode

from fairlead import engines
from fairlead.model.golden import Golden
from fairlead.registry.store import Registry
from testkit.memory import Memory

pytestmark = pytest.mark.clients
ROOT = Path(__file__).parents[2]
PUBLISH = """
import json, pathlib, sys
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from fairlead import publish
from fairlead.registry.store import Registry
from testkit.memory import Memory

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
memory = Memory()
models = {"forest": RandomForestClassifier(20, random_state=0), "boosting": HistGradientBoostingClassifier(max_iter=20)}
for name, estimator in models.items():
    rows = {"X": X[1::2], "y": y[1::2], "train": X[::2], "train_y": y[::2]}
    done = publish(estimator.fit(X[::2], y[::2]), name=name, **rows, cv=3, registry=Registry(memory))
    print(done.manifest.engine.name, done.manifest.environment["scikit-learn"], file=sys.stderr)
folder = pathlib.Path(sys.argv[1])
for key, data in memory.objects.items():
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(data)
"""


def interpreter(version: str) -> str | None:
    """Return an installed CPython of this version; None if there is none."""
    if sys.version.startswith(version):
        return sys.executable
    found = subprocess.run(
        ["uv", "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_oldest_supported_packages_publish_versions_that_the_layer_serves(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no CPython {version} on this machine; 3.13 is always tried")
    kernel = tmp_path / "kernel"
    subprocess.run(["uv", "venv", "-q", "--python", python, kernel], check=True)
    lock = ROOT / f"requirements/oldest-{version}.txt"
    subprocess.run(["uv", "pip", "sync", "-q", "--python", kernel / "bin/python", "--require-hashes", lock], check=True)
    shelf = tmp_path / "registry"
    done = subprocess.run(
        [kernel / "bin/python", "-c", PUBLISH, shelf],
        env={"PYTHONPATH": f"{ROOT / 'layers/common/python'}:{ROOT}", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.split("\n")[:2] == ["onnx 1.6.0"] * 2, done.stderr
    memory = Memory()
    memory.objects = {str(path.relative_to(shelf)): path.read_bytes() for path in shelf.rglob("*") if path.is_file()}
    registry = Registry(memory)
    assert registry.models() == ["boosting", "forest"]
    for name in registry.models():
        facts, _ = registry.manifest(name, 1)
        engine = engines.load(facts.engine, facts.signature, registry.blob(facts.blobs[facts.engine.blob]))
        golden = decode(registry.blob(facts.blobs["golden"]), type=Golden)
        assert golden.agrees(engine.answer(golden.rows))
        assert json.loads(memory.get(f"models/{name}/versions/1.json"))["environment"]["python"].startswith(version)
