"""The AppSpec of a Lambda deployment: function, alias, current and target version, and hooks."""

import hashlib
from dataclasses import dataclass
from typing import Any

import yaml

from fairlead_local.errors import ServiceError

HOOKS = ("BeforeAllowTraffic", "AfterAllowTraffic")
CONTENT = {"AppSpecContent": "appSpecContent", "String": "string"}


@dataclass(frozen=True)
class AppSpec:
    """The parsed AppSpec; hooks are function names by lifecycle event."""

    function: str
    alias: str
    current: str
    target: str
    hooks: dict[str, str]


def read(revision: dict[str, Any]) -> AppSpec:
    """Parse the AppSpec (JSON or YAML) of a revision; raises CreateDeployment's ServiceErrors."""
    return _parse(content(revision))


def content(revision: dict[str, Any]) -> str:
    """Return the AppSpec's text; raises for a wrong digest."""
    kind = revision.get("revisionType", "")
    if kind in ("S3", "GitHub"):
        raise ServiceError("NotImplemented", f"the local cloud does not support revisions of type {kind}", status=501)
    given = revision.get(CONTENT.get(kind, ""), {})
    text = given.get("content")
    if not text:
        raise _invalid("the revision holds no AppSpec content")
    if given.get("sha256") not in (None, digest(text)):
        raise _invalid("the SHA-256 given is not that of the content")
    return str(text)


def digest(text: str) -> str:
    """Return the SHA-256 in hex that identifies a revision."""
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(text: str) -> AppSpec:
    try:
        parsed = yaml.safe_load(text)  # JSON is YAML
    except yaml.YAMLError as error:
        raise _invalid(f"the AppSpec is neither JSON nor YAML: {error}") from error
    if not isinstance(parsed, dict) or str(parsed.get("version")) != "0.0":
        raise _invalid("the AppSpec's version must be 0.0")
    resources = parsed.get("Resources")
    if not isinstance(resources, list) or len(resources) != 1:
        raise _invalid("the AppSpec must name exactly one resource")
    resource = next(iter(resources[0].values()))
    if resource.get("Type") != "AWS::Lambda::Function":
        raise _invalid("the AppSpec's resource must be of type AWS::Lambda::Function")
    properties = resource.get("Properties", {})
    names = {key: str(properties.get(key) or "") for key in ("Name", "Alias", "CurrentVersion", "TargetVersion")}
    missing = [key for key, value in names.items() if not value]
    if missing:
        raise _invalid(f"the AppSpec lacks {', '.join(missing)}")
    return AppSpec(
        names["Name"], names["Alias"], names["CurrentVersion"], names["TargetVersion"], _hooks(parsed.get("Hooks", []))
    )


def _hooks(given: list[dict[str, str]]) -> dict[str, str]:
    hooks = {event: str(function) for item in given for event, function in item.items()}
    unknown = sorted(set(hooks) - set(HOOKS))
    if unknown:
        raise _invalid(f"a Lambda deployment has no lifecycle hook {', '.join(unknown)}")
    return hooks


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidRevisionException", f"The revision is invalid: {reason}")
