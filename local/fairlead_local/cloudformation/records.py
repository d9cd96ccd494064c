"""Records of stacks, resources, events and change sets."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import arn
from fairlead_local.cloudformation.templates import Template


def now() -> datetime:
    """Return the present time, aware."""
    return datetime.now(UTC)


@dataclass
class Resource:
    """A created resource: its physical id, attributes and properties; `deletion` is its DeletionPolicy."""

    logical_id: str
    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    deletion: str
    status: str = "CREATE_COMPLETE"
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Event:
    """A stack event."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    at: datetime = field(default_factory=now)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class DesiredStack:
    """The desired state of a stack: template as text and transformed, parameter values, and tags."""

    text: str
    template: Template
    values: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A change in a change set; `replacement` only for Modify."""

    action: str
    logical_id: str
    type: str
    physical_id: str | None = None
    replacement: bool | None = None


@dataclass
class ChangeSet:
    """A change set with its status."""

    name: str
    kind: str
    wanted: DesiredStack
    changes: list[Change]
    description: str = ""
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str | None = None
    role: str | None = None
    created: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        self.id = arn("cloudformation", f"changeSet/{self.name}/{uuid.uuid4()}")


@dataclass
class Stack:
    """A stack, from REVIEW_IN_PROGRESS to DELETE_COMPLETE.

    `replaced`: resources that the operation under way has replaced. They go at its end; a rollback goes back to them.
    """

    name: str
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    current: DesiredStack | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    replaced: list[Resource] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    change_sets: list[ChangeSet] = field(default_factory=list)
    policy: str | None = None
    protected: bool = False
    role: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime | None = None

    def __post_init__(self) -> None:
        self.id = arn("cloudformation", f"stack/{self.name}/{uuid.uuid4()}")

    def move(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status and add an event."""
        self.status, self.reason = status, reason
        self.events.append(Event(self.name, self.id, "AWS::CloudFormation::Stack", status, reason))

    def add_event(
        self, logical_id: str, kind: str, status: str, *, physical_id: str = "", reason: str | None = None
    ) -> None:
        """Add an event of a resource."""
        self.events.append(Event(logical_id, physical_id, kind, status, reason))
