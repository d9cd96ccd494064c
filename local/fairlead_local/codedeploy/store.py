"""Applications, groups, configurations and deployments, found by name, under one lock."""

import threading
from collections.abc import Callable

from fairlead_local.codedeploy import traffic_routing
from fairlead_local.codedeploy.records import Application, Config, Deployment, Group
from fairlead_local.errors import ServiceError


class Store:
    """Hold `lock` while reading or changing what a look-up returned, but not while calling another service."""

    STATE = ("applications", "configs", "deployments")

    def __init__(self, now: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.applications: dict[str, Application] = {}
        self.deployments: dict[str, Deployment] = {}
        self.configs = {name: Config(name, routing, now()) for name, routing in traffic_routing.predefined().items()}

    def application(self, name: str | None) -> Application:
        """Return an application by name; raises ApplicationDoesNotExistException."""
        if not name:
            raise ServiceError("ApplicationNameRequiredException", "An application name is required.")
        if name not in self.applications:
            raise ServiceError("ApplicationDoesNotExistException", f"No application found for name: {name}")
        return self.applications[name]

    def group(self, application: str | None, name: str | None) -> Group:
        """Return a group by application and name; raises DeploymentGroupDoesNotExistException."""
        found = self.application(application)
        if not name:
            raise ServiceError("DeploymentGroupNameRequiredException", "A deployment group name is required.")
        if name not in found.groups:
            message = f"No Deployment Group found for name: {name}"
            raise ServiceError("DeploymentGroupDoesNotExistException", message)
        return found.groups[name]

    def config(self, name: str) -> Config:
        """Return a configuration by name; raises DeploymentConfigDoesNotExistException."""
        if name not in self.configs:
            message = f"No Deployment Configuration found for name: {name}"
            raise ServiceError("DeploymentConfigDoesNotExistException", message)
        return self.configs[name]

    def deployment(self, deployment_id: str | None) -> Deployment:
        """Return a deployment by id; raises DeploymentDoesNotExistException or InvalidDeploymentIdException."""
        if not deployment_id:
            raise ServiceError("DeploymentIdRequiredException", "At least one deployment ID must be specified.")
        if not deployment_id.startswith("d-"):
            raise ServiceError("InvalidDeploymentIdException", f"Specified DeploymentId is not in the valid format: "
                               f"{deployment_id}")  # fmt: skip
        if deployment_id not in self.deployments:
            message = f"The deployment {deployment_id} could not be found"
            raise ServiceError("DeploymentDoesNotExistException", message)
        return self.deployments[deployment_id]

    def of_group(self, group: Group) -> list[Deployment]:
        """Return a group's deployments, newest first."""
        found = [deployment for deployment in self.deployments.values() if deployment.group is group]
        return sorted(found, key=lambda deployment: deployment.created, reverse=True)

    def running(self, group: Group) -> Deployment | None:
        """Return the group's deployment that has not ended, if there is one."""
        return next((deployment for deployment in self.of_group(group) if not deployment.over), None)
