"""The entries of PutEvents: each one is published or refused on its own."""

import json
from typing import Any

from fairlead_local.eventbridge.bus import Bus

REQUIRED = ("Source", "DetailType", "Detail")


def put_entry(bus: Bus, entry: dict[str, Any]) -> dict[str, Any]:
    """Publish an entry; return the event's id, or an error's code and message."""
    missing = next((name for name in REQUIRED if not entry.get(name)), None)
    if missing:
        reason = f"Parameter {missing} is not valid. Reason: {missing} is a required argument."
        return _refused("InvalidArgument", reason)
    if entry["Source"].startswith("aws."):
        return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        return _refused("MalformedDetail", "Detail is malformed.")
    moment = entry["Time"].timestamp() if entry.get("Time") else None
    resources = entry.get("Resources", [])
    return {"EventId": bus.publish(entry["Source"], entry["DetailType"], detail, resources=resources, moment=moment)}


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}
