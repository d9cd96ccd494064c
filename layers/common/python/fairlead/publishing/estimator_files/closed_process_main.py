"""The program of the closed process: restrict itself, read the file, convert it, build it once."""

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

import msgspec

from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.model_code.package import CodePackage, decode
from fairlead.engines.model_code.source_rules import modules_of_others
from fairlead.errors import FairleadError
from fairlead.publishing.estimator_files import sandbox
from fairlead.publishing.estimator_files.closed_process import ClosedReply


def main(name: str, readable: list[str], code: str) -> None:
    """Read a model file from standard input; write a line with the walls in force, then a Reply.

    `code` is the path of the zip of the publisher's own package; empty without one.
    """
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        package = decode(Path(code).read_bytes()) if code else None
        _preload(package)
        out.write(json.dumps(sandbox.close(readable)).encode() + b"\n")
        out.flush()
        out.write(msgspec.msgpack.encode(_reply(sys.stdin.buffer.read(), name, package)))
        out.flush()
    finally:
        os._exit(0)  # skips exit handlers; and the parent ends a process that closes its output and lives on


def _reply(content: bytes, name: str, package: CodePackage | None = None) -> ClosedReply:
    from fairlead.publishing.estimator_files.convert import from_file

    try:
        if package is None:
            return ClosedReply(data=from_file(content, name))
        with MountedCode(package) as mounted:
            return ClosedReply(data=from_file(content, name, mounted))
    except FairleadError as error:
        return ClosedReply(failure=str(error), hint=error.hint)
    except MemoryError:
        return ClosedReply(failure=f"{name} needs more memory than a model may use", hint="fit a smaller model")


def _preload(package: CodePackage | None) -> None:
    """Import the converter before the restrictions; import all where the user after root cannot read the packages.

    The publisher's package is not imported here, but what it imports from others is.
    """
    from fairlead.engines.estimator_data import shapes
    from fairlead.publishing.estimator_files import convert  # noqa: F401 - while all files can still be read

    if os.getuid() == 0 and not all(_open_to_others(Path(module.__file__ or "")) for module in (os, msgspec, shapes)):
        shapes.import_all()
        with contextlib.suppress(ImportError):
            import encodings.cp437  # noqa: F401 - of the names in a zip archive

            import skops.io  # noqa: F401 - as above
        for module in sorted(modules_of_others(package)) if package else ():
            with contextlib.suppress(Exception):  # the package's own import says what is wrong
                importlib.import_module(module)


def _open_to_others(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
