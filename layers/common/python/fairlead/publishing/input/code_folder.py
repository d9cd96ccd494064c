"""Read the folder of a publisher's package: its .py files, nothing that is native, hidden or outside of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fairlead.engines.model_code.package import MOST_BYTES, MOST_FILES, CodePackage, check_package
from fairlead.engines.model_code.source_rules import check_source
from fairlead.errors import ModelCodeError, NotFoundError

NATIVE = frozenset({".so", ".pyd", ".dll", ".dylib", ".pyx", ".pxd", ".c", ".cc", ".cpp", ".rs"})
"""A package with such files is not pure Python."""
MOST_ENTRIES = 10_000
GIVE_FOLDER = "give the folder of the package, such as --code src/churn_features"


class PackedFolder(NamedTuple):
    """A package, and the files of its folder that are not part of it, such as tables and notes."""

    package: CodePackage
    left_out: tuple[str, ...]


def read_code(folder: Path) -> PackedFolder:
    """Read a package's folder without executing it; raises NotFoundError, and ModelCodeError that names the file."""
    if not folder.exists():
        raise NotFoundError(f"there is no folder {folder}", hint=GIVE_FOLDER)
    if not folder.is_dir():
        raise ModelCodeError(f"{folder} is not a folder", hint=GIVE_FOLDER)
    root = folder.resolve()
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    size = 0
    for path in _entries(root):
        name = f"{root.name}/{path.relative_to(root).as_posix()}"
        if path.suffix.lower() in NATIVE:
            raise ModelCodeError(
                f"{name} is not Python: only pure Python is packed", hint="remove it and the code that needs it"
            )
        if path.suffix != ".py":
            left_out.append(name)
            continue
        size += path.stat().st_size
        if size > MOST_BYTES or len(files) == MOST_FILES:
            raise ModelCodeError(
                f"{root.name} is larger than {MOST_BYTES:,} bytes or {MOST_FILES} files",
                hint="pack only what the model needs; tables belong in the estimator's attributes",
            )
        files[name] = _content(path, name)
    package = CodePackage(root.name, dict(sorted(files.items())))
    check_package(package)
    check_source(package)
    return PackedFolder(package, tuple(left_out))


def _entries(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted; raises ModelCodeError for a link that leaves it, or too many entries."""
    count = 0
    for where, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not name.startswith("."))
        for name in (*folders, *sorted(names)):
            count += 1
            _check_inside(Path(where, name), root)
        if count > MOST_ENTRIES:
            raise ModelCodeError(f"{root.name} has more than {MOST_ENTRIES:,} entries", hint=GIVE_FOLDER)
        yield from (Path(where, name) for name in sorted(names) if not name.startswith("."))


def _check_inside(path: Path, root: Path) -> None:
    """Raise ModelCodeError for a link: one to a folder is not followed, one to a file may show what is elsewhere."""
    if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(root)):
        raise ModelCodeError(
            f"{path.relative_to(root.parent)} is a link to {path.resolve()}", hint="replace the link by the file itself"
        )


def _content(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise ModelCodeError(f"{name} is a pipe or a device, not a file", hint="remove it")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
