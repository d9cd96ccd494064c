"""AWS::Lambda::Function, LayerVersion and Permission."""

import time
from typing import Any

from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, changed, names
from fairlead_local.errors import ServiceError

SETTLE_TIMEOUT = 30.0


class FunctionProvider(ClientProvider):
    """A function's `$LATEST`. An update sends only what the template changed and keeps what a release set."""

    accepts = names(
        "Architectures Code DeadLetterConfig Description Environment EphemeralStorage FunctionName Handler KmsKeyArn "
        "Layers LoggingConfig MemorySize PackageType ReservedConcurrentExecutions Role Runtime SnapStart Tags Timeout "
        "TracingConfig RuntimeManagementConfig RecursiveLoop"
    )
    replaces = names("FunctionName PackageType")
    # Properties that are no parameters of CreateFunction and UpdateFunctionConfiguration.
    apart = names("ReservedConcurrentExecutions RuntimeManagementConfig RecursiveLoop Tags FunctionName Code KmsKeyArn")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateFunction, and wait until it is active."""
        name = desired.properties.get("FunctionName") or desired.name()
        settings = self._settings(desired.properties, set(desired.properties))
        self._lambda.create_function(
            FunctionName=name,
            Code=_code(desired.properties["Code"]),
            Tags=desired.all_tags,
            **settings,
        )
        try:
            self._settled(name)
            self._concurrency(name, desired.properties)
        except Exception:
            self._lambda.delete_function(FunctionName=name)
            raise
        return self._made(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """UpdateFunctionConfiguration and UpdateFunctionCode, each only if its part changed."""
        name = created.physical_id
        different = changed(desired, old)
        settings = self._settings(desired.properties, different - {"Architectures"}) | _cleared(
            desired.properties, different
        )
        if settings:
            self._lambda.update_function_configuration(FunctionName=name, **settings)
            self._settled(name)
        if different & {"Code", "Architectures"}:
            code = _code(desired.properties["Code"])
            self._lambda.update_function_code(
                FunctionName=name, Architectures=desired.properties.get("Architectures", ["x86_64"]), **code
            )
            self._settled(name)
        if "ReservedConcurrentExecutions" in different:
            self._concurrency(name, desired.properties)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteFunction with all versions."""
        client = self._lambda
        try:
            client.delete_function(FunctionName=created.physical_id)
        except client.exceptions.ResourceNotFoundException:
            return

    @property
    def _lambda(self) -> Any:
        return self._clients["lambda"]

    def _settings(self, properties: dict[str, Any], chosen: set[str]) -> dict[str, Any]:
        return {key: _typed(key, properties[key]) for key in chosen - self.apart if key in properties}

    def _concurrency(self, name: str, properties: dict[str, Any]) -> None:
        wanted = properties.get("ReservedConcurrentExecutions")
        if wanted is None:
            self._lambda.delete_function_concurrency(FunctionName=name)
            return
        self._lambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(wanted))

    def _settled(self, name: str) -> None:
        until = time.monotonic() + SETTLE_TIMEOUT
        while time.monotonic() < until:
            state = self._lambda.get_function_configuration(FunctionName=name)
            if state["State"] == "Active" and state["LastUpdateStatus"] == "Successful":
                return
            time.sleep(0.05)
        raise ServiceError("NotStabilized", f"{name} did not settle within {SETTLE_TIMEOUT:.0f} seconds")

    def _made(self, name: str) -> CreatedResource:
        state = self._lambda.get_function_configuration(FunctionName=name)
        return CreatedResource(name, {"Arn": state["FunctionArn"], "SnapStartResponse": state["SnapStart"]})


class LayerVersionProvider(ClientProvider):
    """A layer version, which is immutable."""

    accepts = names("CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo")
    replaces = accepts

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PublishLayerVersion."""
        properties = {**desired.properties, "LayerName": desired.properties.get("LayerName") or desired.name()}
        layer = self._clients["lambda"].publish_layer_version(**properties)
        return CreatedResource(layer["LayerVersionArn"], {"LayerVersionArn": layer["LayerVersionArn"]})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: every property replaces."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteLayerVersion."""
        name, number = created.physical_id.rsplit(":", 2)[-2:]
        self._clients["lambda"].delete_layer_version(LayerName=name, VersionNumber=int(number))


class PermissionProvider(ClientProvider):
    """A statement of a function's or alias's resource policy."""

    accepts = names("Action FunctionName Principal SourceAccount SourceArn")
    replaces = accepts

    def create(self, desired: DesiredResource) -> CreatedResource:
        """AddPermission."""
        statement = desired.name()
        self._clients["lambda"].add_permission(StatementId=statement, **desired.properties)
        return CreatedResource(statement, {"Id": statement})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Return it unchanged: every property replaces."""
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """RemovePermission; a missing function or alias is no error."""
        client = self._clients["lambda"]
        try:
            client.remove_permission(FunctionName=properties["FunctionName"], StatementId=created.physical_id)
        except client.exceptions.ResourceNotFoundException:
            return


def _code(code: dict[str, Any]) -> dict[str, Any]:
    if "ZipFile" in code:
        raise ServiceError("ValidationError", "the local cloud does not support inline code (Code.ZipFile)")
    return code


def _typed(name: str, value: Any) -> Any:
    """Return the value in the API's type; numbers from parameters are texts, and variables must be texts."""
    if name in ("MemorySize", "Timeout"):
        return int(value)
    if name == "EphemeralStorage":
        return {"Size": int(value["Size"])}
    if name == "Environment":
        return {"Variables": {key: _text(item) for key, item in value.get("Variables", {}).items()}}
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cleared(properties: dict[str, Any], different: set[str]) -> dict[str, Any]:
    """Return the default values of removed properties."""
    empty: dict[str, Any] = {
        "Description": "", "Environment": {"Variables": {}}, "Layers": [], "MemorySize": 128, "Timeout": 3,
        "SnapStart": {"ApplyOn": "None"}, "TracingConfig": {"Mode": "PassThrough"}, "DeadLetterConfig": {},
    }  # fmt: skip
    return {name: empty[name] for name in different - set(properties) if name in empty}
