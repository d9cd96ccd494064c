"""The operations that read deployments."""

from datetime import datetime
from typing import Any

from fairlead_local.codedeploy import describe
from fairlead_local.codedeploy.records import Deployment
from fairlead_local.codedeploy.store import Store
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler

STATUSES = frozenset({"Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"})


class Queries:
    """The handlers that read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "GetDeployment": self.get,
            "ListDeployments": self.list_all,
            "GetDeploymentTarget": self.get_target,
        }

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetDeployment."""
        with self._store.lock:
            return {"deploymentInfo": describe.deployment(self._store.deployment(params.get("deploymentId")))}

    def list_all(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListDeployments, newest first: all or of a group, by status and creation time."""
        wanted = set(params.get("includeOnlyStatuses", []))
        if wanted - STATUSES:
            raise ServiceError("InvalidDeploymentStatusException", f"unknown statuses {sorted(wanted - STATUSES)}")
        within = params.get("createTimeRange", {})
        start, end = _seconds(within.get("start"), 0.0), _seconds(within.get("end"), float("inf"))
        if start > end:
            raise ServiceError("InvalidTimeRangeException", "The time range ends before it starts")
        with self._store.lock:
            found = sorted(self._of(params), key=lambda deployment: deployment.created, reverse=True)
            return {
                "deployments": [
                    one.id for one in found if start <= one.created <= end and (not wanted or one.status in wanted)
                ]
            }

    def get_target(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetDeploymentTarget: the function and its alias."""
        with self._store.lock:
            deployment = self._started(params)
            if params["targetId"] != deployment.target_id:
                message = f"The deployment {deployment.id} has no target {params['targetId']}"
                raise ServiceError("DeploymentTargetDoesNotExistException", message)
            return {"deploymentTarget": describe.target(deployment)}

    def _of(self, params: dict[str, Any]) -> list[Deployment]:
        name, group = params.get("applicationName"), params.get("deploymentGroupName")
        if name and not group:
            raise ServiceError("DeploymentGroupNameRequiredException", "A deployment group name is required.")
        if group:
            return self._store.of_group(self._store.group(name, group))
        return list(self._store.deployments.values())

    def _started(self, params: dict[str, Any]) -> Deployment:
        deployment = self._store.deployment(params.get("deploymentId"))
        if deployment.status in ("Created", "Queued"):
            raise ServiceError("DeploymentNotStartedException", f"The deployment {deployment.id} has not started")
        return deployment


def _seconds(given: datetime | None, default: float) -> float:
    return default if given is None else given.timestamp()
