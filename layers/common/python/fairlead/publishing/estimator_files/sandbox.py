"""Restrict the process that opens a model file, as far as the system allows, and report the restrictions in force.

The manifest calls them walls.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterable, Iterator

from fairlead.publishing.estimator_files import landlock, seccomp

MEMORY = 8 << 30
"""Bytes of address space: a model of 1 GiB as facts, as data and as an estimator."""
CPU_SECONDS = 120
OPEN_FILES = 256
NOBODY = 65534
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 3, 38

ENVIRONMENT = "environment"
FILES, LIMITS, NETWORK, PARENT, USER = "files", "limits", "network", "parent", "user"
WALLS = (ENVIRONMENT, FILES, LIMITS, NETWORK, PARENT, USER)
"""A clean environment; only the packages can be read; limits of memory, time and files, with nothing written; no
sockets, programs and signals; the parent's memory and environment are unreadable; another user than root."""


def close(readable: Iterable[str]) -> list[str]:
    """Restrict this process; returns the walls in force, without PARENT, which only the parent knows."""
    walls = [ENVIRONMENT]
    if _limit():
        walls.append(LIMITS)
    if sys.platform != "linux":
        return walls + ([USER] if os.getuid() else [])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if _other_user():
        walls.append(USER)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user clears it
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if landlock.close(readable):
        walls.append(FILES)
    if seccomp.close():
        walls.append(NETWORK)
    return sorted(walls)


def _limit() -> bool:
    try:
        for what, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, CPU_SECONDS),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
        ):
            _, hard = resource.getrlimit(what)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (bound, bound))
    except (OSError, ValueError):  # macOS has no limit on address space
        return False
    return True


def _other_user() -> bool:
    if os.getuid():
        return True
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


_undumpable = threading.Lock()


@contextlib.contextmanager
def closed_memory() -> Iterator[bool]:
    """Deny other processes of the user this one's memory and environment in the block (Linux); yields success."""
    if sys.platform != "linux":
        yield False
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with _undumpable:
        before = libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        try:
            yield libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
        finally:
            libc.prctl(PR_SET_DUMPABLE, before, 0, 0, 0)
