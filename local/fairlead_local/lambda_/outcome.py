"""What came out of one invocation."""

import json
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """The payload answered, Lambda's word if it is an error, and what was logged."""

    payload: bytes
    error: Literal["Unhandled"] | None = None
    log: bytes = b""
    duration_ms: float = 0.0


def failure(kind: str, message: str) -> bytes:
    """An error payload, as the platform (not the function) writes it."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
