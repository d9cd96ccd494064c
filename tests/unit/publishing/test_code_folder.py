"""A package's folder is read without executing it, and holds pure Python only."""

import os
from pathlib import Path

import pytest

from fairlead.engines.model_code.package import MOST_BYTES, MOST_FILES, encode
from fairlead.errors import ModelCodeError, NotFoundError
from fairlead.publishing.input.code_folder import read_code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "churn_features"
    (made / "steps").mkdir(parents=True)
    (made / "__init__.py").write_text("raise SystemExit('executed')\n")
    (made / "steps/__init__.py").write_text("")
    (made / "steps/clip.py").write_text("TOP = 1\n")
    return made


def test_only_python_files_are_packed_and_nothing_is_executed(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/clip.cpython-313.so").write_bytes(b"")
    (folder / ".secret.py").write_text("")
    (folder / "notes.md").write_text("notes")
    found = read_code(folder)
    assert list(found.package.files) == [
        "churn_features/__init__.py",
        "churn_features/steps/__init__.py",
        "churn_features/steps/clip.py",
    ]
    assert found.left_out == ("churn_features/notes.md",)


def test_times_and_modes_of_files_do_not_change_the_bytes(folder: Path) -> None:
    before = encode(read_code(folder).package)
    (folder / "steps/clip.py").chmod(0o700)
    os.utime(folder / "__init__.py", (0, 1_000_000_000))
    assert encode(read_code(folder).package) == before


@pytest.mark.parametrize("name", ["fast.so", "fast.pyx", "FAST.DLL"])
def test_native_files_are_refused(folder: Path, name: str) -> None:
    (folder / "steps" / name).write_bytes(b"")
    with pytest.raises(ModelCodeError, match=f"churn_features/steps/{name} is not Python"):
        read_code(folder)


def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("SECRET = 1")
    (folder / "inside.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(ModelCodeError, match=r"churn_features/inside.py is a link to"):
        read_code(folder)


def test_linked_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (folder / "more").symlink_to(tmp_path / "other")
    with pytest.raises(ModelCodeError, match="churn_features/more is a link to"):
        read_code(folder)


def test_pipes_are_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    with pytest.raises(ModelCodeError, match=r"churn_features/pipe.py is a pipe"):
        read_code(folder)


def test_folders_without_init_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "steps/__init__.py").unlink()
    with pytest.raises(ModelCodeError, match=r"churn_features/steps/clip.py lies in a folder without __init__.py"):
        read_code(folder)
    with pytest.raises(ModelCodeError, match=r"has no __init__.py"):
        read_code(folder / "steps")
    with pytest.raises(NotFoundError):
        read_code(tmp_path / "gone")
    with pytest.raises(ModelCodeError, match="is not a folder"):
        read_code(folder / "__init__.py")


def test_large_folders_are_refused(folder: Path) -> None:
    (folder / "table.py").write_text("#" * MOST_BYTES)
    with pytest.raises(ModelCodeError, match="is larger than 1,048,576 bytes"):
        read_code(folder)
    (folder / "table.py").unlink()
    for number in range(MOST_FILES):
        (folder / f"m{number}.py").write_text("")
    with pytest.raises(ModelCodeError, match="or 200 files"):
        read_code(folder)
