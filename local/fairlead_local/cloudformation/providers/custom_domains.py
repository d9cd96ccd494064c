"""AWS::ApiGateway::DomainName and BasePathMapping."""

from typing import Any

from fairlead_local.apigateway.apis import Apis
from fairlead_local.cloudformation.provider import CreatedResource, DesiredResource, names
from fairlead_local.cloudformation.providers.apigateway import Allow


class DomainNameProvider:
    """A custom domain. Its certificate is kept as it is given, since the port speaks plain HTTP."""

    accepts = names("DomainName EndpointConfiguration RegionalCertificateArn SecurityPolicy Tags")
    replaces = names("DomainName")

    def __init__(self, apis: Apis, allow: Allow) -> None:
        self._allow = allow
        self._apis = apis

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Create the domain."""
        self._allow("POST", "/domainnames")
        name = str(desired.properties["DomainName"])
        self._apis.add_domain(name)
        target = {"RegionalDomainName": f"d-{name}.execute-api.local", "RegionalHostedZoneId": "Z1UJRXOUMOOFQ8"}
        return CreatedResource(name, target)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: nothing here reads the other properties."""
        self._allow("PATCH", f"/domainnames/{created.physical_id}")
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Delete the domain with its base paths."""
        self._allow("DELETE", f"/domainnames/{created.physical_id}")
        self._apis.delete_domain(created.physical_id)


class BasePathMappingProvider:
    """A base path of a domain, which leads to a stage of an API."""

    accepts = names("BasePath DomainName RestApiId Stage")
    replaces = names("BasePath DomainName")

    def __init__(self, apis: Apis, allow: Allow) -> None:
        self._allow = allow
        self._apis = apis

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Map the base path to the stage; raises ServiceError for an unknown domain or a base path that is taken."""
        self._allow("POST", f"/domainnames/{desired.properties['DomainName']}/basepathmappings")
        return self._map(desired.properties, new=True)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Map it to another stage."""
        self._allow("PATCH", _path(desired.properties))
        return self._map(desired.properties, new=False)

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Remove the base path."""
        self._allow("DELETE", _path(properties))
        self._apis.unmap_path(properties["DomainName"], properties["BasePath"])

    def _map(self, given: dict[str, Any], *, new: bool) -> CreatedResource:
        self._apis.map_path(given["DomainName"], given["BasePath"], given["RestApiId"], given["Stage"], new=new)
        return CreatedResource(f"{given['DomainName']}/{given['BasePath']}")


def _path(properties: dict[str, Any]) -> str:
    return f"/domainnames/{properties['DomainName']}/basepathmappings/{properties['BasePath']}"
