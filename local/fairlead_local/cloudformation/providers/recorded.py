"""Resource types that are recorded and have no effect."""

from collections.abc import Callable
from typing import Any

from fairlead_local.account import arn
from fairlead_local.cloudformation.provider import CreatedResource, DesiredResource, names


class DashboardProvider:
    """A dashboard, which is recorded."""

    accepts = names("DashboardBody DashboardName")
    replaces = names("DashboardName")

    def __init__(self, allow: Callable[[str, str], None]) -> None:
        self._allow = allow

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Record it, if the stack's deployer may put it."""
        name = desired.properties.get("DashboardName") or desired.name()
        self._check("PutDashboard", name)
        return CreatedResource(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Record the new body."""
        self._check("PutDashboard", created.physical_id)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Delete the record."""
        self._check("DeleteDashboards", created.physical_id)

    def _check(self, action: str, name: str) -> None:
        self._allow(f"cloudwatch:{action}", arn("cloudwatch", f"dashboard/{name}", region=""))
