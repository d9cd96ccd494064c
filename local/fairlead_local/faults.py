"""Injected faults: functions that fail or are throttled, and throttled DynamoDB writes."""

import json
import math
import threading
from typing import Any, Literal

from fairlead_local.errors import ServiceError

Mode = Literal["fail", "throttle"]
MODES = ("fail", "throttle")


class Faults:
    """The faults that are set now; the control endpoint sets them, the services read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._functions: dict[str, Mode] = {}
        self._writes = 0.0

    def set(self, params: dict[str, Any]) -> dict[str, Any]:
        """Set faults and return all that hold now; raises ValueError for an unknown one.

        `functions` maps names to a mode, None for no fault; `writes` is the number of writes to throttle, -1 for all.
        Faults that are not named stay.
        """
        functions, writes = params.get("functions", {}), params.get("writes", self._writes)
        unknown = sorted({*params} - {"functions", "writes"}) + [
            m for m in functions.values() if m not in (*MODES, None)
        ]
        if unknown or not isinstance(writes, int | float):
            raise ValueError(f"unknown fault: {json.dumps(params)}")
        with self._lock:
            merged = {**self._functions, **functions}
            self._functions = {name: mode for name, mode in merged.items() if mode}
            self._writes = math.inf if writes < 0 else writes
            return {"functions": dict(self._functions), "writes": -1 if math.isinf(self._writes) else self._writes}

    def fails(self, name: str) -> bool:
        """Return whether a function is to fail; raises TooManyRequestsException for one to be throttled."""
        mode = self._functions.get(name)
        if mode == "throttle":
            raise ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)
        return mode == "fail"

    def write_throttled(self) -> bool:
        """Return whether this DynamoDB write is throttled, and count it."""
        with self._lock:
            throttled = self._writes > 0
            self._writes = max(self._writes - 1, 0.0)
            return throttled
