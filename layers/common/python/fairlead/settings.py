"""Settings from the environment, read once at an edge and passed on; nothing else reads os.environ."""

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from fairlead.errors import SettingsError

DEFAULT_MEMORY = 1769
"""MB, where no Lambda says it; what the template asks for."""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """What the predict function runs with. `model` is None until the first release: the bootstrap stack serves 503.

    `release` is the Lambda version that runs this, empty where Lambda does not.
    """

    bucket: str
    model: str | None
    version: int
    manifest_sha256: str
    memory: int  # bytes
    capture_rate: float  # share of requests, 0 to 1
    capture_drop: frozenset[str]  # fields that are never stored
    release: str = ""
    initialization: Literal["on-demand", "provisioned-concurrency", "snap-start", "lambda-managed-instances"]


def serving(env: Mapping[str, str]) -> Serving:
    """Read FAIRLEAD_* as a release froze them; raises SettingsError naming the variable."""
    model = env.get("FAIRLEAD_MODEL") or None
    version = env.get("FAIRLEAD_VERSION") or "0"
    if not version.isdecimal():
        raise SettingsError(f"FAIRLEAD_VERSION must be a whole number, got {version!r}")
    if model and not env.get("FAIRLEAD_MANIFEST_SHA256"):
        raise SettingsError("FAIRLEAD_MODEL is set but FAIRLEAD_MANIFEST_SHA256 is not", hint="use `fairlead release`")
    return Serving(
        bucket=_required(env, "FAIRLEAD_BUCKET"),
        model=model,
        version=int(version),
        manifest_sha256=env.get("FAIRLEAD_MANIFEST_SHA256", ""),
        memory=int(env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or DEFAULT_MEMORY) * 1024 * 1024,
        capture_rate=_share(env, "FAIRLEAD_CAPTURE_RATE"),
        capture_drop=_names(env, "FAIRLEAD_CAPTURE_DROP"),
        release=env.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        initialization=env.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),  # type: ignore[arg-type]  # Lambda's own words
    )


def _share(env: Mapping[str, str], name: str) -> float:
    value = env.get(name) or "0"
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SettingsError(f"{name} must be a number from 0 to 1, got {value!r}")
    return share


def _names(env: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(part for text in env.get(name, "").split(",") if (part := text.strip()))


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name)
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Where the command line works; `bucket` and `api_url` override the stack's outputs."""

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


class Verifying(msgspec.Struct, frozen=True, kw_only=True):
    """What the verify function runs with: where releases are, and what one may take of a caller's time."""

    bucket: str
    function: str
    application: str
    group: str
    latency_ms: float
    cold_start_ms: float


def verifying(env: Mapping[str, str]) -> Verifying:
    """Read what the stack says to the verify function; raises SettingsError naming the variable."""
    return Verifying(
        bucket=_required(env, "FAIRLEAD_BUCKET"),
        function=_required(env, "FAIRLEAD_FUNCTION"),
        application=_required(env, "FAIRLEAD_APPLICATION"),
        group=_required(env, "FAIRLEAD_GROUP"),
        latency_ms=_milliseconds(env, "FAIRLEAD_LATENCY_MS"),
        cold_start_ms=_milliseconds(env, "FAIRLEAD_COLD_START_MS"),
    )


def bucket(env: Mapping[str, str]) -> str:
    """Read where the registry and the journal are, for who needs nothing else; raises SettingsError."""
    return _required(env, "FAIRLEAD_BUCKET")


def _milliseconds(env: Mapping[str, str], name: str) -> float:
    value = _required(env, name)
    try:
        milliseconds = float(value)
    except ValueError:
        milliseconds = 0.0
    if not 0 < milliseconds < math.inf:
        raise SettingsError(f"{name} must be a number of milliseconds above 0, got {value!r}")
    return milliseconds


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What the record function runs with: where the journal is, and whose deployments go into it."""

    bucket: str
    function: str
    application: str
    group: str


def recording(env: Mapping[str, str]) -> Recording:
    """Read what the stack says to the record function; raises SettingsError naming the variable."""
    return Recording(
        bucket=_required(env, "FAIRLEAD_BUCKET"),
        function=_required(env, "FAIRLEAD_FUNCTION"),
        application=_required(env, "FAIRLEAD_APPLICATION"),
        group=_required(env, "FAIRLEAD_GROUP"),
    )


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger is, for how many days it keeps what it is given, and the registry that says what rows mean."""

    bucket: str
    ledger: str
    days: int


class Collecting(Keeping, frozen=True, kw_only=True):
    """What the feedback and redrive functions run with: predict's log group, and where to set aside what is in the way.

    `own_log_group` is empty where Lambda does not say it; `function` is the one whose failed events are redriven.
    """

    set_aside: str
    log_group: str
    own_log_group: str = ""
    function: str = ""


def keeping(env: Mapping[str, str]) -> Keeping:
    """Read what the stack says to whoever writes the ledger; raises SettingsError naming the variable."""
    return Keeping(**_keeping(env))


def collecting(env: Mapping[str, str]) -> Collecting:
    """Read what the stack says to the feedback function; raises SettingsError naming the variable."""
    return Collecting(
        **_keeping(env),
        set_aside=_required(env, "FAIRLEAD_SETASIDE"),
        log_group=_required(env, "FAIRLEAD_LOG_GROUP"),
        own_log_group=env.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
    )


def redriving(env: Mapping[str, str]) -> Collecting:
    """Read what the stack says to the redrive function; raises SettingsError naming the variable."""
    return msgspec.structs.replace(collecting(env), function=_required(env, "FAIRLEAD_FUNCTION"))


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
        bucket=_required(env, "FAIRLEAD_BUCKET"),
        ledger=_required(env, "FAIRLEAD_LEDGER"),
        function=_required(env, "FAIRLEAD_FUNCTION"),
        respond=env.get("FAIRLEAD_RESPOND", ""),
        tick=_seconds(env, "FAIRLEAD_TICK", 300),
        cool_down=_seconds(env, "FAIRLEAD_COOL_DOWN", 3600),
    )


class Responding(msgspec.Struct, frozen=True, kw_only=True):
    """What the respond function runs with: `retrain` is the function that retrains, empty where there is none.

    `act` is False in a dry run.

    `terms` are those of the policy that the stack sets: `fresh`, `cool_down` (seconds) and `fewest_labelled`.
    """

    where: Operator
    bucket: str
    ledger: str
    topic: str
    retrain: str
    act: bool
    terms: dict[str, int]


def responding(env: Mapping[str, str]) -> Responding:
    """Read what the stack says to the respond function; raises SettingsError naming the variable."""
    mode = _required(env, "FAIRLEAD_RESPONSE")
    if mode not in {"act", "dry-run"}:
        raise SettingsError(f"FAIRLEAD_RESPONSE must be act or dry-run, got {mode!r}")
    named = {
        "fresh": "FAIRLEAD_FRESH",
        "cool_down": "FAIRLEAD_COOL_DOWN",
        "fewest_labelled": "FAIRLEAD_FEWEST_OUTCOMES",
    }
    return Responding(
        where=Operator(stack=_required(env, "FAIRLEAD_STACK")),
        bucket=_required(env, "FAIRLEAD_BUCKET"),
        ledger=_required(env, "FAIRLEAD_LEDGER"),
        topic=_required(env, "FAIRLEAD_TOPIC"),
        retrain=env.get("FAIRLEAD_RETRAIN", ""),
        act=mode == "act",
        terms={term: _seconds(env, name, 1) for term, name in named.items() if env.get(name)},
    )


class Retraining(msgspec.Struct, frozen=True, kw_only=True):
    """What the retrain function runs with: the stack, whose outcomes need no second source, and which function proves.

    `days` is how far it looks back, `fewest` how many labelled rows it wants.
    """

    where: Operator
    bucket: str
    ledger: str
    prove: str
    trusted: tuple[str, ...]
    days: int
    fewest: int


def retraining(env: Mapping[str, str]) -> Retraining:
    """Read what the stack says to the retrain function; raises SettingsError naming the variable."""
    bucket = _required(env, "FAIRLEAD_BUCKET")
    return Retraining(
        where=Operator(stack=_required(env, "FAIRLEAD_STACK"), bucket=bucket),
        bucket=bucket,
        ledger=_required(env, "FAIRLEAD_LEDGER"),
        prove=_required(env, "FAIRLEAD_PROVE"),
        trusted=tuple(sorted(_names(env, "FAIRLEAD_TRUSTED_REPORTERS"))),
        days=_whole(env, "FAIRLEAD_RETRAIN_DAYS", 30),
        fewest=_whole(env, "FAIRLEAD_FEWEST_OUTCOMES", 200),
    )


def _whole(env: Mapping[str, str], name: str, otherwise: int) -> int:
    value = env.get(name) or str(otherwise)
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{name} must be a whole number above 0, got {value!r}")
    return int(value)


def _seconds(env: Mapping[str, str], name: str, otherwise: int) -> int:
    value = env.get(name) or str(otherwise)
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{name} must be a whole number of seconds above 0, got {value!r}")
    return int(value)


def _keeping(env: Mapping[str, str]) -> dict[str, Any]:
    days = env.get("FAIRLEAD_LEDGER_DAYS") or "90"
    if not days.isdecimal() or int(days) < 1:
        raise SettingsError(f"FAIRLEAD_LEDGER_DAYS must be a whole number of days, got {days!r}")
    return {
        "bucket": _required(env, "FAIRLEAD_BUCKET"),
        "ledger": _required(env, "FAIRLEAD_LEDGER"),
        "days": int(days),
    }
