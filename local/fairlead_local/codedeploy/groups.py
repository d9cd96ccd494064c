"""The operations of deployment groups: role, configuration, alarms and rollback settings of one alias."""

from collections.abc import Callable
from typing import Any

from fairlead_local.codedeploy import describe
from fairlead_local.codedeploy.records import Group
from fairlead_local.codedeploy.store import Store
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler

DEFAULT_CONFIG = "CodeDeployDefault.LambdaAllAtOnce"
SETTINGS = ("deploymentConfigName", "serviceRoleArn", "alarmConfiguration", "autoRollbackConfiguration")
KNOWN = {
    *SETTINGS, "applicationName", "deploymentGroupName", "currentDeploymentGroupName", "newDeploymentGroupName",
    "deploymentStyle", "tags",
}  # fmt: skip
ROLLBACK_EVENTS = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"}
ALARMS_LIMIT = 10


class Groups:
    """The handlers for groups; `trusts` says whether CodeDeploy may assume a role."""

    def __init__(self, store: Store, trusts: Callable[[str], bool]) -> None:
        self._store = store
        self._trusts = trusts

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateDeploymentGroup": self.create,
            "GetDeploymentGroup": self.get,
            "UpdateDeploymentGroup": self.update,
            "DeleteDeploymentGroup": self.delete,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateDeploymentGroup; its tags are not kept."""
        name = params["deploymentGroupName"]
        settings = {
            "deploymentConfigName": DEFAULT_CONFIG,
            "alarmConfiguration": {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []},
            "autoRollbackConfiguration": {"enabled": False, "events": []},
            **_settings(params),
        }
        self._check_role(settings)
        with self._store.lock:
            application = self._store.application(params["applicationName"])
            self._store.config(settings["deploymentConfigName"])
            if name in application.groups:
                raise ServiceError("DeploymentGroupAlreadyExistsException", f"Deployment group already exists: {name}")
            application.groups[name] = Group(application.name, name, settings)
            return {"deploymentGroupId": application.groups[name].id}

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetDeploymentGroup."""
        with self._store.lock:
            found = self._store.group(params.get("applicationName"), params.get("deploymentGroupName"))
            return {"deploymentGroupInfo": describe.group(found, self._store.of_group(found))}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateDeploymentGroup: replaces what is given; a running deployment keeps its settings."""
        settings = _settings(params)
        self._check_role(settings)
        with self._store.lock:
            found = self._store.group(params["applicationName"], params["currentDeploymentGroupName"])
            if "deploymentConfigName" in settings:
                self._store.config(settings["deploymentConfigName"])
            renamed = params.get("newDeploymentGroupName", found.name)
            groups = self._store.application(found.application).groups
            if renamed != found.name and renamed in groups:
                message = f"Deployment group already exists: {renamed}"
                raise ServiceError("DeploymentGroupAlreadyExistsException", message)
            groups[renamed] = groups.pop(found.name)
            found.name = renamed
            found.settings |= settings
            return {"hooksNotCleanedUp": []}

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """DeleteDeploymentGroup; a missing one is no error."""
        with self._store.lock:
            application = self._store.applications.get(params["applicationName"])
            if application:
                application.groups.pop(params["deploymentGroupName"], None)
            return {"hooksNotCleanedUp": []}

    def _check_role(self, settings: dict[str, Any]) -> None:
        role = settings.get("serviceRoleArn")
        if role and not self._trusts(role):
            message = f"AWS CodeDeploy does not have the permissions required to assume the role {role}."
            raise ServiceError("InvalidRoleException", message)


def _settings(params: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a Lambda group; others are refused by name."""
    unknown = sorted(name for name, value in params.items() if name not in KNOWN and value)
    if unknown:
        raise ServiceError(
            "NotImplemented", f"the local cloud does not support groups with {', '.join(unknown)}", status=501
        )
    if params.get("deploymentStyle", describe.STYLE) != describe.STYLE:
        raise ServiceError("InvalidDeploymentStyleException", "a Lambda group is BLUE_GREEN, WITH_TRAFFIC_CONTROL")
    check_alarms(params.get("alarmConfiguration"))
    check_rollback(params.get("autoRollbackConfiguration"))
    return {name: params[name] for name in SETTINGS if name in params}


def check_alarms(given: dict[str, Any] | None) -> None:
    """Raise for an alarm configuration that CodeDeploy refuses."""
    alarms = (given or {}).get("alarms", [])
    if len(alarms) > ALARMS_LIMIT:
        raise ServiceError("AlarmsLimitExceededException", f"A group can have at most {ALARMS_LIMIT} alarms")
    names = [alarm.get("name") for alarm in alarms]
    if len(set(names)) < len(names) or not all(names):
        raise ServiceError("InvalidAlarmConfigException", "every alarm must have a name, and each only once")
    if (given or {}).get("enabled") and not names:
        raise ServiceError("InvalidAlarmConfigException", "an enabled alarm configuration must name an alarm")


def check_rollback(given: dict[str, Any] | None) -> None:
    """Raise for an automatic rollback configuration that CodeDeploy refuses."""
    events = set((given or {}).get("events", []))
    if events - ROLLBACK_EVENTS:
        raise ServiceError("InvalidAutoRollbackConfigException", f"unknown events {sorted(events - ROLLBACK_EVENTS)}")
    if (given or {}).get("enabled") and not events:
        raise ServiceError("InvalidAutoRollbackConfigException", "an enabled rollback must name an event")
