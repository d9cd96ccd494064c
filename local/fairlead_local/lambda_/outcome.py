"""The outcome of an invocation."""

import json
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """The payload, Lambda's error type if it failed, and what was logged."""

    payload: bytes
    error: Literal["Unhandled"] | None = None
    log: bytes = b""
    duration_ms: float = 0.0


def failure(kind: str, message: str) -> bytes:
    """Return an error payload in the platform's format."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
