"""The command line before it does anything: help, imports, usage."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead_cli.main import app

ROOT = Path(__file__).parents[3]
COMMANDS = [
    "publish",
    "versions",
    "show",
    "release",
    "status",
    "rollback",
    "history",
    "who-was-live",
    "retire",
    "predict",
    "batch",
    "feedback",
    "redrive",
    "doctor",
]
HEAVY = [
    *("rich", "msgspec", "sklearn", "boto3", "botocore", "pandas", "moto", "numpy", "onnxruntime"),
    *("fairlead.settings", "fairlead.publishing", "fairlead_cli.console"),
]


def fairlead(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fairlead_cli.main", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **env},
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_teaches_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})

    assert done.exit_code == 0
    assert f"Example:  fairlead {command} " in done.stdout
    assert "--json" in done.stdout
    assert "--stack" in done.stdout


def test_every_command_is_in_the_help() -> None:
    help_text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout

    assert {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    } >= set(COMMANDS)
    for command in [*COMMANDS, "local"]:
        assert f" {command} " in help_text


def test_help_imports_nothing_heavy() -> None:
    """Help and completion answer at once; heavy packages are imported by the command that needs them."""
    code = (
        "import sys; from typer.testing import CliRunner; from fairlead_cli.main import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_command_that_calls_aws_imports_only_the_clients_it_needs() -> None:
    """Without a region `status` ends after its imports; pydantic and OpenSSL would cost as much as all of them."""
    unneeded = ["pydantic", "OpenSSL", "rich", "numpy", "pandas", "sklearn", "moto"]
    code = (
        "import atexit, sys; sys.argv[1:] = ['status', 'churn'];"
        f"atexit.register(lambda: print([name for name in ('boto3', *{unneeded!r}) if name in sys.modules]));"
        "from fairlead_cli.main import main; main()"
    )
    clean = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=clean)

    assert (done.returncode, done.stdout.strip()) == (2, "['boto3']"), done.stderr


def test_the_console_needs_no_package_that_publishing_needs() -> None:
    """An operator's installation has none of them."""
    code = (
        "import sys; from fairlead.errors import PUBLISH_PACKAGES;"
        "sys.modules.update(dict.fromkeys(PUBLISH_PACKAGES)); import fairlead_cli.console.app"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_console_script_runs() -> None:
    done = fairlead("--version")

    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "fairlead", "")


def test_no_command_shows_the_help() -> None:
    assert "Usage: fairlead" in fairlead().stdout + fairlead().stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict"],
        ["release", "churn"],
        ["release", "churn", "7", "--code"],
        ["release"],
        ["release", "churn", "seven"],
        ["show", "churn", "0"],
        ["nonsense"],
    ],
)
def test_wrong_usage_exits_2_with_a_word_on_stderr(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments, env={"NO_COLOR": "1"})

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Usage: " in done.stderr


def test_local_command_without_its_packages_names_the_install_command() -> None:
    code = (
        "import importlib.util as util; real = util.find_spec;"
        "util.find_spec = lambda name, *rest: None if name == 'moto' else real(name, *rest);"
        "import sys; sys.argv[1:] = ['local', 'up', '--port', '1'];"
        "from fairlead_cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "`fairlead local up --port 1` needs packages that are not installed" in done.stderr
    assert "pip install 'fairlead[local]'" in done.stderr


def test_local_cloud_under_an_older_python_is_refused_with_the_version_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its code is of CPython 3.13; publishing begins with 3.11."""
    monkeypatch.setattr("fairlead_cli.commands.local.NEEDED", (9, 9))
    done = CliRunner().invoke(app, ["local", "up", "--port", "1"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "runs functions in CPython 3.13" in done.stderr
