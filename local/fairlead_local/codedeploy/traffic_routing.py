"""Traffic routing: when the target version gets which share of the traffic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead_local.errors import ServiceError

ALL_AT_ONCE = "AllAtOnce"


@dataclass(frozen=True)
class Shift:
    """From `after` seconds on, the target version gets this percentage."""

    after: float
    percentage: float


def shifts(routing: dict[str, Any]) -> Sequence[Shift]:
    """Return the shifts of a routing configuration; the last one is to 100 %."""
    if routing["type"] == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        return (Shift(0, canary["canaryPercentage"]), Shift(canary["canaryInterval"] * 60, 100))
    if routing["type"] == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        share, interval = linear["linearPercentage"], linear["linearInterval"] * 60
        count = -(-100 // share)
        return tuple(Shift(index * interval, min(100, share * (index + 1))) for index in range(count))
    return (Shift(0, 100),)


def checked(routing: dict[str, Any] | None) -> dict[str, Any]:
    """Return a routing configuration; raises InvalidTrafficRoutingConfigurationException."""
    if routing is None:
        raise _invalid("a configuration for Lambda needs a trafficRoutingConfig")
    kind = routing.get("type", "")
    if kind == ALL_AT_ONCE:
        return {"type": kind}
    part, share, interval = {
        "TimeBasedCanary": ("timeBasedCanary", "canaryPercentage", "canaryInterval"),
        "TimeBasedLinear": ("timeBasedLinear", "linearPercentage", "linearInterval"),
    }.get(kind, ("", "", ""))
    if not part:
        raise _invalid(f"there is no traffic routing type {kind!r}")
    given = routing.get(part, {})
    if not 1 <= given.get(share, 0) <= 99:
        raise _invalid(f"{share} must be between 1 and 99")
    # CodeDeploy limits a Lambda deployment to two days.
    if not 1 <= given.get(interval, 0) <= 2880:
        raise _invalid(f"{interval} must be between 1 and 2880 minutes")
    return {"type": kind, part: {share: given[share], interval: given[interval]}}


def predefined() -> dict[str, dict[str, Any]]:
    """Return CodeDeploy's own configurations for Lambda, by name."""
    prefix = "CodeDeployDefault.Lambda"
    found: dict[str, dict[str, Any]] = {f"{prefix}AllAtOnce": {"type": ALL_AT_ONCE}}
    for minutes in (5, 10, 15, 30):
        canary = {"canaryPercentage": 10, "canaryInterval": minutes}
        found[f"{prefix}Canary10Percent{minutes}Minutes"] = {"type": "TimeBasedCanary", "timeBasedCanary": canary}
    for minutes in (1, 2, 3, 10):
        linear = {"linearPercentage": 10, "linearInterval": minutes}
        word = "Minute" if minutes == 1 else "Minutes"
        found[f"{prefix}Linear10PercentEvery{minutes}{word}"] = {"type": "TimeBasedLinear", "timeBasedLinear": linear}
    return found


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidTrafficRoutingConfigurationException", reason)
