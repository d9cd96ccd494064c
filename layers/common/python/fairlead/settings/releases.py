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


class Verifying(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the verify function; `latency_ms` and `cold_start_ms` are the most that a release may take."""

    stack: str
    bucket: str
    function: str
    application: str
    group: str
    latency_ms: float
    cold_start_ms: float


def verifying(env: Mapping[str, str]) -> Verifying:
    """Read the verify function's settings; raises SettingsError naming the variable."""
    return Verifying(
        stack=stack(env),
        bucket=required(env, "FAIRLEAD_BUCKET"),
        function=required(env, "FAIRLEAD_FUNCTION"),
        application=required(env, "FAIRLEAD_APPLICATION"),
        group=required(env, "FAIRLEAD_GROUP"),
        latency_ms=milliseconds(env, "FAIRLEAD_LATENCY_MS"),
        cold_start_ms=milliseconds(env, "FAIRLEAD_COLD_START_MS"),
    )


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the move function: whose aliases it moves, and where journal and registry are."""

    stack: str
    bucket: str
    function: str


def moving(env: Mapping[str, str]) -> Moving:
    """Read the move function's settings; raises SettingsError naming the variable."""
    return Moving(
        stack=stack(env), bucket=required(env, "FAIRLEAD_BUCKET"), function=required(env, "FAIRLEAD_FUNCTION")
    )


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the record function: the journal's bucket and stack, and the deployment group that it records.

    `move` names the move function.
    """

    stack: str
    bucket: str
    function: str
    application: str
    group: str
    move: str


def recording(env: Mapping[str, str]) -> Recording:
    """Read the record function's settings; raises SettingsError naming the variable."""
    return Recording(
        stack=stack(env),
        bucket=required(env, "FAIRLEAD_BUCKET"),
        function=required(env, "FAIRLEAD_FUNCTION"),
        application=required(env, "FAIRLEAD_APPLICATION"),
        group=required(env, "FAIRLEAD_GROUP"),
        move=required(env, "FAIRLEAD_MOVE"),
    )
