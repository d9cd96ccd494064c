"""Functions, aliases and layers as Lambda's API shows them."""

from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.lambda_.records import LATEST, Alias, LayerVersion, Version

SHOWN = (
    "Architectures", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "Handler", "KMSKeyArn",
    "LoggingConfig", "MemorySize", "PackageType", "Role", "Runtime", "Timeout", "TracingConfig",
)  # fmt: skip


def configuration(version: Version, *, qualifier: str | None = None) -> dict[str, Any]:
    """Return FunctionConfiguration; `qualifier` is the caller's, and part of the ARN."""
    shown = {name: version.settings[name] for name in SHOWN if version.settings.get(name)}
    applied = version.settings.get("SnapStart", {}).get("ApplyOn", "None")
    optimised = "On" if version.snap_start and version.number != LATEST else "Off"
    shown |= {
        "FunctionName": version.function,
        "FunctionArn": function_arn(version.function, qualifier) if qualifier else version.arn,
        "Version": version.number,
        "CodeSha256": version.code.sha256,
        "CodeSize": version.code.size,
        "LastModified": version.modified,
        "RevisionId": version.revision,
        "State": version.state,
        "LastUpdateStatus": "InProgress" if version.updating else "Successful",
        "Layers": [{"Arn": layer.arn, "CodeSize": layer.code.size} for layer in version.layers],
        "SnapStart": {"ApplyOn": applied, "OptimizationStatus": optimised},
    }
    if version.state == "Pending":
        shown |= {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
    if version.state == "Inactive":
        shown |= {"StateReason": "The function is idle.", "StateReasonCode": "Idle"}
    if version.state == "Failed":
        shown |= {"StateReason": version.reason, "StateReasonCode": version.reason_code}
    return shown


def alias(record: Alias) -> dict[str, Any]:
    """Return AliasConfiguration; RoutingConfig only if there are weights."""
    shown: dict[str, Any] = {
        "AliasArn": function_arn(record.function, record.name),
        "Name": record.name,
        "FunctionVersion": record.version,
        "Description": record.description,
        "RevisionId": record.revision,
    }
    if record.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": dict(record.weights)}
    return shown


def without_content(version: dict[str, Any]) -> dict[str, Any]:
    """Return a layer version as lists show it."""
    return {key: value for key, value in version.items() if key not in {"Content", "LayerArn"}}


def layer(record: LayerVersion) -> dict[str, Any]:
    """Return a layer version with its content's location."""
    content = {"CodeSha256": record.code.sha256, "CodeSize": record.code.size, "Location": record.code.folder.as_uri()}
    return {
        "LayerArn": record.layer_arn,
        "LayerVersionArn": record.arn,
        "Version": record.number,
        "CreatedDate": record.created,
        "Content": content,
        **record.facts,
    }
