"""Stacks, resources, events and change sets as CloudFormation's API shows them."""

import json
from typing import Any

from fairlead_local.cloudformation.provider import tag_list
from fairlead_local.cloudformation.records import Change, ChangeSet, Event, Resource, Stack
from fairlead_local.cloudformation.templates import Template, capabilities, transforms


def stack(record: Stack) -> dict[str, Any]:
    """Return a stack with parameters, outputs and tags."""
    current = record.current
    shown: dict[str, Any] = {
        "StackId": record.id,
        "StackName": record.name,
        "StackStatus": record.status,
        "StackStatusReason": record.reason,
        "CreationTime": record.created,
        "LastUpdatedTime": record.updated,
        "EnableTerminationProtection": record.protected,
        "DisableRollback": False,
        "RoleARN": record.role,
        "NotificationARNs": [],
        "Parameters": [],
        "Tags": [],
        "Outputs": [],
    }
    if current:
        hidden = {n for n, facts in current.template.get("Parameters", {}).items() if facts.get("NoEcho")}
        shown["Description"] = current.template.get("Description")
        shown["Parameters"] = [
            {"ParameterKey": name, "ParameterValue": "****" if name in hidden else value}
            for name, value in current.values.items()
        ]
        shown["Tags"] = tag_list(current.tags)
        shown["Outputs"] = [_output(name, facts) for name, facts in record.outputs.items()]
    return shown


def event(record: Stack, happened: Event) -> dict[str, Any]:
    """Return a stack event."""
    return {
        **_identity(record, happened),
        "EventId": happened.id,
        "ResourceStatusReason": happened.reason,
        "Timestamp": happened.at,
    }


def resource(record: Stack, made: Resource) -> dict[str, Any]:
    """Return a stack resource, for the three operations that show one."""
    return {
        **_identity(record, made),
        "Timestamp": made.updated,
        "LastUpdatedTimestamp": made.updated,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def _identity(record: Stack, one: Resource | Event) -> dict[str, Any]:
    return {
        "StackId": record.id,
        "StackName": record.name,
        "LogicalResourceId": one.logical_id,
        "PhysicalResourceId": one.physical_id,
        "ResourceType": one.type,
        "ResourceStatus": one.status,
    }


def change_set(record: Stack, proposed: ChangeSet) -> dict[str, Any]:
    """Return a change set with its changes."""
    return {
        **change_set_summary(record, proposed),
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in proposed.wanted.values.items()],
        "Tags": tag_list(proposed.wanted.tags),
        "Changes": [{"Type": "Resource", "ResourceChange": _change(change)} for change in proposed.changes],
    }


def change_set_summary(record: Stack, proposed: ChangeSet) -> dict[str, Any]:
    """Return a change set without its changes."""
    return {
        "StackId": record.id,
        "StackName": record.name,
        "ChangeSetId": proposed.id,
        "ChangeSetName": proposed.name,
        "Description": proposed.description,
        "CreationTime": proposed.created,
        "Status": proposed.status,
        "StatusReason": proposed.reason,
        "ExecutionStatus": proposed.execution,
    }


def template_body(body: str | Template) -> str:
    """Return a template as text."""
    return body if isinstance(body, str) else json.dumps(body, default=str)


def summary(template: Template) -> dict[str, Any]:
    """Return parameters, resource types, capabilities and transforms of a template."""
    declared = template.get("Parameters", {})
    needed = capabilities(template) | ({"CAPABILITY_AUTO_EXPAND"} if transforms(template) else set())
    return {
        "Description": template.get("Description"),
        "Parameters": [_parameter(name, facts) for name, facts in declared.items()],
        "ResourceTypes": sorted({facts["Type"] for facts in template["Resources"].values()}),
        "Capabilities": sorted(needed),
        "DeclaredTransforms": transforms(template),
        "Metadata": json.dumps(template["Metadata"]) if "Metadata" in template else None,
    }


def _parameter(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "ParameterKey": name,
        "ParameterType": facts.get("Type", "String"),
        "DefaultValue": None if "Default" not in facts else str(facts["Default"]),
        "NoEcho": bool(facts.get("NoEcho", False)),
        "Description": facts.get("Description"),
        "ParameterConstraints": {"AllowedValues": [str(value) for value in facts.get("AllowedValues", [])]},
    }


def _output(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "OutputKey": name,
        "OutputValue": str(facts["Value"]),
        "Description": facts.get("Description"),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.physical_id,
        "ResourceType": change.type,
        "Replacement": None if change.replacement is None else str(change.replacement),
    }
