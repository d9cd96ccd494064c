"""Reads this process's age from the kernel."""

import os
import time
from pathlib import Path

STARTTIME = 19
"""Index among the fields after the command's name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""


def process_age() -> float | None:
    """Return milliseconds since this process began, with the interpreter's start; None if the system does not tell."""
    try:
        fields = Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # no Linux
        return None
    began = int(fields[STARTTIME]) / os.sysconf("SC_CLK_TCK")
    return (time.clock_gettime(time.CLOCK_BOOTTIME) - began) * 1000
