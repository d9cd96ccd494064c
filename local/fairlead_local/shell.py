"""A local cloud in the foreground of a shell, with variables for other shells to source."""

import contextlib
import shlex
import signal
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from fairlead_local.cloud import LocalCloud

HOME = Path(".fairlead")
ENV_FILE = HOME / "local.env"


@contextlib.contextmanager
def serving(
    port: int, api_port: int, *, also_on: Sequence[str] = (), behind: float = 0.0, keep: Path | None = None
) -> Iterator[LocalCloud]:
    """Run a cloud until the block or SIGINT or SIGTERM ends it, which is no error.

    Its files are in `.fairlead`, or in the folder `keep`, with which the next cloud continues. The cloud's clock starts
    `behind` seconds ago.
    """
    made = LocalCloud(port, api_port, keep or HOME / "cloud", also_on=also_on, behind=behind, keep=keep is not None)
    with made as cloud, _written_env(cloud), _until_stopped():
        yield cloud


@contextlib.contextmanager
def _written_env(cloud: LocalCloud) -> Iterator[None]:
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in cloud.environment().items()]
    # This environment's commands: fairlead, sam, aws, python.
    lines.append(f'export PATH={shlex.quote(sysconfig.get_path("scripts"))}:"$PATH"\n')
    # Readable by the owner only, because it has a key.
    HOME.mkdir(exist_ok=True)
    ENV_FILE.touch(mode=0o600)
    ENV_FILE.write_text("".join(lines))
    try:
        yield
    finally:
        ENV_FILE.unlink(missing_ok=True)


@contextlib.contextmanager
def _until_stopped() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Stopped:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopped(BaseException):
    """SIGINT or SIGTERM was received."""
