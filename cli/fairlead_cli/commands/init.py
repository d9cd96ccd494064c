"""fairlead init."""

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fairlead_cli.options import Json
from fairlead_cli.output import print_json

STARTER = Path(__file__).parents[1] / "starter"
HIDDEN = {"gitignore": ".gitignore", "workflows": ".github/workflows"}
"""Files with another name in the wheel, because tools would read them there."""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
    *,
    json: Json = False,
) -> None:
    """Write a project: the SAM application, a training script, its test, thresholds of the gate, GitHub workflows.

    `sam build && sam deploy` works in it, against AWS and against `fairlead local up`.
    """
    from fairlead.errors import SettingsError

    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder} is a file", hint="name a new folder")
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty", hint="name a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as half:
            written = Path(half) / "project"
            _write(written)
            if folder.exists():
                folder.rmdir()
            written.rename(folder)
    except OSError as error:
        raise SettingsError(f"cannot write {folder}: {error.strerror}", hint="name another folder") from error
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir())
    if json:
        from fairlead_cli.documents import Project

        print_json(Project(folder=str(folder), written=names))
        return
    typer.echo(f"{folder}: {', '.join(names)}")
    typer.echo(f"next: cd {shlex.quote(str(folder))} && python train.py   (README.md has the next steps)")


def _write(folder: Path) -> None:
    from fairlead_cli.application import write_application

    shutil.copytree(STARTER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for packed, name in HIDDEN.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / packed).rename(folder / name)
    write_application(folder)
