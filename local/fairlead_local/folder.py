"""The files that a cloud has in its folder."""

from pathlib import Path

from fairlead_local.errors import LocalCloudError

ARCHIVES = "archives"
MADE = (ARCHIVES, "runtime", "opt-empty")
"""Folders that a cloud makes. The next cloud replaces all but the archives."""
STATE, LOCK, LOG = "state", "lock", "cloud.log"


def check_own(folder: Path) -> None:
    """Raise LocalCloudError for a folder with other files than a cloud's: some would be removed."""
    foreign = sorted({path.name for path in folder.iterdir()} - {*MADE, STATE, f"{STATE}.partial", LOCK, LOG})
    if foreign:
        raise LocalCloudError(
            f"{folder} has files that are not a local cloud's: {', '.join(foreign[:3])}",
            hint="name a folder that is empty or does not exist",
        )
