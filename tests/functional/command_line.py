"""The command line, run in this process; files it reads."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from fairlead_cli.main import app


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def result(*arguments: object) -> Any:
    """Return a command's JSON document, which must be its whole output on stdout."""
    done = fairlead(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def rows(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    return path
