"""Check the path of an input file."""

from pathlib import Path


def fault_of(path: Path) -> str:
    """Return why a path is not a regular file: absent, a folder, a pipe or a device. Empty for a regular file.

    A pipe can be read only once and from its start, and reading waits for its writer. Nothing is read from it.
    """
    if path.is_file():
        return ""
    if path.is_dir():
        return f"{path} is a folder"
    return f"{path} is a pipe or a device, not a file" if path.exists() else f"there is no file {path}"
