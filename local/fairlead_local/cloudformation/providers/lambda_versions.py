"""AWS::Lambda::Version, Alias and EventInvokeConfig."""

from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names
from fairlead_local.errors import ServiceError


class VersionProvider(ClientProvider):
    """A published version, which is immutable."""

    accepts = names("CodeSha256 Description FunctionName ProvisionedConcurrencyConfig RuntimePolicy")
    replaces = names("CodeSha256 Description FunctionName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PublishVersion; fails for an unchanged `$LATEST`, as in AWS."""
        client = self._clients["lambda"]
        name = desired.properties["FunctionName"]
        optional = {key: desired.properties[key] for key in ("CodeSha256", "Description") if key in desired.properties}
        known = {version["Version"] for version in client.list_versions_by_function(FunctionName=name)["Versions"]}
        published = client.publish_version(FunctionName=name, **optional)
        number = published["Version"]
        if number in known:
            message = (
                f"A version for this Lambda function exists ( {number} ). Modify the function to create a new version."
            )
            raise ServiceError("AlreadyExists", message)
        return CreatedResource(published["FunctionArn"], {"Version": number, "FunctionArn": published["FunctionArn"]})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: the other properties have no effect here."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteFunction of that version; a missing one is no error."""
        client = self._clients["lambda"]
        try:
            client.delete_function(FunctionName=created.physical_id)
        except client.exceptions.ResourceNotFoundException:
            return


class AliasProvider(ClientProvider):
    """An alias. Only a change in the template moves it, so that a release's move is kept."""

    accepts = names("Description FunctionName FunctionVersion Name RoutingConfig")
    replaces = names("FunctionName Name")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateAlias."""
        created = self._clients["lambda"].create_alias(**_alias(desired))
        return CreatedResource(created["AliasArn"], {"AliasArn": created["AliasArn"]})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """UpdateAlias."""
        self._clients["lambda"].update_alias(**{"RoutingConfig": {"AdditionalVersionWeights": {}}, **_alias(desired)})
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """DeleteAlias; a missing function or alias is no error."""
        client = self._clients["lambda"]
        try:
            client.delete_alias(FunctionName=properties["FunctionName"], Name=created.physical_id.rsplit(":", 1)[-1])
        except client.exceptions.ResourceNotFoundException:
            return


class EventInvokeConfigProvider(ClientProvider):
    """Retries and destinations of asynchronous invocations."""

    accepts = names("DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier")
    replaces = names("FunctionName Qualifier")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PutFunctionEventInvokeConfig."""
        self._put(desired)
        return CreatedResource(function_arn(desired.properties["FunctionName"], desired.properties["Qualifier"]))

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """PutFunctionEventInvokeConfig again."""
        self._put(desired)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteFunctionEventInvokeConfig; a missing one is no error."""
        client = self._clients["lambda"]
        where = {"FunctionName": properties["FunctionName"], "Qualifier": properties["Qualifier"]}
        try:
            client.delete_function_event_invoke_config(**where)
        except client.exceptions.ResourceNotFoundException:
            return

    def _put(self, desired: DesiredResource) -> None:
        limits = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")
        whole = {name: int(desired.properties[name]) for name in limits if name in desired.properties}
        self._clients["lambda"].put_function_event_invoke_config(**desired.properties | whole)


def _alias(desired: DesiredResource) -> dict[str, Any]:
    properties = dict(desired.properties)
    routing = properties.pop("RoutingConfig", None)
    if routing:
        weights = {
            item["FunctionVersion"]: float(item["FunctionWeight"]) for item in routing["AdditionalVersionWeights"]
        }
        properties["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    return {**properties, "FunctionVersion": str(properties["FunctionVersion"])}
