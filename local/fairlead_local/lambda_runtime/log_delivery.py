"""Asynchronous delivery of log lines to CloudWatch Logs and of embedded metrics (EMF) to CloudWatch."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.drain_queue import DrainQueue
from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_runtime.platform_log import passes_level
from fairlead_local.lambda_runtime.process_output import Line

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.2  # a call of PutLogEvents for each invocation would take half of the cloud's time
MOST_AT_ONCE = 200  # batches of lines


@dataclass(frozen=True)
class Batch:
    """Lines of one log stream, and the cloud clock's offset in seconds when they were printed."""

    group: str
    stream: str
    lines: list[Line]
    ahead: float


class LogDelivery:
    """One thread that delivers in order, so that no request waits for its logs; `take` extracts metrics."""

    def __init__(
        self, clients: Clients, clock: Clock, take: Callable[[str, float], None], variants: AwsVariants
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._take = take
        self._variants = variants
        self._queue: DrainQueue[Batch | None] = DrainQueue()
        self._streams: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._work, name="log shipper", daemon=True)
        self._thread.start()

    def deliver(self, version: Version, stream: str, lines: list[Line]) -> None:
        """Queue a version's lines for its log group."""
        settings = version.settings["LoggingConfig"]
        ahead = self._clock.offset
        chosen = [line for line in lines if line.text and passes_level(line.text, settings)]
        if self._variants.log_keys and settings["LogFormat"] == "JSON":
            chosen = [Line(line.timestamp, _with(self._variants.log_keys, line.text)) for line in chosen]
        if chosen:
            self._queue.put(Batch(settings["LogGroup"], stream, chosen, ahead))

    def settle(self, seconds: float) -> bool:
        """Wait until the lines queued so far are delivered; return whether any were not."""
        return self._queue.settle(seconds)

    def stop(self) -> None:
        """Deliver what is queued, then end the thread."""
        self._queue.put(None)
        self._thread.join(5)

    def _work(self) -> None:
        stopping = False
        while not stopping:
            items = self._queue.gather(GATHER_SECONDS, MOST_AT_ONCE)
            stopping = None in items
            streams: dict[tuple[str, str], list[Batch]] = {}
            for batch in filter(None, items):
                streams.setdefault((batch.group, batch.stream), []).append(batch)
            for (group, stream), batches in streams.items():
                try:
                    self._ship(group, stream, batches)
                except Exception:
                    logger.exception("log lines of %s were lost", group)
            for _ in items:
                self._queue.task_done()

    def _ship(self, group: str, stream: str, batches: Sequence[Batch]) -> None:
        """Deliver all queued batches of one stream in one call, because a call per batch is too slow under load."""
        self._ensure(group, stream)
        lines = [(line.timestamp + round(batch.ahead * 1000), line.text) for batch in batches for line in batch.lines]
        # While timers run, the clock is held and its offset shrinks; events that are not in order would be refused.
        times = accumulate((at for at, _ in lines), max)
        events = [{"timestamp": at, "message": text} for at, (_, text) in zip(times, lines, strict=True)]
        self._clients["logs"].put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        for batch in batches:
            for line in batch.lines:
                self._take(line.text, batch.ahead)

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


def _with(added: Mapping[str, Any], text: str) -> str:
    """Return a line with the members added that it lacks, if it is a JSON object."""
    try:
        line = json.loads(text)
    except ValueError:
        return text
    return json.dumps({**added, **line}) if isinstance(line, dict) else text
