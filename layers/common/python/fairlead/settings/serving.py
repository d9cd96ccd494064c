"""Settings of the predict function, as a release froze them, and of functions that only read the registry."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from fairlead.errors import SettingsError
from fairlead.settings import pinnable_versions
from fairlead.settings.env import names, required, share

ALLOW_CODE = "FAIRLEAD_ALLOW_MODEL_CODE"
"""The variable that the stack's parameter AllowModelCode sets."""
DEFAULT_MEMORY = 1769
"""MB, outside Lambda; the template's default."""
DEFAULT_EXPLAIN_SECONDS = 10.0
"""The template's default."""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the predict function. `model` is None until the first release: the new stack answers 503.

    `release` is the number of the running Lambda version, empty outside Lambda. `allows_code` is whether a version may
    import its publisher's own package.
    """

    bucket: str
    model: str | None
    version: int
    manifest_sha256: str
    pinnable: tuple[range, ...] = ()  # versions that were live before
    memory: int  # bytes
    capture_rate: float  # share of requests, 0 to 1
    capture_drop: frozenset[str]  # fields that are never stored
    explain_seconds: float = DEFAULT_EXPLAIN_SECONDS  # for the reasons of one request; 0 gives none
    allows_code: bool = False
    pseudonym_key: str = ""  # makes callers' pseudonyms in captured lines
    release: str = ""
    initialization: Literal["on-demand", "provisioned-concurrency", "snap-start", "lambda-managed-instances"]


def serving(env: Mapping[str, str]) -> Serving:
    """Read the frozen FAIRLEAD_* variables; raises SettingsError naming the variable."""
    model = env.get("FAIRLEAD_MODEL") or None
    version = env.get("FAIRLEAD_VERSION") or "0"
    if not version.isdecimal():
        raise SettingsError(f"FAIRLEAD_VERSION must be a whole number, got {version!r}")
    if model and not env.get("FAIRLEAD_MANIFEST_SHA256"):
        raise SettingsError("FAIRLEAD_MODEL is set but FAIRLEAD_MANIFEST_SHA256 is not", hint="use `fairlead release`")
    capture_rate = share(env, "FAIRLEAD_CAPTURE_RATE")
    return Serving(
        bucket=required(env, "FAIRLEAD_BUCKET"),
        model=model,
        version=int(version),
        manifest_sha256=env.get("FAIRLEAD_MANIFEST_SHA256", ""),
        pinnable=pinnable_versions.parse(env.get(pinnable_versions.NAME, "")),
        memory=int(env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or DEFAULT_MEMORY) * 1024 * 1024,
        capture_rate=capture_rate,
        capture_drop=names(env, "FAIRLEAD_CAPTURE_DROP"),
        allows_code=env.get(ALLOW_CODE) == "yes",
        pseudonym_key=required(env, "FAIRLEAD_PSEUDONYM_KEY") if capture_rate else "",
        explain_seconds=float(env.get("FAIRLEAD_EXPLAIN_SECONDS") or DEFAULT_EXPLAIN_SECONDS),
        release=env.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        initialization=env.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),  # type: ignore[arg-type]  # Lambda's values
    )


def bucket(env: Mapping[str, str]) -> str:
    """Return FAIRLEAD_BUCKET, the bucket of registry and journal; raises SettingsError."""
    return required(env, "FAIRLEAD_BUCKET")
