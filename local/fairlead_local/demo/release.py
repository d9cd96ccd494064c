"""The one thing that the story does as a person would: it releases what retraining made, by the command."""

import os
import shlex
import subprocess

from fairlead_local.cloud import LocalCloud


class ReleaseCommand:
    """`fairlead release` at work in a process of its own, while callers go on asking."""

    def __init__(self, cloud: LocalCloud, line: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            shlex.split(line),
            env=os.environ | cloud.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def problem(self) -> str:
        """Why it failed, in its own words; empty where it did not."""
        said = self._process.communicate()[0].strip()
        return (said or f"exit code {self._process.returncode}") if self._process.returncode else ""

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
