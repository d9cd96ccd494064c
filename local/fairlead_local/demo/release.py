"""The release of the retrained version: the one command that the demo types itself."""

import os
import shlex
import subprocess

from fairlead_local.cloud import LocalCloud


class ReleaseCommand:
    """`fairlead release` in a process of its own, while callers continue."""

    def __init__(self, cloud: LocalCloud, line: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a command of the demo
            shlex.split(line),
            env=os.environ | cloud.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def over(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    def problem(self) -> str:
        """Return its output if it failed, else ""."""
        said = self._process.communicate()[0].strip()
        return (said or f"exit code {self._process.returncode}") if self._process.returncode else ""

    def stop(self) -> None:
        """Terminate it."""
        self._process.terminate()
        self._process.wait()
