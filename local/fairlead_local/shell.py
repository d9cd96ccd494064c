"""`.fairlead/local.env`: what another shell sources to talk to the running cloud."""

import shlex
from pathlib import Path

from fairlead_local.cloud import LocalCloud

HOME = Path(".fairlead")
ENV_FILE = HOME / "local.env"


def write_env(cloud: LocalCloud, path: Path = ENV_FILE) -> Path:
    """Write the export lines; readable by their owner only, because they hold a key."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in cloud.environment().items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(lines))
    return path
