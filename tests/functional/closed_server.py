"""The closed process, started once: it imports the converter and scikit-learn, and a fork of it opens each model file.

A fork runs the product's own program and closes itself as a fresh process does. A fresh process for each file spends
1.8 seconds of CPU on imports.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from fairlead.publishing.estimator_files.closed_process import environment

SERVE = """
import encodings.cp437, io, json, os, socket, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
import skops.io
from fairlead.engines.estimator_data import shapes
from fairlead.publishing.estimator_files import convert
from fairlead.publishing.estimator_files.closed_process_main import main
shapes.import_all()
line = socket.socket(fileno=given["line"])
line.sendall(b"ready")
while True:
    question, handles, _, _ = socket.recv_fds(line, 1 << 20, 2)
    if not question:
        break
    order = json.loads(question)
    if "ended" in order:
        line.sendall(str(os.waitpid(order["ended"], 0)[1]).encode())
        continue
    process = os.fork()
    if process:
        for handle in handles:
            os.close(handle)
        line.sendall(str(process).encode())
        continue
    line.close()
    os.setsid()
    os.chdir(order["folder"])
    os.dup2(handles[0], 0)
    os.dup2(handles[1], 1)
    for handle in handles:
        os.close(handle)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.stdin, sys.stdout = io.TextIOWrapper(open(0, "rb")), io.TextIOWrapper(open(1, "wb"))
    printed = sys.stdout  # a text file that nothing names closes its bytes
    main(order["name"], order["readable"], order["code"])
"""


class ClosedServer:
    """Starts closed processes as `closed_process._start` does."""

    def __init__(self, folder: Path) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._one = threading.Lock()
        given = {"path": [entry for entry in sys.path if entry], "line": theirs.fileno()}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", SERVE, json.dumps(given)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(str(folder)),
        )
        theirs.close()
        assert self._line.recv(100) == b"ready"

    def start(self, given: dict[str, Any], file: IO[bytes], folder: str) -> "ForkedProcess":
        order = json.dumps({**given, "folder": folder, "environment": environment(folder)})
        ours, theirs = os.pipe()
        with self._one:
            socket.send_fds(self._line, [order.encode()], [file.fileno(), theirs])
            process = int(self._line.recv(100))
        os.close(theirs)
        return ForkedProcess(self, process, os.fdopen(ours, "rb"))

    def ended(self, process: int) -> int:
        """Wait for a process; returns its exit code, negative for a signal, as `Popen.wait` does."""
        with self._one:
            self._line.sendall(json.dumps({"ended": process}).encode())
            return os.waitstatus_to_exitcode(int(self._line.recv(100)))

    def end(self) -> None:
        self._line.close()
        self._process.wait()


class ForkedProcess:
    """The part of `subprocess.Popen` that `closed_process` uses."""

    def __init__(self, server: ClosedServer, process: int, stdout: IO[bytes]) -> None:
        self._server, self._process, self.stdout = server, process, stdout

    def kill(self) -> None:
        os.kill(self._process, signal.SIGKILL)

    def wait(self) -> int:
        self.stdout.close()
        return self._server.ended(self._process)
