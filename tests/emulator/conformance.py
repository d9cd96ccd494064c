"""Checks of every answer against botocore's description of the service: names, types, enums, declared errors."""

import json
from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud

# Errors of every service, and the local cloud's errors for operations that it does not have.
COMMON = {"ValidationException", "NotImplemented", "AccessDeniedException", "ThrottlingException"}
NUMBERS = {"integer", "long", "double", "float", "timestamp"}


def conforming(cloud: LocalCloud, service: str) -> Any:
    """Return a client of its own that fails a test whose answer the service's model does not know."""
    client = own(cloud, service)
    client.meta.events.register("after-call", _check)
    return client


def own(cloud: LocalCloud, service: str) -> Any:
    """Return a client that no other test has, because it takes a handler."""
    keys = cloud.admin
    return Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key)[service]


def _check(http_response: Any, model: Any, parsed: dict[str, Any], **_: Any) -> None:
    if http_response.status_code >= 300:
        declared = {shape.name for shape in model.error_shapes}
        assert parsed["Error"]["Code"] in declared | COMMON, f"{model.name} does not declare {parsed['Error']}"
        return
    raw = json.loads(http_response.content or b"{}")
    if model.output_shape is None:
        assert raw == {}
        return
    compare(raw, model.output_shape, model.name)


def compare(raw: Any, shape: Any, where: str) -> None:
    """Fail unless a decoded answer is of its shape."""
    if shape.type_name == "structure":
        assert set(raw) <= set(shape.members), f"{where}: unknown {set(raw) - set(shape.members)}"
        assert set(shape.required_members) <= set(raw), f"{where}: {shape.required_members} are required"
        for name, value in raw.items():
            compare(value, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for value in raw:
            compare(value, shape.member, f"{where}[]")
    elif shape.type_name == "map":
        for value in raw.values():
            compare(value, shape.value, f"{where}{{}}")
    elif shape.type_name == "boolean":
        assert isinstance(raw, bool), where
    elif shape.type_name in NUMBERS:
        assert isinstance(raw, int | float), where
        assert not isinstance(raw, bool), where
    else:
        assert isinstance(raw, str), where
        enum = getattr(shape, "enum", [])
        assert not enum or raw in enum, f"{where}: {raw} is none of {enum}"
