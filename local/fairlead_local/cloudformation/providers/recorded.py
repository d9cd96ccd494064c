"""Resource types that are only written down, each with the reason."""

from typing import Any

from fairlead_local.cloudformation.provider import Asked, Made, names


class Recorded:
    """Keeps the properties and does nothing; the physical id is generated."""

    def __init__(self, accepts: str, *, replaces: str = "") -> None:
        self.accepts = names(accepts)
        self.replaces = names(replaces)

    def create(self, asked: Asked) -> Made:
        """Write it down."""
        return Made(asked.name())

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:  # noqa: ARG002 - the protocol's
        """Write it down again."""
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:
        """Forget it."""
