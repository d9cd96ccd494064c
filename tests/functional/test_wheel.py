"""The built wheel with its base dependencies alone: a client and an operator's commands, nothing heavy."""

import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from fairlead.errors import PUBLISH_PACKAGES
from fairlead_cli.main import app

ROOT = Path(__file__).parents[2]
IMPORTED_AS = {"scikit-learn": "sklearn"}
NEEDS_PUBLISH = {"batch", "engines", "publishing", "serving", "scoring", "retraining", "gate", "notebook"}
NEEDS_LAMBDA = {"api", "automation", "feedback", "monitoring", "telemetry", "verification"}


def distributions(requirements: list[str], known: set[str]) -> Iterator[importlib.metadata.Distribution]:
    """Yield what an installation of these requirements brings, from the packages of this environment."""
    for requirement in map(Requirement, requirements):
        if requirement.name in known or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        known.add(requirement.name)
        found = importlib.metadata.distribution(requirement.name)
        yield found
        yield from distributions(found.requires or [], known)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel and links to its base dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    made, target = folder / "made", folder / "environment/bin/python"
    build = ["uv", "build", "-q", "--wheel", "--no-build-isolation", "--offline", "--python", sys.executable]
    subprocess.run([*build, "-o", made, ROOT], check=True)
    subprocess.run(["uv", "venv", "-q", "--offline", "--python", sys.executable, folder / "environment"], check=True)
    [wheel] = made.glob("*.whl")
    subprocess.run(["uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", target, wheel], check=True)
    [site] = (folder / "environment/lib").glob("python*/site-packages")
    [metadata] = importlib.metadata.distributions(name="fairlead", path=[str(site)])
    for distribution in distributions(metadata.requires or [], set()):
        for top in {path.parts[0] for path in distribution.files or () if path.parts[0] not in ("..", "__pycache__")}:
            (site / top).symlink_to(distribution.locate_file(top))  # type: ignore[arg-type]  # a path, by its protocol
    return target


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return subprocess.run(
        [python, *arguments], capture_output=True, text=True, check=False, env=clean, cwd=python.parent
    )


def test_base_installation_has_none_of_the_packages_for_publishing(python: Path) -> None:
    code = f"import importlib.util as util; print([one for one in {sorted(PUBLISH_PACKAGES)!r} if util.find_spec(one)])"
    assert run(python, "-c", code).stdout.strip() == "[]"


def test_a_client_of_the_wheel_signs_and_sends(python: Path) -> None:
    code = (
        "from fairlead import AsyncClient, Client; from fairlead.errors import CallError\n"
        "try: Client('http://127.0.0.1:9/v1').predict([{'x': 1}])\n"
        "except CallError as error: print(error)"
    )
    done = run(python, "-c", code)
    assert "http://127.0.0.1:9/v1 does not answer" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "command", ["status churn", "release churn 1", "rollback churn", "monitor churn", "retrain churn"]
)
def test_an_operators_command_needs_no_more(python: Path, command: str) -> None:
    """It gets as far as AWS, which is not there."""
    done = run(python, "-m", "fairlead_cli.main", *command.split())
    assert "Could not connect to the endpoint" in done.stderr


def test_only_rooms_that_publish_or_serve_need_more(python: Path) -> None:
    """Every other module of the package and of the commands can be imported."""
    code = (
        "import importlib, pkgutil, fairlead, fairlead_cli\n"
        "for package in (fairlead, fairlead_cli):\n"
        "    for one in pkgutil.walk_packages(package.__path__, package.__name__ + '.', onerror=lambda name: None):\n"
        "        try: importlib.import_module(one.name)\n"
        "        except ModuleNotFoundError as error: print(one.name.split('.')[1], error.name.split('.')[0])\n"
    )
    failed = {tuple(line.split()) for line in run(python, "-c", code).stdout.splitlines()}

    assert {room for room, package in failed if package in PUBLISH_PACKAGES} == NEEDS_PUBLISH
    assert {room for room, package in failed if package not in PUBLISH_PACKAGES} == NEEDS_LAMBDA


FRAME = (
    "from fairlead.client.results import Predictions as P;"
    "P([{'model': '', 'version': 1, 'digest': '', 'release': '', 'predictions': []}]).to_frame()"
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "fairlead_cli.main", "publish", "model.joblib", "--name", "churn", "--data", "rows.csv"),
        ("-c", "import fairlead; fairlead.publish"),
        ("-c", "import fairlead; fairlead.scorer"),
        ("-c", FRAME),
    ],
    ids=["command", "notebook", "scorer", "frame of predictions"],
)
def test_a_missing_package_is_named_in_one_line_with_the_command_that_installs_it(
    python: Path, arguments: tuple[str, ...]
) -> None:
    done = run(python, *arguments)
    [said] = [line for line in done.stderr.splitlines() if line.endswith("pip install 'fairlead[publish]'")]
    assert "which is not installed" in said


def test_the_named_packages_are_those_of_the_extra() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["publish"]
    names = [Requirement(one).name for one in extra]
    assert {IMPORTED_AS.get(name, name) for name in names} == PUBLISH_PACKAGES


def test_the_wheel_writes_the_project_that_the_clone_writes(python: Path, tmp_path: Path) -> None:
    done = run(python, "-m", "fairlead_cli.main", "init", str(tmp_path / "of the wheel"), "--json")
    assert done.returncode == 0, done.stderr
    subprocess.run([sys.executable, "-m", "fairlead_cli.main", "init", tmp_path / "of the clone"], check=True)

    made, expected = _files(tmp_path / "of the wheel"), _files(tmp_path / "of the clone")
    assert made == expected
    assert {"template.yaml", "functions/predict/app.py", "layers/common/python/fairlead/errors.py", "train.py"} <= set(
        made
    )
    assert made["template.yaml"] == (ROOT / "template.yaml").read_bytes()
    assert not [name for name in made if "__pycache__" in name]
    assert json.loads(done.stdout)["written"] == sorted({name.partition("/")[0] + "/" * ("/" in name) for name in made})


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_project_is_written_to_no_folder_that_has_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = CliRunner().invoke(app, ["init", str(tmp_path)])
    assert done.exit_code == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_gate_accepts_the_model_of_a_new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN a new project, THEN its own test passes unchanged."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "project", "--json"]).exit_code == 0
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAIRLEAD_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "project", env=clean, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
