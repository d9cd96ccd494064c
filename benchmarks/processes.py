"""Servers that benchmarks start: their processes' CPU and memory, and requests to them."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.runtime import TICKS

START = 300
"""Seconds that a server may take until it predicts."""
JSON = {"Content-Type": "application/json"}


@contextlib.contextmanager
def serving(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> Iterator[int]:
    """Run a server; yields its process. Its output goes to `folder`/log."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process.pid
        finally:
            for pid in _family(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def cpu_seconds(root: int) -> float:
    """CPU seconds of a process and its descendants, with those of children that ended."""
    return sum(sum(map(int, fields[11:15])) for fields in _family(root).values()) / TICKS


def megabytes(root: int) -> float:
    """Memory of a process and its descendants in 10^6 bytes; a page that they share counts once."""
    return sum(map(proportional, _family(root)))


def proportional(pid: int) -> float:
    """Memory of one process in 10^6 bytes, its proportional set size."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def _family(root: int) -> dict[int, list[str]]:
    """Return the fields of /proc/PID/stat behind the name, by process: of one and its descendants."""
    running = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            running[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    found = {root}
    while more := {pid for pid, fields in running.items() if int(fields[1]) in found} - found:
        found |= more
    return {pid: running[pid] for pid in found}


def ask(connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, str]:
    """POST JSON; return status and text."""
    connection.request("POST", path, body, JSON)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def wait(connection: http.client.HTTPConnection, path: str, body: bytes, log: Path) -> None:
    """Ask until a server that is starting answers 200; raises TimeoutError with its log's end."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ask(connection, path, body)[0] == 200:
                return
        connection.close()
        time.sleep(0.2)
    raise TimeoutError(f"the server does not predict: {log.read_text()[-500:]}")
