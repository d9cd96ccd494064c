"""What stands at a path that a user names where a file is expected."""

from pathlib import Path


def fault_of(path: Path) -> str:
    """Return why a path is no file that can be read as one: absent, a folder, a pipe or a device; empty if it is one.

    A pipe can be read once and only from its start, and waits for its writer: nothing is read from it.
    """
    if path.is_file():
        return ""
    if path.is_dir():
        return f"{path} is a folder"
    return f"{path} is a pipe or a device, not a file" if path.exists() else f"there is no file {path}"
