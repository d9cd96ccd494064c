"""The canary alarms: two alarms that watch one release, which each release points at itself.

An alarm over both releases would drown a canary's errors in the old release's traffic, and the old release's errors
would block its own repair. So the two alarms name one release in their dimensions, and `point` replaces that name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import ReleaseError

NAMING = frozenset({"release", "ExecutedVersion"})
"""Dimensions whose value is a release: ours, and the one of AWS/Lambda."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm: `state` is OK, ALARM or INSUFFICIENT_DATA, `release` the one it watches."""

    name: str
    state: str
    reason: str
    release: str


class CanaryAlarms:
    """The alarms of one stack, by name."""

    def __init__(self, client: Any, names: Sequence[str]) -> None:
        self._client = client
        self._names = list(names)

    def read(self) -> list[Alarm]:
        """Return the alarms as they stand; raises ReleaseError, also where one is missing."""
        return [_alarm(facts) for facts in self._described()]

    def point(self, release: str) -> None:
        """Let the alarms watch a release, and forget what they said of another; raises ReleaseError.

        A changed alarm keeps its state, so the state is set too: the old release's red must not stop the new one.
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
            raise ReleaseError(f"alarm {missing[0]} is gone", hint="repair the stack: run `sam deploy` again")
        return [by_name[name] for name in self._names]

    def _definition(self, facts: dict[str, Any], release: str) -> dict[str, Any]:
        """Turn what DescribeAlarms says into what PutMetricAlarm takes: the same definition for another release."""
        takes = self._client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        kept = {name: value for name, value in facts.items() if name in takes and value not in ([], "", None)}
        pointed: dict[str, Any] = _pointed(kept, release)
        return pointed


def _pointed(definition: Any, release: str) -> Any:
    """Replace the release in every dimension that names one, however deep it stands."""
    if isinstance(definition, list):
        return [_pointed(part, release) for part in definition]
    if not isinstance(definition, dict):
        return definition
    if definition.get("Name") in NAMING and "Value" in definition:
        return definition | {"Value": release}
    return {name: _pointed(part, release) for name, part in definition.items()}


def _named(definition: Any) -> Iterator[str]:
    if isinstance(definition, list):
        for part in definition:
            yield from _named(part)
    elif isinstance(definition, dict):
        if definition.get("Name") in NAMING and "Value" in definition:
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
