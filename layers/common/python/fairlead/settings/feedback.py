"""Settings of the functions that write the ledger or read it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.settings.env import required, whole


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of every ledger writer: the registry's bucket, the ledger's table, and the days that items are kept."""

    bucket: str
    ledger: str
    days: int


class Collecting(Keeping, frozen=True, kw_only=True):
    """Settings of feedback and redrive: `log_groups` are predict's and batch's, `dead_letter_bucket` is the bucket.

    `own_log_group` is empty outside Lambda. Redrive retries the failed events of `function`, and counts the failed
    events of `retrain`, which is empty for none.
    """

    dead_letter_bucket: str
    log_groups: frozenset[str]
    own_log_group: str = ""
    function: str = ""
    retrain: str = ""


def keeping(env: Mapping[str, str]) -> Keeping:
    """Read a ledger writer's settings; raises SettingsError naming the variable."""
    return Keeping(**_keeping(env))


def collecting(env: Mapping[str, str]) -> Collecting:
    """Read the feedback function's settings; raises SettingsError naming the variable."""
    return Collecting(
        **_keeping(env),
        dead_letter_bucket=required(env, "FAIRLEAD_SETASIDE"),
        log_groups=frozenset(required(env, "FAIRLEAD_LOG_GROUPS").split(",")),
        own_log_group=env.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
    )


def redriving(env: Mapping[str, str]) -> Collecting:
    """Read the redrive function's settings; raises SettingsError naming the variable."""
    return msgspec.structs.replace(
        collecting(env), function=required(env, "FAIRLEAD_FUNCTION"), retrain=env.get("FAIRLEAD_RETRAIN", "")
    )


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the monitor function; times in seconds.

    `respond` is the ARN of the function that alarms call, empty for none. `tick` is the schedule's interval. The
    monitor calls respond again for an alarm that is still in state ALARM after `cool_down`. The drift alarm needs
    `looks` runs in a row that find drift.
    """

    bucket: str
    ledger: str
    function: str
    respond: str
    tick: int
    cool_down: int
    looks: int


def monitoring(env: Mapping[str, str]) -> Monitoring:
    """Read the monitor function's settings; raises SettingsError naming the variable."""
    return Monitoring(
        bucket=required(env, "FAIRLEAD_BUCKET"),
        ledger=required(env, "FAIRLEAD_LEDGER"),
        function=required(env, "FAIRLEAD_FUNCTION"),
        respond=env.get("FAIRLEAD_RESPOND", ""),
        tick=whole(env, "FAIRLEAD_TICK", 300, of="seconds"),
        cool_down=whole(env, "FAIRLEAD_COOL_DOWN", 3600, of="seconds"),
        looks=whole(env, "FAIRLEAD_DRIFT_LOOKS", 12, of="looks"),
    )


def _keeping(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        "bucket": required(env, "FAIRLEAD_BUCKET"),
        "ledger": required(env, "FAIRLEAD_LEDGER"),
        "days": whole(env, "FAIRLEAD_LEDGER_DAYS", 90, of="days"),
    }
