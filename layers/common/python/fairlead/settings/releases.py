"""Settings of the release commands and of the deployment-hook functions."""

from collections.abc import Mapping

import msgspec

from fairlead.settings.env import milliseconds, required


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the command line; `bucket` and `api_url` override the stack's outputs."""

    stack: str = "fairlead"
    bucket: str | None = None
    api_url: str | None = None


def operator(env: Mapping[str, str]) -> Operator:
    """Read FAIRLEAD_STACK, FAIRLEAD_BUCKET and FAIRLEAD_API_URL."""
    return Operator(
        stack=env.get("FAIRLEAD_STACK") or "fairlead",
        bucket=env.get("FAIRLEAD_BUCKET") or None,
        api_url=env.get("FAIRLEAD_API_URL") or None,
    )


def stack(env: Mapping[str, str]) -> str:
    """Return FAIRLEAD_STACK, the stack of the journal; raises SettingsError."""
    return required(env, "FAIRLEAD_STACK")


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the move function, which verify and record have too.

    Journal and registry are in `bucket`, `stack` names the journal, and the aliases are those of `function`.
    """

    stack: str
    bucket: str
    function: str


class Verifying(Moving, frozen=True, kw_only=True):
    """Settings of the verify function; `latency_ms` and `cold_start_ms` are the most that a release may take."""

    latency_ms: float
    cold_start_ms: float


class Recording(Moving, frozen=True, kw_only=True):
    """Settings of the record function: the deployment group that it records; `move` names the move function."""

    application: str
    group: str
    move: str


def moving(env: Mapping[str, str]) -> Moving:
    """Read the move function's settings; raises SettingsError naming the variable."""
    return Moving(**_moving(env))


def verifying(env: Mapping[str, str]) -> Verifying:
    """Read the verify function's settings; raises SettingsError naming the variable."""
    return Verifying(
        **_moving(env),
        latency_ms=milliseconds(env, "FAIRLEAD_LATENCY_MS"),
        cold_start_ms=milliseconds(env, "FAIRLEAD_COLD_START_MS"),
    )


def recording(env: Mapping[str, str]) -> Recording:
    """Read the record function's settings; raises SettingsError naming the variable."""
    return Recording(
        **_moving(env),
        application=required(env, "FAIRLEAD_APPLICATION"),
        group=required(env, "FAIRLEAD_GROUP"),
        move=required(env, "FAIRLEAD_MOVE"),
    )


def _moving(env: Mapping[str, str]) -> dict[str, str]:
    return {
        "stack": stack(env),
        "bucket": required(env, "FAIRLEAD_BUCKET"),
        "function": required(env, "FAIRLEAD_FUNCTION"),
    }
