"""What goes wrong on demand: functions that fail or are throttled, and a database that is."""

import json
import math
import threading
from typing import Any, Literal

from fairlead_local.errors import ServiceError

Mode = Literal["fail", "throttle"]
MODES = ("fail", "throttle")


class Faults:
    """Set by the control endpoint, asked by what is to fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._functions: dict[str, Mode] = {}
        self._writes = 0.0

    def set(self, params: dict[str, Any]) -> dict[str, Any]:
        """`functions`: how each named one fails, none for no more; `writes`: how many fail, -1 for all until told.

        What is not named stays. The answer is what holds now; raises ValueError for what is not understood.
        """
        functions, writes = params.get("functions", {}), params.get("writes", self._writes)
        unknown = sorted({*params} - {"functions", "writes"}) + [
            m for m in functions.values() if m not in (*MODES, None)
        ]
        if unknown or not isinstance(writes, int | float):
            raise ValueError(f"not understood: {json.dumps(params)}")
        with self._lock:
            merged = {**self._functions, **functions}
            self._functions = {name: mode for name, mode in merged.items() if mode}
            self._writes = math.inf if writes < 0 else writes
            return {"functions": dict(self._functions), "writes": -1 if math.isinf(self._writes) else self._writes}

    def fails(self, name: str) -> bool:
        """Whether a function is to fail; raises TooManyRequestsException for one to be throttled."""
        mode = self._functions.get(name)
        if mode == "throttle":
            raise ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)
        return mode == "fail"

    def write_throttled(self) -> bool:
        """Whether this write to DynamoDB is one that fails; it is counted."""
        with self._lock:
            throttled = self._writes > 0
            self._writes = max(self._writes - 1, 0.0)
            return throttled
