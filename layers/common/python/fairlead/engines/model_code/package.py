"""The bytes of a package: an uncompressed zip of its .py files, the same bytes for the same files.

Law: `encode(decode(blob)) == blob`. So no blob has an entry, a name, a date or a byte that the packer would not write.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from fairlead.engines.model_code.reserved_names import is_reserved
from fairlead.errors import ModelCodeError

MOST_FILES = 200
MOST_BYTES = 1 << 20
"""Bytes of all files: a cold start compiles them. Data belongs in the estimator's attributes."""
MOST_PACKED = MOST_BYTES + MOST_FILES * 1024
"""Bytes of the zip: each file adds its path, twice, and 76 bytes of headers."""
LONGEST_PATH = 200
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
PATH = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*/)+[A-Za-z_][A-Za-z0-9_]*\.py", re.ASCII)
PUBLISH_AGAIN = "publish the model again with --code"


class CodePackage(NamedTuple):
    """A package's name, and the content of its files by their path, such as `churn_features/scaling.py`."""

    name: str
    files: Mapping[str, bytes]

    def path_of(self, module: str) -> str:
        """Return the path of a module's file; empty for a module that the package does not have."""
        path = module.replace(".", "/")
        return next((one for one in (f"{path}/__init__.py", f"{path}.py") if one in self.files), "")

    def holds(self, name: str) -> bool:
        """Return whether a dotted name begins with this package."""
        return name.partition(".")[0] == self.name


def check_package(package: CodePackage) -> None:
    """Raise ModelCodeError for a package with a name, a path or a size that no package of a version may have."""
    name, files = package
    if not NAME.fullmatch(name):
        raise ModelCodeError(f"{name[:60]!r} cannot be imported as a package", hint="name the folder like a module")
    if is_reserved(name):
        raise ModelCodeError(
            f"the package {name} would hide a module of that name where the model is served",
            hint="give the folder another name, such as one with your team's name in front, and fit again",
        )
    if f"{name}/__init__.py" not in files:
        raise ModelCodeError(
            f"the folder {name} has no __init__.py",
            hint="give --code the folder of the package itself; an empty __init__.py makes a folder a package",
        )
    if len(files) > MOST_FILES:
        raise ModelCodeError(
            f"{name} has {len(files):,} files, the limit is {MOST_FILES}",
            hint="remove files that the model does not need",
        )
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        raise ModelCodeError(
            f"the files of {name} have {size:,} bytes, the limit is {MOST_BYTES:,}",
            hint="keep tables in the estimator's attributes, which are stored with the model",
        )
    for path in files:
        _check_path(package, path)


def _check_path(package: CodePackage, path: str) -> None:
    if len(path) > LONGEST_PATH or not PATH.fullmatch(path) or not path.startswith(f"{package.name}/"):
        raise ModelCodeError(
            f"{path[:100]!r} is no module of {package.name}", hint="name folders and files as Python modules are named"
        )
    if f"{path.rpartition('/')[0]}/__init__.py" not in package.files:
        raise ModelCodeError(f"{path} lies in a folder without __init__.py", hint="add an empty __init__.py there")


def encode(package: CodePackage) -> bytes:
    """Return a package's zip: files sorted by path, not compressed, each with the same date and mode."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(package.files.items()):
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # a plain file of a Unix system
            archive.writestr(entry, content)
    return packed.getvalue()


def decode(blob: bytes) -> CodePackage:
    """Return the package of a zip; raises ModelCodeError unless the packer would write the same bytes for it."""
    if len(blob) > MOST_PACKED:
        raise ModelCodeError(f"the packed code has {len(blob):,} bytes", hint=PUBLISH_AGAIN)
    try:
        files = _unpacked(blob)
    except Exception as error:  # a damaged zip may raise any exception
        raise ModelCodeError(f"the packed code is damaged: {error}"[:200], hint=PUBLISH_AGAIN) from error
    package = CodePackage(next(iter(files), "").partition("/")[0], files)
    check_package(package)
    if encode(package) != blob:
        raise ModelCodeError("the packed code is not as Fairlead packs it", hint=PUBLISH_AGAIN)
    return package


def _unpacked(blob: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ValueError("it is too large")
        return {entry.filename: archive.read(entry) for entry in entries}
