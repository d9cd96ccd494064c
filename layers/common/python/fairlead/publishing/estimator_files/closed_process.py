"""Open a model file in the closed process: a new interpreter without credentials, network or privileges.

The file is its standard input. It writes one line with the walls that are in force, and a Reply: the estimator's data
form, built there once as a check, or a refusal. The parent trusts neither: it repeats every check on the data form.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from fairlead.engines.estimator_data.document import LARGEST
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files import sandbox
from fairlead.publishing.input.archive import DUMP

SECONDS = 300
"""Wall-clock time for one file; the bound on CPU time is lower."""
MOST_BYTES = LARGEST + (1 << 20)
LONGEST_LINE = 1000
PACKAGES = (
    "fairlead",
    "joblib",
    "msgspec",
    "narwhals",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "skops",
    "threadpoolctl",
)
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
BOOTSTRAP = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
from fairlead.publishing.estimator_files.closed_process_main import main
main(given["name"], given["readable"], given["code"])
"""


class ClosedReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The data form, or the reason why there is none."""

    data: bytes = b""
    failure: str = ""
    hint: str = ""


class Opened(NamedTuple):
    """The data form of a model file, and the walls in force while it was opened."""

    data: bytes
    walls: tuple[str, ...]


def open_file(path: Path, code: bytes = b"") -> Opened:
    """Open a model file in a closed process; raises ModelFileError for every file that is not an estimator.

    `code` is the zip of the publisher's own package, which the closed process imports behind its walls.
    """
    where = [entry for entry in sys.path if entry and importable(entry)]
    given = {"path": where, "name": path.name, "readable": [*where, sys.prefix, sys.base_prefix, *SYSTEM], "code": ""}
    with tempfile.TemporaryDirectory() as folder, path.open("rb") as file, sandbox.closed_memory() as closed:
        if code:
            given["code"] = str(Path(folder, "code.zip"))
            Path(folder, "code.zip").write_bytes(code)
        process = _start(given, file, folder)
        opened = _outcome(process, path.name)
    return Opened(opened.data, tuple(sorted({*opened.walls, sandbox.PARENT} if closed else opened.walls)))


def _start(given: dict[str, Any], file: IO[bytes], folder: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this interpreter with BOOTSTRAP
        [sys.executable, "-I", "-B", "-c", BOOTSTRAP, json.dumps(given)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment(folder),
        start_new_session=True,
    )


def importable(entry: str) -> bool:
    """Return whether an entry of `sys.path` has the standard library or a package that the closed process imports."""
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    inside = any(entry.startswith(folder) for folder in standard if folder)
    return inside or entry.endswith(".zip") or any(Path(entry, package).is_dir() for package in PACKAGES)


def environment(folder: str) -> dict[str, str]:
    """Return an environment without credentials and home folder, with one thread, which limits memory."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return kept | threads | {"HOME": folder, "TMPDIR": folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _outcome(process: subprocess.Popen[bytes], name: str) -> Opened:
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(SECONDS, stop)
    timer.start()
    try:
        walls, content = _read(process.stdout) if process.stdout else ([], b"")
    finally:
        timer.cancel()
        process.kill()
        code = process.wait()
    if late.is_set():
        raise ModelFileError(f"{name} could not be opened in {SECONDS} seconds", hint=DUMP)
    try:
        reply = msgspec.msgpack.decode(content, type=ClosedReply)
    except msgspec.DecodeError as error:
        raise ModelFileError(f"{name} cannot be opened: {_ended(code)}", hint=DUMP) from error
    if not reply.data:
        raise ModelFileError(reply.failure[:1000], hint=reply.hint[:1000])
    return Opened(reply.data, tuple(walls))


def _read(stdout: IO[bytes]) -> tuple[list[str], bytes]:
    line = stdout.readline(LONGEST_LINE)
    content = stdout.read(MOST_BYTES + 1)
    try:
        walls = msgspec.json.decode(line, type=list[str])
    except msgspec.DecodeError:
        return [], b""
    return [wall for wall in walls if wall in sandbox.WALLS], content if len(content) <= MOST_BYTES else b""


def _ended(code: int) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "the process that opened it took too much time or memory"
    if code < 0:
        return f"the process that opened it was ended by {signal.Signals(-code).name}"
    return "the process that opened it ended without an answer"
