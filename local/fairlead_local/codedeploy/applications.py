"""The operations of applications, deployment configurations and revisions."""

from typing import Any

from fairlead_local.codedeploy import appspec, describe, traffic_routing
from fairlead_local.codedeploy.records import PLATFORM, Application, Config
from fairlead_local.codedeploy.store import Store
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler


class Applications:
    """The handlers for applications, configurations and revisions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateApplication": self.create,
            "GetApplication": self.get,
            "DeleteApplication": self.delete,
            "CreateDeploymentConfig": self.create_config,
            "GetDeploymentConfig": self.get_config,
            "DeleteDeploymentConfig": self.delete_config,
            "GetApplicationRevision": self.get_revision,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateApplication, for the compute platform Lambda; its tags are not kept."""
        name = params["applicationName"]
        _check_platform(params)
        with self._store.lock:
            if name in self._store.applications:
                raise ServiceError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
            record = Application(name, self._store.now())
            self._store.applications[name] = record
            return {"applicationId": record.id}

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetApplication."""
        with self._store.lock:
            return {"application": describe.application(self._store.application(params.get("applicationName")))}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteApplication with its groups; a missing one is no error."""
        with self._store.lock:
            self._store.applications.pop(params["applicationName"], None)

    def create_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateDeploymentConfig."""
        name = params["deploymentConfigName"]
        _check_platform(params)
        if name.startswith("CodeDeployDefault."):
            raise ServiceError("InvalidDeploymentConfigNameException", f"{name}: that prefix is CodeDeploy's own")
        with self._store.lock:
            if name in self._store.configs:
                message = f"Deployment configuration already exists: {name}"
                raise ServiceError("DeploymentConfigAlreadyExistsException", message)
            record = Config(name, traffic_routing.checked(params.get("trafficRoutingConfig")), self._store.now())
            self._store.configs[name] = record
            return {"deploymentConfigId": record.id}

    def get_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetDeploymentConfig."""
        with self._store.lock:
            return {"deploymentConfigInfo": describe.config(self._store.config(params["deploymentConfigName"]))}

    def delete_config(self, params: dict[str, Any]) -> None:
        """DeleteDeploymentConfig; refused if a group uses it or it is predefined."""
        name = params["deploymentConfigName"]
        with self._store.lock:
            if name in traffic_routing.predefined():
                raise ServiceError("InvalidOperationException", f"{name} is predefined and cannot be deleted")
            groups = [group for found in self._store.applications.values() for group in found.groups.values()]
            if any(group.settings["deploymentConfigName"] == name for group in groups):
                raise ServiceError("DeploymentConfigInUseException", f"Deployment configuration is in use: {name}")
            self._store.configs.pop(name, None)

    def get_revision(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetApplicationRevision: the AppSpec's text by its digest; no other operation shows it."""
        with self._store.lock:
            found = self._store.application(params.get("applicationName"))
            kind = params["revision"].get("revisionType", "")
            sha256 = params["revision"].get(appspec.CONTENT.get(kind, ""), {}).get("sha256", "")
            if sha256 not in found.revisions:
                raise ServiceError("RevisionDoesNotExistException", f"no revision of {found.name} has the digest given")
            info = {"description": "Application revision registered by Deployment"}
            return {"applicationName": found.name, "revision": found.revisions[sha256], "revisionInfo": info}


def _check_platform(params: dict[str, Any]) -> None:
    platform = params.get("computePlatform", "Server")
    if platform != PLATFORM:
        raise ServiceError(
            "InvalidComputePlatformException", f"the local cloud supports the platform {PLATFORM} only, not {platform}"
        )
