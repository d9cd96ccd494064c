"""Measurement of the budget: a fresh process loads the engine as a release does, answers rows and reports the cost."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.golden import Golden
from fairlead.model.signature import Signature

CPU_SECONDS = 180
SECONDS = 900
"""Wall-clock limit of a fresh process. It is longer than the limit of CPU time, because the machine may be busy."""
PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1]) + 5))
sys.path[:] = sys.argv[2:]
from fairlead.publishing.evidence.measure_main import main
main()
"""


class Task(msgspec.Struct, frozen=True):
    """Input of the fresh process: an engine, its signature, rows and golden rows, the paths of its blob and own code.

    `code` is empty for an engine without own code.
    """

    spec: manifest.Engine
    signature: Signature
    blob: str
    rows: list[list[Any]]
    golden: Golden | None
    code: str = ""


def measure_budget(
    spec: manifest.Engine,
    signature: Signature,
    blob: bytes,
    rows: Sequence[tuple[Any, ...]],
    *,
    golden: Golden | None = None,
    code: bytes = b"",
    interpreter: str = sys.executable,
) -> Budget:
    """Measure an engine on up to a hundred rows; a failure is in the budget's `failure`, never an exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "blob")
        path.write_bytes(blob)
        own = Path(folder, "code")
        own.write_bytes(code)
        few = [list(row) for row in rows[:100]]
        task = Task(spec, signature, str(path), few, golden, str(own) if code else "")
        return _run(interpreter, task, len(blob))


def _run(interpreter: str, task: Task, size: int) -> Budget:
    path = [entry for entry in sys.path if entry]
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter with a module of Fairlead
            [interpreter, "-I", "-c", PROGRAM, str(CPU_SECONDS), *path],
            input=msgspec.json.encode(task),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Budget(artifact_bytes=size, failure=f"no answer in {SECONDS} seconds")
    if done.returncode == -signal.SIGXCPU:
        return Budget(artifact_bytes=size, failure=f"no answer in {CPU_SECONDS} seconds of CPU time")
    try:
        return msgspec.structs.replace(msgspec.json.decode(done.stdout, type=Budget), artifact_bytes=size)
    except msgspec.DecodeError:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return Budget(artifact_bytes=size, failure=said[-1][:300])
