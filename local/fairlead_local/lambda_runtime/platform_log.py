"""Lambda's own log lines about an invocation, in the function's log format."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_runtime.process_output import ProcessOutput

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


class PlatformLog:
    """START, END and REPORT as text, or platform.start and platform.report as JSON."""

    def __init__(self, version: Version, output: ProcessOutput) -> None:
        self._version = version
        self._output = output
        logging = version.settings["LoggingConfig"]
        self._json = logging["LogFormat"] == "JSON"
        self._quiet = self._json and logging.get("SystemLogLevel") == "WARN"

    def start(self, request_id: str) -> None:
        """Log the start of a request."""
        if self._json:
            self._event("platform.start", {"requestId": request_id, "version": self._version.number})
            return
        self._output.note(f"START RequestId: {request_id} Version: {self._version.number}")

    def end(self, request_id: str, duration_ms: float, init_ms: float | None, peak_mb: int) -> None:
        """Log the end of a request; `init_ms` only for the first request of an environment."""
        size = self._version.settings["MemorySize"]
        billed = math.ceil(duration_ms)
        if self._json:
            metrics = {"durationMs": round(duration_ms, 3), "billedDurationMs": billed, "memorySizeMB": size}
            metrics |= {"maxMemoryUsedMB": peak_mb}
            if init_ms is not None:
                metrics["initDurationMs"] = round(init_ms, 3)
            self._event("platform.report", {"requestId": request_id, "metrics": metrics})
            return
        init = f"\tInit Duration: {init_ms:.2f} ms" if init_ms is not None else ""
        self._output.note(f"END RequestId: {request_id}")
        self._output.note(
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed} ms\t"
            f"Memory Size: {size} MB\tMax Memory Used: {peak_mb} MB{init}"
        )

    def _event(self, kind: str, record: dict[str, Any]) -> None:
        if self._quiet:
            return
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self._output.note(json.dumps({"time": time, "type": kind, "record": record}))


def passes_level(text: str, logging: dict[str, Any]) -> bool:
    """Return whether a line passes the application log level; a JSON line without a level is INFO."""
    if logging["LogFormat"] != "JSON":
        return True
    wanted = LEVELS.index(logging.get("ApplicationLogLevel", "INFO"))
    try:
        line = json.loads(text)
    except ValueError:
        return True
    if not isinstance(line, dict) or str(line.get("type", "")).startswith("platform."):
        return True
    level = {"WARNING": "WARN", "CRITICAL": "FATAL"}.get(str(line.get("level")), str(line.get("level", "INFO")))
    return level not in LEVELS or LEVELS.index(level) >= wanted
