"""Resource types that are recorded and have no effect."""

from typing import Any

from fairlead_local.cloudformation.provider import CreatedResource, DesiredResource, names


class RecordedProvider:
    """Records the properties; the physical id is generated."""

    def __init__(self, accepts: str, *, replaces: str = "") -> None:
        self.accepts = names(accepts)
        self.replaces = names(replaces)

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Record the resource."""
        return CreatedResource(desired.name())

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Record the new properties."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Delete the record."""
