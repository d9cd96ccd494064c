"""Restrict this process by Landlock to reading below some folders, without writing (Linux 5.13, needs no privileges).

It uses three system calls of a stable interface (landlock(7)); their numbers are equal on every architecture.
"""

import ctypes
import os
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446
VERSION_FLAG = 1
PATH_BENEATH = 1
READ = (1 << 2) | (1 << 3)
"""Read files, list folders."""
READ_FILE = 1 << 2
FILE_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
"""Pairs of an interface version and the number of file rights that exist since then."""
NETWORK = (4, 0b11)
"""Interface version, and the rights to bind and connect TCP."""
SCOPES = (6, 0b11)
"""Interface version, and the scopes: abstract sockets of, and signals to, processes outside."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def close(readable: Iterable[str]) -> bool:
    """Deny this process all file access but reading below `readable`; returns False where Landlock is unavailable."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE, None, ctypes.c_size_t(0), VERSION_FLAG)
    if version < 1:
        return False
    rights = max(count for since, count in FILE_RIGHTS if since <= version)
    rules = _Ruleset((1 << rights) - 1, NETWORK[1] * (version >= NETWORK[0]), SCOPES[1] * (version >= SCOPES[0]))
    size = 8 * (1 + (version >= NETWORK[0]) + (version >= SCOPES[0]))
    ruleset = libc.syscall(CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    for path in readable:
        _allow(libc, ruleset, path)
    closed = bool(libc.syscall(RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return closed


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # an absent path needs no right
    rule = _Beneath(READ if os.path.isdir(path) else READ_FILE, folder)
    libc.syscall(ADD, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(folder)
