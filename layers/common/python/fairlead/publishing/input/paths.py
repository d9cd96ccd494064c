"""Check the path of an input file."""

from pathlib import Path

from fairlead.errors import FairleadError, NotFoundError


def check_file(path: Path, refused: type[FairleadError], *, hint: str, absent_hint: str = "") -> None:
    """Raise NotFoundError where there is no file, and `refused` for a folder, a pipe or a device."""
    if fault := _fault_of(path):
        there = path.exists()
        raise (refused if there else NotFoundError)(fault, hint=hint if there else absent_hint or hint)


def _fault_of(path: Path) -> str:
    """Return why a path is not a regular file: absent, a folder, a pipe or a device. Empty for a regular file.

    A pipe can be read only once and from its start, and reading waits for its writer. Nothing is read from it.
    """
    if path.is_file():
        return ""
    if path.is_dir():
        return f"{path} is a folder"
    return f"{path} is a pipe or a device, not a file" if path.exists() else f"there is no file {path}"
