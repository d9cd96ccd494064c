"""What the functions run with that fill the ledger and look at it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.settings.env import required, whole


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger is, for how many days it keeps what it is given, and the registry that says what rows mean."""

    bucket: str
    ledger: str
    days: int


class Collecting(Keeping, frozen=True, kw_only=True):
    """What the feedback and redrive functions run with: predict's log group, and where to set aside what is in the way.

    `own_log_group` is empty where Lambda does not say it; `function` is the one whose failed events are redriven,
    `retrain` the one whose failed events are counted, empty where there is none.
    """

    set_aside: str
    log_group: str
    own_log_group: str = ""
    function: str = ""
    retrain: str = ""


def keeping(env: Mapping[str, str]) -> Keeping:
    """Read what the stack says to whoever writes the ledger; raises SettingsError naming the variable."""
    return Keeping(**_keeping(env))


def collecting(env: Mapping[str, str]) -> Collecting:
    """Read what the stack says to the feedback function; raises SettingsError naming the variable."""
    return Collecting(
        **_keeping(env),
        set_aside=required(env, "FAIRLEAD_SETASIDE"),
        log_group=required(env, "FAIRLEAD_LOG_GROUP"),
        own_log_group=env.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
    )


def redriving(env: Mapping[str, str]) -> Collecting:
    """Read what the stack says to the redrive function; raises SettingsError naming the variable."""
    return msgspec.structs.replace(
        collecting(env), function=required(env, "FAIRLEAD_FUNCTION"), retrain=env.get("FAIRLEAD_RETRAIN", "")
    )


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """What the monitor function runs with; times in seconds.

    `respond` is the ARN of the function that alarms call, empty where there is none; `tick` is how often the clock
    ticks, `cool_down` how long a standing alarm rests before it is put to respond again.
    """

    bucket: str
    ledger: str
    function: str
    respond: str
    tick: int
    cool_down: int


def monitoring(env: Mapping[str, str]) -> Monitoring:
    """Read what the stack says to the monitor function; raises SettingsError naming the variable."""
    return Monitoring(
        bucket=required(env, "FAIRLEAD_BUCKET"),
        ledger=required(env, "FAIRLEAD_LEDGER"),
        function=required(env, "FAIRLEAD_FUNCTION"),
        respond=env.get("FAIRLEAD_RESPOND", ""),
        tick=whole(env, "FAIRLEAD_TICK", 300, of="seconds"),
        cool_down=whole(env, "FAIRLEAD_COOL_DOWN", 3600, of="seconds"),
    )


def _keeping(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        "bucket": required(env, "FAIRLEAD_BUCKET"),
        "ledger": required(env, "FAIRLEAD_LEDGER"),
        "days": whole(env, "FAIRLEAD_LEDGER_DAYS", 90, of="days"),
    }
