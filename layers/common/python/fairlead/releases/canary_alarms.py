"""The canary alarms: two CloudWatch alarms that watch one release. Each release operation points them at its release.

An alarm over both releases would hide a canary's errors in the old release's traffic. Errors of the old release would
also block the release that fixes them. So the dimensions of both alarms name one release, and `point` replaces it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import ReleaseError

RELEASE_DIMENSIONS = frozenset({"release", "ExecutedVersion"})
"""Dimensions whose value is a release: Fairlead's own, and the one of the namespace AWS/Lambda."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm: `state` is OK, ALARM or INSUFFICIENT_DATA, `release` the release that it watches."""

    name: str
    state: str
    reason: str
    release: str


class CanaryAlarms:
    """The canary alarms of one stack, by name."""

    def __init__(self, client: Any, names: Sequence[str]) -> None:
        self._client = client
        self._names = list(names)

    def read(self) -> list[Alarm]:
        """Return the alarms with their current states; raises ReleaseError, also for a missing alarm."""
        return [_alarm(facts) for facts in self._described()]

    def point(self, release: str) -> None:
        """Point the alarms at a release and reset their states; raises ReleaseError.

        A changed alarm keeps its state. So the state is reset: an alarm of the old release must not stop the new one.
        """
        for facts in self._described():
            with _translated(f"point alarm {facts['AlarmName']}", "PutMetricAlarm"):
                self._client.put_metric_alarm(**self._definition(facts, release))
        for name in self._names:
            with _translated(f"reset alarm {name}", "SetAlarmState"):
                self._client.set_alarm_state(
                    AlarmName=name, StateValue="INSUFFICIENT_DATA", StateReason=f"now watches release {release}"
                )

    def _described(self) -> list[dict[str, Any]]:
        with _translated("read the canary alarms", "DescribeAlarms"):
            found = self._client.describe_alarms(AlarmNames=self._names, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        by_name = {facts["AlarmName"]: facts for facts in found}
        if missing := [name for name in self._names if name not in by_name]:
            raise ReleaseError(f"alarm {missing[0]} does not exist", hint="repair the stack: run `sam deploy` again")
        return [by_name[name] for name in self._names]

    def _definition(self, facts: dict[str, Any], release: str) -> dict[str, Any]:
        """Return the arguments of PutMetricAlarm: what DescribeAlarms returned, with another release."""
        takes = self._client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        kept = {name: value for name, value in facts.items() if name in takes and value not in ([], "", None)}
        pointed: dict[str, Any] = _pointed(kept, release)
        return pointed


def _pointed(definition: Any, release: str) -> Any:
    """Replace the release in every dimension that names one, at any depth."""
    if isinstance(definition, list):
        return [_pointed(part, release) for part in definition]
    if not isinstance(definition, dict):
        return definition
    if definition.get("Name") in RELEASE_DIMENSIONS and "Value" in definition:
        return definition | {"Value": release}
    return {name: _pointed(part, release) for name, part in definition.items()}


def _named(definition: Any) -> Iterator[str]:
    if isinstance(definition, list):
        for part in definition:
            yield from _named(part)
    elif isinstance(definition, dict):
        if definition.get("Name") in RELEASE_DIMENSIONS and "Value" in definition:
            yield definition["Value"]
        for part in definition.values():
            yield from _named(part)


def _alarm(facts: dict[str, Any]) -> Alarm:
    return Alarm(
        name=facts["AlarmName"],
        state=facts.get("StateValue", "INSUFFICIENT_DATA"),
        reason=facts.get("StateReason", ""),
        release=next(_named([facts.get("Dimensions", []), facts.get("Metrics", [])]), ""),
    )


@contextmanager
def _translated(doing: str, action: str) -> Iterator[None]:
    with clients.translated(f"{doing} (cloudwatch:{action})", otherwise=ReleaseError):
        yield
