"""Log lines to CloudWatch Logs and embedded metrics (EMF) to CloudWatch, a moment later, as in AWS."""

import json
import logging
import queue
import threading
from datetime import UTC, datetime
from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.lambdas.records import Version
from fairlead_local.runtime.output import Line
from fairlead_local.runtime.platform_log import kept

logger = logging.getLogger(__name__)


class Shipper:
    """One thread that delivers in order, so that no request waits for its logs."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._queue: queue.Queue[tuple[str, str, list[Line]] | None] = queue.Queue()
        self._streams: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._work, name="log shipper", daemon=True)
        self._thread.start()

    def deliver(self, version: Version, stream: str, lines: list[Line]) -> None:
        """Queue a version's lines for its log group."""
        settings = version.settings["LoggingConfig"]
        chosen = [line for line in lines if line.text and kept(line.text, settings)]
        if chosen:
            self._queue.put((settings["LogGroup"], stream, chosen))

    def stop(self) -> None:
        """Deliver what is queued, then end."""
        self._queue.put(None)
        self._thread.join(5)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._ship(*item)
            except Exception:
                logger.exception("log lines of %s were lost", item[0])

    def _ship(self, group: str, stream: str, lines: list[Line]) -> None:
        self._ensure(group, stream)
        events = [{"timestamp": line.timestamp, "message": line.text} for line in lines]
        self._clients["logs"].put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        for line in lines:
            for namespace, data in metrics(line.text):
                self._clients["cloudwatch"].put_metric_data(Namespace=namespace, MetricData=data)

    def _ensure(self, group: str, stream: str) -> None:
        if (group, stream) in self._streams:
            return
        logs = self._clients["logs"]
        for create, names in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                create(**names)
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
        self._streams.add((group, stream))


def metrics(text: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The metric data in one log line of the embedded metric format; empty for any other line."""
    if '"_aws"' not in text:
        return []
    try:
        line = json.loads(text)
        blocks = line["_aws"]["CloudWatchMetrics"]
        moment = datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
    except (ValueError, KeyError, TypeError):
        return []
    return [(block["Namespace"], _data(block, line, moment)) for block in blocks]


def _data(block: dict[str, Any], line: dict[str, Any], moment: datetime) -> list[dict[str, Any]]:
    data = []
    for dimensions in block.get("Dimensions") or [[]]:
        named = [{"Name": name, "Value": str(line[name])} for name in dimensions if name in line]
        for metric in block["Metrics"]:
            value = line.get(metric["Name"])
            if value is None:
                continue
            values = value if isinstance(value, list) else [value]
            data.append(
                {
                    "MetricName": metric["Name"],
                    "Dimensions": named,
                    "Timestamp": moment,
                    "Unit": metric.get("Unit", "None"),
                    "Values": values,
                    "Counts": [1] * len(values),
                }
            )
    return data
