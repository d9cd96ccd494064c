"""Settings of the functions that act without an operator: respond, retrain and release."""

from collections.abc import Mapping

import msgspec

from fairlead.errors import SettingsError
from fairlead.settings.env import milliseconds, names, required, share, whole
from fairlead.settings.releases import Operator


class Responding(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the respond function: `retrain` names the retrain function, empty for none.

    `move` names the move function. `act` is False in a dry run. `terms` are the stack's terms of the response policy:
    `fresh`, `cool_down` (seconds), `fewest_labelled`, `error_share` (0–1) and `latency_ms`.
    """

    where: Operator
    bucket: str
    ledger: str
    topic: str
    retrain: str
    move: str
    act: bool
    terms: dict[str, float]


def responding(env: Mapping[str, str]) -> Responding:
    """Read the respond function's settings; raises SettingsError naming the variable."""
    named = {
        "fresh": "FAIRLEAD_FRESH",
        "cool_down": "FAIRLEAD_COOL_DOWN",
        "fewest_labelled": "FAIRLEAD_FEWEST_OUTCOMES",
    }
    return Responding(
        where=Operator(stack=required(env, "FAIRLEAD_STACK")),
        bucket=required(env, "FAIRLEAD_BUCKET"),
        ledger=required(env, "FAIRLEAD_LEDGER"),
        topic=required(env, "FAIRLEAD_TOPIC"),
        retrain=env.get("FAIRLEAD_RETRAIN", ""),
        move=required(env, "FAIRLEAD_MOVE"),
        act=_acts(env),
        terms={
            **{term: whole(env, name, 1) for term, name in named.items() if env.get(name)},
            "error_share": share(env, "FAIRLEAD_ERROR_SHARE"),
            "latency_ms": milliseconds(env, "FAIRLEAD_LATENCY_MS"),
        },
    )


class Retraining(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the retrain function: `trusted` reporters' outcomes need no second source; `prove` names a function.

    It uses the last `days` and at least `fewest` labelled rows. `release` names the function that releases versions
    that passed the gate; empty if operators release them.
    """

    where: Operator
    bucket: str
    ledger: str
    prove: str
    release: str
    trusted: tuple[str, ...]
    days: int
    fewest: int


def retraining(env: Mapping[str, str]) -> Retraining:
    """Read the retrain function's settings; raises SettingsError naming the variable."""
    bucket = required(env, "FAIRLEAD_BUCKET")
    return Retraining(
        where=Operator(stack=required(env, "FAIRLEAD_STACK"), bucket=bucket),
        bucket=bucket,
        ledger=required(env, "FAIRLEAD_LEDGER"),
        prove=required(env, "FAIRLEAD_PROVE"),
        release=env.get("FAIRLEAD_RELEASE", ""),
        trusted=tuple(sorted(names(env, "FAIRLEAD_TRUSTED_REPORTERS"))),
        days=whole(env, "FAIRLEAD_RETRAIN_DAYS", 30),
        fewest=whole(env, "FAIRLEAD_FEWEST_OUTCOMES", 200),
    )


class Releasing(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the release function: `topic` is an ARN to notify, `strategy` a name; `act` is False in a dry run.

    `move` names the move function.
    """

    where: Operator
    topic: str
    strategy: str
    move: str
    act: bool


def releasing(env: Mapping[str, str]) -> Releasing:
    """Read the release function's settings; raises SettingsError naming the variable."""
    return Releasing(
        where=Operator(stack=required(env, "FAIRLEAD_STACK")),
        topic=required(env, "FAIRLEAD_TOPIC"),
        strategy=required(env, "FAIRLEAD_STRATEGY"),
        move=required(env, "FAIRLEAD_MOVE"),
        act=_acts(env),
    )


def _acts(env: Mapping[str, str]) -> bool:
    mode = required(env, "FAIRLEAD_RESPONSE")
    if mode not in {"act", "dry-run"}:
        raise SettingsError(f"FAIRLEAD_RESPONSE must be act or dry-run, got {mode!r}")
    return mode == "act"
