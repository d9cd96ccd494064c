"""Orders to a running cloud's `/_fairlead/…`."""

import contextlib
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

from fairlead_local.errors import LocalCloudError

ADVANCE_SECONDS = 600.0  # of real time, for the timers that become due


def control(endpoint_url: str, path: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send an order, or read without one; raises ValueError with the cloud's reason if it refuses."""
    connection = http.client.HTTPConnection(urlsplit(endpoint_url).netloc, timeout=ADVANCE_SECONDS)
    with contextlib.closing(connection):
        body = None if order is None else json.dumps(order)
        connection.request("GET" if body is None else "POST", f"/_fairlead/{path}", body)
        answer: dict[str, Any] = json.load(connection.getresponse())
    if "message" in answer:
        raise ValueError(answer["message"])
    return answer


def advance_towards_now(endpoint_url: str, seconds: float) -> float:
    """Advance the clock of a cloud that is behind, at most to real time; return its new time.

    Raises LocalCloudError if nothing answers as a local cloud there, or if the clock is less far behind.
    """
    try:
        behind = time.time() - float(control(endpoint_url, "clock")["now"])
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise LocalCloudError(
            f"no local cloud answers at {endpoint_url}", hint="start `fairlead local up` and source .fairlead/local.env"
        ) from error
    if not seconds <= behind + 1:
        hours = max(behind, 0.0) / 3600
        raise LocalCloudError(
            f"the local cloud's clock is {hours:.1f} hours behind real time, and cannot get ahead of it",
            hint="start it further behind: fairlead local up --behind HOURS",
        )
    return float(control(endpoint_url, "clock", {"advance": seconds})["now"])
