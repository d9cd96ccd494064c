"""AWS::CodeDeploy::Application, DeploymentConfig and DeploymentGroup."""

from typing import Any

from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names, tag_list

NUMBERS = frozenset({"canaryInterval", "canaryPercentage", "linearInterval", "linearPercentage"})
FLAGS = frozenset({"enabled", "ignorePollAlarmFailure"})
OPTIONAL = ("alarmConfiguration", "autoRollbackConfiguration")


class DeploymentApplicationProvider(ClientProvider):
    """An application."""

    accepts = names("ApplicationName ComputePlatform Tags")
    replaces = names("ApplicationName ComputePlatform")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateApplication."""
        name = desired.properties.get("ApplicationName") or desired.name(limit=100)
        platform = desired.properties.get("ComputePlatform", "Server")
        self._clients["codedeploy"].create_application(
            applicationName=name, computePlatform=platform, tags=_tags(desired)
        )
        return CreatedResource(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: only tags can change."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteApplication."""
        self._clients["codedeploy"].delete_application(applicationName=created.physical_id)


class DeploymentConfigProvider(ClientProvider):
    """A deployment configuration, which is immutable."""

    accepts = names("ComputePlatform DeploymentConfigName TrafficRoutingConfig")
    replaces = accepts

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateDeploymentConfig."""
        name = desired.properties.get("DeploymentConfigName") or desired.name(limit=100)
        given = {key: value for key, value in desired.properties.items() if key != "DeploymentConfigName"}
        self._clients["codedeploy"].create_deployment_config(deploymentConfigName=name, **_api(given))
        return CreatedResource(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: every property replaces."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteDeploymentConfig."""
        self._clients["codedeploy"].delete_deployment_config(deploymentConfigName=created.physical_id)


class DeploymentGroupProvider(ClientProvider):
    """A deployment group with its alarms and rollback settings."""

    accepts = names(
        "AlarmConfiguration ApplicationName AutoRollbackConfiguration DeploymentConfigName DeploymentGroupName "
        "DeploymentStyle ServiceRoleArn Tags"
    )
    replaces = names("ApplicationName DeploymentGroupName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateDeploymentGroup."""
        name = desired.properties.get("DeploymentGroupName") or desired.name(limit=100)
        settings = _api(_settings(desired.properties))
        application = desired.properties["ApplicationName"]
        self._clients["codedeploy"].create_deployment_group(
            applicationName=application, deploymentGroupName=name, tags=_tags(desired), **settings
        )
        return CreatedResource(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """UpdateDeploymentGroup; a removed property is disabled."""
        nothing = {name: {"enabled": False} for name in OPTIONAL}
        settings = nothing | _api(_settings(desired.properties))
        application = desired.properties["ApplicationName"]
        self._clients["codedeploy"].update_deployment_group(
            applicationName=application, currentDeploymentGroupName=created.physical_id, **settings
        )
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """DeleteDeploymentGroup."""
        self._clients["codedeploy"].delete_deployment_group(
            applicationName=properties["ApplicationName"], deploymentGroupName=created.physical_id
        )


def _settings(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in properties.items() if key not in ("ApplicationName", "DeploymentGroupName", "Tags")
    }


def _tags(desired: DesiredResource) -> list[dict[str, str]]:
    return tag_list(desired.all_tags)


def _api(value: Any, name: str = "") -> Any:
    """Return the template's properties in the API's form: names in lower case, numbers and booleans typed."""
    if isinstance(value, dict):
        return {(key := word[0].lower() + word[1:]): _api(item, key) for word, item in value.items()}
    if isinstance(value, list):
        return [_api(item) for item in value]
    if name in NUMBERS:
        return int(value)
    if name in FLAGS:
        return str(value).lower() == "true"
    return value
