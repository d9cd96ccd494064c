"""Restrictions of a closed process that runs as its user: calls that file rights and Landlock allow are denied too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.publishing.estimator_files import sandbox

TRIES = """
import ctypes, json, os, resource, socket, sys, threading
own, parent, path = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
sys.path[:0] = path
from fairlead.publishing.estimator_files import sandbox
sandbox._other_user = lambda: False
stand = sandbox.close([*sys.path, sys.prefix, sys.base_prefix, "/lib", "/usr/lib", "/lib64"])
libc = ctypes.CDLL(None, use_errno=True)

def system(name, *arguments):
    function = getattr(libc, name)
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

ACTS = {
    "changes a mode": lambda: os.chmod(own, 0o777),
    "changes a time": lambda: os.utime(own, (1, 1)),
    "changes an attribute": lambda: os.setxattr(own, "user.hostile", b"x"),
    "empties a file": lambda: os.truncate(own, 0),
    "leaves shared memory": lambda: system("shmget", 0, 4096, 0o1600),
    "leaves a semaphore": lambda: system("semget", 0, 1, 0o1600),
    "leaves a message queue": lambda: system("msgget", 0, 0o1600),
    "makes memory that no limit counts": lambda: os.memfd_create("hostile"),
    "limits its parent": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE, resource.prlimit(parent, 7)),
    "slows its parent": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
    "moves its parent": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(parent)),
    "holds its parent": lambda: os.pidfd_open(parent),
}
held = {}
for name, act in ACTS.items():
    try:
        act()
        held[name] = False
    except OSError:
        held[name] = True
resource.getrlimit(resource.RLIMIT_STACK)  # it may read its own limits: threads do
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
print(json.dumps({"stand": stand, "held": held}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are Linux's")
def test_a_process_of_the_same_user_changes_and_leaves_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("content")
    own.chmod(0o600)
    package = str(Path(sandbox.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", TRIES, str(own), str(os.getpid()), json.dumps([package])],
        capture_output=True,
        text=True,
        check=True,
    )
    printed = json.loads(done.stdout)
    if sandbox.NETWORK not in printed["stand"]:
        pytest.skip("this kernel takes no filter of system calls")
    assert all(printed["held"].values()), printed["held"]
    assert own.read_text() == "content"
    assert own.stat().st_mode & 0o777 == 0o600
