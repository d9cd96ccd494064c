"""AWS::ApiGateway::Account, RestApi, Deployment and Stage."""

import json
from collections.abc import Callable
from typing import Any

from fairlead_local.apigateway.apis import Apis
from fairlead_local.clients import Clients
from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names
from fairlead_local.cloudformation.templates import invalid

Allow = Callable[[str, str], None]
"""Raises unless the stack's deployer may use an HTTP method on a path of API Gateway's own API."""


class AccountProvider(ClientProvider):
    """The account's role for logs; there are no access logs here, so it is shown only."""

    accepts = names("CloudWatchRoleArn")
    replaces = frozenset[str]()

    def create(self, desired: DesiredResource) -> CreatedResource:
        """UpdateAccount."""
        role = desired.properties.get("CloudWatchRoleArn", "")
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
        self._clients["apigateway"].update_account(patchOperations=[change])
        return CreatedResource(desired.name())

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """UpdateAccount."""
        self.create(desired)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Keep the setting, as AWS does: other APIs of the account may use it."""


class RestApiProvider:
    """An API defined by its Body."""

    accepts = names(
        "BinaryMediaTypes Body BodyS3Location Description DisableExecuteApiEndpoint EndpointConfiguration "
        "FailOnWarnings MinimumCompressionSize Mode Name Parameters Tags"
    )
    replaces = frozenset[str]()

    def __init__(self, clients: Clients, apis: Apis, allow: Allow) -> None:
        self._clients = clients
        self._allow = allow
        self._apis = apis

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Create the API."""
        self._allow("POST", "/restapis")
        properties = desired.properties
        body = self._body(properties)
        name = properties.get("Name") or body.get("info", {}).get("title") or desired.logical_id
        tags = {"aws:cloudformation:stack-name": desired.stack_name}
        api_id = self._apis.create(name, body, properties.get("BinaryMediaTypes", []), tags)
        return CreatedResource(api_id, {"RootResourceId": api_id[::-1], "RestApiId": api_id})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Set the new Body; stages serve it after a new deployment."""
        self._allow("PUT", f"/restapis/{created.physical_id}")
        body = self._body(desired.properties)
        self._apis.define(created.physical_id, body, desired.properties.get("BinaryMediaTypes", []))
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Delete the API and its stages."""
        self._allow("DELETE", f"/restapis/{created.physical_id}")
        self._apis.delete(created.physical_id)

    def _body(self, properties: dict[str, Any]) -> dict[str, Any]:
        if "Body" in properties:
            return dict(properties["Body"])
        if "BodyS3Location" not in properties:
            raise invalid("the local cloud does not support an API without a Body")
        where = properties["BodyS3Location"]
        text = self._clients["s3"].get_object(Bucket=where["Bucket"], Key=where["Key"])["Body"].read().decode()
        from samtranslator.yaml_helper import yaml_parse

        return dict(json.loads(text) if text.lstrip().startswith("{") else yaml_parse(text))


class DeploymentProvider:
    """A snapshot of an API's Body."""

    accepts = names("Description RestApiId StageName")
    replaces = accepts

    def __init__(self, apis: Apis, allow: Allow) -> None:
        self._allow = allow
        self._apis = apis

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Take a snapshot of the Body."""
        self._allow("POST", f"/restapis/{desired.properties['RestApiId']}/deployments")
        deployment = self._apis.deploy(desired.properties["RestApiId"])
        if desired.properties.get("StageName"):
            self._apis.put_stage(desired.properties["RestApiId"], desired.properties["StageName"], deployment, {})
        return CreatedResource(deployment, {"DeploymentId": deployment})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: every property replaces."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Delete the snapshot."""
        self._allow("DELETE", f"/restapis/{properties['RestApiId']}/deployments/{created.physical_id}")
        self._apis.delete_deployment(created.physical_id)


class StageProvider:
    """A stage: a name under which one deployment is served."""

    accepts = names(
        "AccessLogSetting CacheClusterEnabled DeploymentId Description MethodSettings RestApiId StageName Tags "
        "TracingEnabled Variables"
    )
    replaces = names("RestApiId StageName")

    def __init__(self, apis: Apis, allow: Allow) -> None:
        self._allow = allow
        self._apis = apis

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Serve the deployment."""
        self._allow("POST", f"/restapis/{desired.properties['RestApiId']}/stages")
        return self._put(desired)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Serve another deployment."""
        self._allow("PATCH", f"/restapis/{desired.properties['RestApiId']}/stages/{created.physical_id}")
        return self._put(desired)

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Stop serving the stage."""
        self._allow("DELETE", f"/restapis/{properties['RestApiId']}/stages/{created.physical_id}")
        self._apis.delete_stage(properties["RestApiId"], created.physical_id)

    def _put(self, desired: DesiredResource) -> CreatedResource:
        given = desired.properties
        self._apis.put_stage(given["RestApiId"], given["StageName"], given["DeploymentId"], given.get("Variables", {}))
        return CreatedResource(given["StageName"])
