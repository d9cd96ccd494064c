"""What a resource type must bring to be deployable."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairlead_local.cloudformation.templates import invalid


@dataclass(frozen=True)
class DesiredResource:
    """A resource as the template wants it, every function resolved."""

    logical_id: str
    properties: dict[str, Any]
    stack_name: str
    tags: dict[str, str]

    def name(self, *, limit: int = 64, lower: bool = False) -> str:
        """A physical name as CloudFormation makes one: stack, logical id, random suffix, at most `limit` long."""
        suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
        room = limit - len(suffix) - 1
        name = f"{f'{self.stack_name}-{self.logical_id}'[:room]}-{suffix}"
        return name.lower() if lower else name


@dataclass(frozen=True)
class CreatedResource:
    """A resource as it came to be: what Ref gives, and what GetAtt gives by name."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """Creates, updates and deletes one resource type.

    `accepts` names the properties it acts on or records; any other fails the deployment.
    `replaces` names those whose change makes a new resource, as the type's documentation says.
    """

    accepts: frozenset[str]
    replaces: frozenset[str]

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Bring the resource into being."""

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Change what differs from the `old` properties."""

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Remove it; gone already is fine."""


def names(text: str) -> frozenset[str]:
    """Property names, written as words."""
    return frozenset(text.split())


def check_accepted(kind: str, provider: Provider, properties: Iterable[str]) -> None:
    """Refuse a property the provider would silently drop."""
    unknown = sorted(set(properties) - provider.accepts)
    if unknown:
        raise invalid(f"the local cloud does not support {kind} with {', '.join(unknown)}")


def changed(desired: DesiredResource, old: dict[str, Any]) -> set[str]:
    """The names of properties that differ from the old ones."""
    return {name for name in {*desired.properties, *old} if desired.properties.get(name) != old.get(name)}


def tags(properties: dict[str, Any]) -> dict[str, str]:
    """The Tags property as a map; CloudFormation writes it as a list or a map by type."""
    given = properties.get("Tags", {})
    return dict(given) if isinstance(given, dict) else {tag["Key"]: tag["Value"] for tag in given}
