"""The closed process: each restriction that is in force while a model file is opened, tried from the inside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fairlead.errors import ModelFileError, NotFoundError, SettingsError
from fairlead.publishing.estimator_files import closed_process, sandbox
from fairlead.publishing.input.model_file import read_model
from tests.functional.command_line import fairlead

pytestmark = pytest.mark.fresh_process
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are Linux's")

TRIES = """
import json, os, socket, subprocess, sys, threading
parent, folder, secret = sys.argv[1:4]
sys.path[:0] = json.loads(sys.argv[4])
from fairlead.publishing.estimator_files import sandbox
stand = sandbox.close([*sys.path, sys.prefix, sys.base_prefix, "/lib", "/usr/lib", "/lib64"])

def fails(act):
    try:
        act()
    except OSError:
        return True
    return False

def write(path):
    with open(path, "w") as file:
        file.write("x")

results = {
    "writes elsewhere": fails(lambda: write(os.path.join(folder, "canary"))),
    "reads a secret": fails(lambda: open(secret).read()),
    "reads the parent's environment": fails(lambda: open(f"/proc/{parent}/environ", "rb").read()),
    "opens a socket": fails(lambda: socket.socket()),
    "opens a Unix socket": fails(lambda: socket.socket(socket.AF_UNIX)),
    "runs a program": fails(lambda: subprocess.run(["/bin/true"])),
    "replaces itself": fails(lambda: os.execv("/bin/true", ["true"])),
    "forks": fails(os.fork),
    "signals its parent": fails(lambda: os.kill(int(parent), 0)),
    "becomes root": os.getuid() != 0 and fails(lambda: os.setuid(0)),
}
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
print(json.dumps({"stand": stand, "results": results}))
"""


@linux
def test_every_reported_wall_is_enforced(tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("aws_secret_access_key = x")
    package = str(Path(sandbox.__file__).parents[3])
    with sandbox.closed_memory():
        done = subprocess.run(
            [sys.executable, "-c", TRIES, str(os.getpid()), str(tmp_path), str(secret), json.dumps([package])],
            capture_output=True,
            text=True,
            check=True,
        )
    printed = json.loads(done.stdout)
    assert {sandbox.ENVIRONMENT, sandbox.LIMITS, sandbox.USER} <= set(printed["stand"])
    needs = {
        "writes elsewhere": sandbox.LIMITS,
        "reads a secret": sandbox.FILES,
        "reads the parent's environment": sandbox.FILES,
        "becomes root": sandbox.USER,
    }
    standing = {
        name: held for name, held in printed["results"].items() if needs.get(name, sandbox.NETWORK) in printed["stand"]
    }
    assert standing
    assert all(standing.values()), standing
    assert not (tmp_path / "canary").exists() or not (tmp_path / "canary").read_text()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file."""
    X = np.random.default_rng(0).normal(size=(40, 3))
    path = tmp_path_factory.mktemp("model") / "model.joblib"
    joblib.dump(LogisticRegression().fit(X, X[:, 0] > 0), path)
    return path


def test_a_model_file_is_opened_with_the_names_of_its_walls(model: Path) -> None:
    found = read_model(model)
    assert found.estimator.predict([[9.0, 0, 0], [-9.0, 0, 0]]).tolist() == [True, False]
    assert sandbox.ENVIRONMENT in found.walls
    assert set(found.walls) <= set(sandbox.WALLS)
    if sys.platform == "linux":
        assert {sandbox.LIMITS, sandbox.PARENT} <= set(found.walls)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file"):
        read_model(tmp_path / "model.joblib")


def test_a_file_that_takes_too_long_is_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_process, "SECONDS", 0.2)
    with pytest.raises(ModelFileError, match=r"could not be opened in 0\.2 seconds"):
        read_model(model)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os; os.abort()", "ended by SIGABRT"),
        ("import os; os._exit(0)", "without an answer"),
        ("import sys; sys.stdout.buffer.write(b'[]\\n' + bytes(99))", "without an answer"),
        ("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))", "cannot be opened"),
    ],
)
def test_a_process_that_ends_without_an_answer_refuses_the_file(
    model: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    monkeypatch.setattr(closed_process, "BOOTSTRAP", program)
    monkeypatch.setattr(closed_process, "MOST_BYTES", 4 << 20)
    with pytest.raises(ModelFileError, match=message):
        read_model(model)


def test_the_process_sees_no_credentials(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    program = (
        "import os, sys; sys.path[:0] = __import__('json').loads(sys.argv[1])['path']\n"
        "import msgspec; from fairlead.publishing.estimator_files.closed_process import ClosedReply\n"
        "sys.stdout.buffer.write(b'[]\\n' + msgspec.msgpack.encode(ClosedReply(failure=' '.join(sorted(os.environ)))))"
    )
    monkeypatch.setattr(closed_process, "BOOTSTRAP", program)
    with pytest.raises(ModelFileError) as refusal:
        read_model(model)
    assert "AWS" not in str(refusal.value)
    assert "HOME" in str(refusal.value)


def test_code_of_ones_own_is_refused_at_once() -> None:
    done = fairlead("publish", "m.joblib", "--name", "m", "--data", "d.csv", "--allow", "ours")
    assert done.exit_code == SettingsError.exit_code
    assert "pack your package: --code" in done.stderr
