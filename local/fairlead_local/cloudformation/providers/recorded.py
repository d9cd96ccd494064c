"""Resource types that are only written down, each with the reason."""

from typing import Any

from fairlead_local.cloudformation.provider import CreatedResource, DesiredResource, names


class RecordedProvider:
    """Keeps the properties and does nothing; the physical id is generated."""

    def __init__(self, accepts: str, *, replaces: str = "") -> None:
        self.accepts = names(accepts)
        self.replaces = names(replaces)

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Write it down."""
        return CreatedResource(desired.name())

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Write it down again."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Forget it."""
