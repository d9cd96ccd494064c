"""AWS::Events::Rule."""

import json
from typing import Any

from fairlead_local.account import arn
from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names

PLAIN = ("Description", "EventBusName", "ScheduleExpression", "State")


class RuleProvider(ClientProvider):
    """A rule of the default bus with its targets."""

    accepts = names("Description EventBusName EventPattern Name ScheduleExpression State Targets")
    replaces = names("EventBusName Name")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PutRule and PutTargets."""
        name = desired.properties.get("Name") or desired.name(limit=64)
        self._put(name, desired.properties)
        return CreatedResource(name, {"Arn": arn("events", f"rule/{name}")})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """PutRule and PutTargets again; targets that the template no longer has are removed."""
        self._put(created.physical_id, desired.properties)
        gone = sorted(_ids(old) - _ids(desired.properties))
        if gone:
            self._clients["events"].remove_targets(Rule=created.physical_id, Ids=gone)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """RemoveTargets and DeleteRule; a missing rule is no error."""
        events = self._clients["events"]
        try:
            if _ids(properties):
                events.remove_targets(Rule=created.physical_id, Ids=sorted(_ids(properties)))
        except events.exceptions.ResourceNotFoundException:
            return
        events.delete_rule(Name=created.physical_id)

    def _put(self, name: str, properties: dict[str, Any]) -> None:
        rule: dict[str, Any] = {key: properties[key] for key in PLAIN if key in properties}
        if "EventPattern" in properties:
            pattern = properties["EventPattern"]
            rule["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        self._clients["events"].put_rule(Name=name, **rule)
        if properties.get("Targets"):
            self._clients["events"].put_targets(
                Rule=name, Targets=[_target(target) for target in properties["Targets"]]
            )


def _ids(properties: dict[str, Any]) -> set[str]:
    return {target["Id"] for target in properties.get("Targets", [])}


def _target(given: dict[str, Any]) -> dict[str, Any]:
    retries = given.get("RetryPolicy")
    return given | ({"RetryPolicy": {key: int(value) for key, value in retries.items()}} if retries else {})
