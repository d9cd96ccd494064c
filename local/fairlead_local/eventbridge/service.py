"""EventBridge's operations for the default bus."""

import json
from typing import Any

from fairlead_local.account import function_and_qualifier
from fairlead_local.errors import ServiceError
from fairlead_local.eventbridge import event_patterns, put_events, schedules
from fairlead_local.eventbridge.bus import Bus, Rule
from fairlead_local.service import Handler

TARGETS_LIMIT = 5
KNOWN = {"Id", "Arn", "Input", "InputPath", "RetryPolicy", "DeadLetterConfig"}
SHOWN = ("Description", "EventPattern", "ScheduleExpression", "State")


class EventBridge:
    """The handlers for rules, targets and events."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PutRule": self.put_rule,
            "ListRules": self.list_rules,
            "DeleteRule": self.delete_rule,
            "EnableRule": lambda params: self._switch(params, "ENABLED"),
            "DisableRule": lambda params: self._switch(params, "DISABLED"),
            "PutTargets": self.put_targets,
            "RemoveTargets": self.remove_targets,
            "PutEvents": self.put_events,
        }

    def put_rule(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutRule: create or replace a rule; its targets stay."""
        _check_bus(params)
        pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
        if not pattern and not schedule:
            message = "Parameter(s) EventPattern or ScheduleExpression must be specified."
            raise ServiceError("ValidationException", message)
        rule = Rule(
            params["Name"],
            {"State": "ENABLED"} | {name: params[name] for name in SHOWN if params.get(name)},
            event_patterns.read(pattern) if pattern else None,
            schedules.read(schedule) if schedule else None,
        )
        with self._bus.lock:
            old = self._bus.rules.get(rule.name)
            rule.targets = old.targets if old else {}
            self._bus.put(rule)
        return {"RuleArn": rule.arn}

    def list_rules(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListRules, with an optional name prefix."""
        _check_bus(params)
        with self._bus.lock:
            names = sorted(name for name in self._bus.rules if name.startswith(params.get("NamePrefix", "")))
            return {"Rules": [_shown(self._bus.rules[name]) for name in names]}

    def delete_rule(self, params: dict[str, Any]) -> None:
        """DeleteRule: refused while the rule has targets; a missing rule is no error."""
        _check_bus(params)
        with self._bus.lock:
            rule = self._bus.rules.get(params["Name"])
            if rule and rule.targets:
                raise ServiceError("ValidationException", "Rule can't be deleted since it has targets.")
            self._bus.remove(params["Name"])

    def put_targets(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutTargets: functions only; what is not supported is refused by name."""
        with self._bus.lock:
            rule = self._rule(params, "Rule")
            targets = {target["Id"]: target for target in params["Targets"]}
            for target in targets.values():
                _check_target(target)
            if len(rule.targets | targets) > TARGETS_LIMIT:
                message = "The requested resource exceeds the maximum number allowed."
                raise ServiceError("LimitExceededException", message)
            rule.targets |= targets
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def remove_targets(self, params: dict[str, Any]) -> dict[str, Any]:
        """RemoveTargets: missing targets are reported."""
        with self._bus.lock:
            rule = self._rule(params, "Rule")
            missing = [one for one in params["Ids"] if rule.targets.pop(one, None) is None]
        failed = [
            {"TargetId": one, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"No target {one}"}
            for one in missing
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    def put_events(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutEvents: each entry is published or refused on its own."""
        results = [put_events.put_entry(self._bus, entry) for entry in params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in one for one in results), "Entries": results}

    def _switch(self, params: dict[str, Any], state: str) -> None:
        with self._bus.lock:
            rule = self._rule(params, "Name")
            rule.settings["State"] = state
            self._bus.put(rule)

    def _rule(self, params: dict[str, Any], member: str) -> Rule:
        _check_bus(params)
        name = params[member]
        if name not in self._bus.rules:
            message = f"Rule {name} does not exist on EventBus default."
            raise ServiceError("ResourceNotFoundException", message)
        return self._bus.rules[name]


def _check_bus(params: dict[str, Any]) -> None:
    name = params.get("EventBusName", "default").rsplit("/", 1)[-1]
    if name != "default":
        raise ServiceError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def _check_target(target: dict[str, Any]) -> None:
    unknown = sorted(set(target) - KNOWN)
    if unknown:
        raise ServiceError(
            "NotImplemented", f"the local cloud does not support targets with {', '.join(unknown)}", status=501
        )
    if ":lambda:" not in target["Arn"] or not function_and_qualifier(target["Arn"])[0]:
        raise ServiceError(
            "NotImplemented", f"the local cloud supports functions as targets only, not {target['Arn']}", status=501
        )
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise ServiceError(
                "ValidationException", f"JSON syntax error in input for target {target['Id']}"
            ) from error


def _shown(rule: Rule) -> dict[str, Any]:
    return {"Name": rule.name, "Arn": rule.arn, "EventBusName": "default", **rule.settings}
