"""The clock of the commands. Every command that needs the present time, or writes it into the journal, calls `now`."""

import os
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """Return the present time in UTC, FAIRLEAD_CLOCK_AHEAD seconds ahead of the machine's; raises SettingsError.

    The variable is for a local cloud whose clock was advanced. A record is never earlier than the one that it follows.
    """
    ahead = os.environ.get("FAIRLEAD_CLOCK_AHEAD") or "0"
    try:
        return datetime.now(UTC) + timedelta(seconds=float(ahead))
    except (ValueError, OverflowError) as error:
        from fairlead.errors import SettingsError

        raise SettingsError(f"FAIRLEAD_CLOCK_AHEAD must be a number of seconds, got {ahead!r}") from error
