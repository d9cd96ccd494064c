"""The interface of resource types."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairlead_local.clients import Clients
from fairlead_local.cloudformation.templates import invalid


@dataclass(frozen=True)
class DesiredResource:
    """A resource of the template with every function resolved."""

    logical_id: str
    properties: dict[str, Any]
    stack_name: str
    tags: dict[str, str]

    def name(self, *, limit: int = 64, lower: bool = False) -> str:
        """Return a generated physical name of at most `limit` characters: stack, logical id, random suffix."""
        suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
        room = limit - len(suffix) - 1
        name = f"{f'{self.stack_name}-{self.logical_id}'[:room]}-{suffix}"
        return name.lower() if lower else name

    @property
    def all_tags(self) -> dict[str, str]:
        """The stack's tags and the resource's own, which win."""
        return self.tags | tags(self.properties)


@dataclass(frozen=True)
class CreatedResource:
    """A created resource: the value of Ref, and the values of GetAtt by name."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """Creates, updates and deletes resources of one type.

    `accepts` names the properties it applies or records; any other fails the deployment. `replaces` names the
    properties whose change replaces the resource, according to the type's documentation.
    """

    accepts: frozenset[str]
    replaces: frozenset[str]

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Create the resource."""

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Apply what differs from the `old` properties."""

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Delete the resource; a missing one is no error."""


class ClientProvider:
    """The base of providers that call their service with the rights of `clients`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients


def names(text: str) -> frozenset[str]:
    """Return a set of property names from a text with blanks."""
    return frozenset(text.split())


def check_accepted(kind: str, provider: Provider, properties: Iterable[str]) -> None:
    """Raise for a property that the provider does not accept."""
    unknown = sorted(set(properties) - provider.accepts)
    if unknown:
        raise invalid(f"the local cloud does not support {kind} with {', '.join(unknown)}")


def changed(desired: DesiredResource, old: dict[str, Any]) -> set[str]:
    """Return the names of properties that differ from the old ones."""
    return {name for name in {*desired.properties, *old} if desired.properties.get(name) != old.get(name)}


def tags(properties: dict[str, Any]) -> dict[str, str]:
    """Return the property Tags as a map; by type it is a list or a map."""
    given = properties.get("Tags", {})
    return dict(given) if isinstance(given, dict) else {tag["Key"]: tag["Value"] for tag in given}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as most APIs take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
