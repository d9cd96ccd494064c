"""Lambda's limits on a configuration: sizes, counts, reserved variables, and what this machine cannot run."""

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.archives import UNZIPPED_LIMIT, Archive
from fairlead_local.lambda_.records import LayerVersion

ENVIRONMENT_LIMIT = 4096  # bytes of the whole map as JSON
LAYERS_LIMIT = 5
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
RESERVED = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip


def refused(message: str) -> ServiceError:
    """Return InvalidParameterValueException, Lambda's code for most refusals."""
    return ServiceError("InvalidParameterValueException", message)


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise for an environment, runtime or feature that Lambda or the local cloud refuses."""
    _check_environment(settings.get("Environment", {}).get("Variables", {}))
    if settings.get("Runtime") != RUNTIME:
        raise refused(f"the local cloud supports {RUNTIME} only, not {settings.get('Runtime')}")
    if settings.get("Architectures", ["x86_64"]) != [ARCHITECTURE]:
        raise refused(f"this machine runs {ARCHITECTURE} only, not {settings.get('Architectures', ['x86_64'])[0]}")
    for feature in ("FileSystemConfigs", "ImageConfig", "VpcConfig", "CapacityProviderConfig"):
        if any(
            (settings.get(feature) or {}).values()
            if isinstance(settings.get(feature), dict)
            else [settings.get(feature)]
        ):
            raise refused(f"the local cloud does not support {feature}")
    if not 1 <= settings["Timeout"] <= 900:
        raise refused("Value at 'timeout' failed to satisfy constraint: Member must be between 1 and 900")
    if not 128 <= settings["MemorySize"] <= 10_240:
        raise refused("'MemorySize' value failed to satisfy constraint: Member must be between 128 and 10240")


def check_size(code: Archive, layers: Sequence[LayerVersion]) -> None:
    """Raise if there are too many layers, or if code and layers exceed Lambda's unzipped size."""
    if len(layers) > LAYERS_LIMIT:
        raise refused(f"cannot reference more than {LAYERS_LIMIT} layers.")
    names = [layer.name for layer in layers]
    if len(names) != len(set(names)):
        raise refused("Two different versions of the same layer are not allowed to be referenced in the same function.")
    total = code.unzipped + sum(layer.code.unzipped for layer in layers)
    if total > UNZIPPED_LIMIT:
        raise refused(
            f"Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_LIMIT} bytes. "
            f"The actual size is {total} bytes."
        )


def _check_environment(variables: Mapping[str, str]) -> None:
    prefix = "Lambda was unable to configure your environment variables because the environment variables you have"
    taken = sorted(RESERVED & variables.keys())
    if taken:
        raise refused(
            f"{prefix} provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(taken)}"
        )
    measured = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_LIMIT:
        raise refused(f"{prefix} provided exceeded the 4KB limit. String measured: {measured}")
