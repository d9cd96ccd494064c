"""Deliveries of the logs of predict and batch by CloudWatch Logs: captured parts go into the ledger.

A delivery arrives at least once. Malformed records go to the dead-letter bucket, so that they do not block the rest. A
temporary failure is raised, so that Lambda retries the whole delivery.
"""

import base64
import json
import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from fairlead.feedback.dead_letters import DeadLetters
from fairlead.feedback.score import Scorer, Unfit
from fairlead.telemetry import capture, emit
from fairlead.telemetry.capture import Part

LARGEST_DELIVERY = 64 * 1024 * 1024
"""Bytes; CloudWatch Logs sends a few megabytes at most."""
LARGEST_RECORD = 256 * 1024
"""Bytes; no captured line is longer, and a longer one might not fit a DynamoDB item."""
MAX_DELAY = 15 * 60 * 1000
"""Milliseconds between a request and its line; a request takes 29 seconds at most, and clocks differ."""
RELEASE = re.compile(r"[1-9][0-9]{0,9}|\$LATEST|batch")
"""The Lambda version that answered, or a batch job, which is no release."""
AT_ONCE = 16
"""Dead letters that are written in parallel: a delivery may hold ten thousand lines."""

GZIP = 16 + zlib.MAX_WBITS
MALFORMED_DELIVERY = (KeyError, TypeError, ValueError, RecursionError, msgspec.MsgspecError, zlib.error)
"""Errors of `read` for an event that is not a delivery."""


class Line(msgspec.Struct, frozen=True):
    """A log event; `timestamp` is in milliseconds since 1970."""

    id: str
    timestamp: int
    message: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event of a subscription filter: https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html."""

    message_type: str
    log_group: str
    log_stream: str
    log_events: list[Line]


class Collected(msgspec.Struct, kw_only=True):
    """Result of a delivery: new parts, parts known before, pairs scored, dead letters (`poison`)."""

    captured: int = 0
    duplicates: int = 0
    scored: int = 0
    poison: int = 0

    def __iadd__(self, other: "Collected") -> "Collected":
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def counts(self) -> dict[str, int]:
        """Return the counts by metric name."""
        return {
            "Captured": self.captured,
            "Duplicates": self.duplicates,
            "Scored": self.scored,
            "PoisonRecords": self.poison,
        }


class Collector:
    """Processes deliveries of the log groups in `sources`. `own` is the group that this function itself logs to."""

    def __init__(self, scorer: Scorer, dead_letters: DeadLetters, *, sources: Collection[str], own: str) -> None:
        self._scorer = scorer
        self._dead_letters = dead_letters
        self._sources = sources
        self._own = own

    def take(self, event: Mapping[str, Any]) -> Collected:
        """Process one delivery; raises StorageError if it must be delivered again."""
        try:
            delivery = read(event)
        except MALFORMED_DELIVERY as error:
            return self._refuse(event, f"not a delivery of CloudWatch Logs: {type(error).__name__}: {error}")
        if delivery.message_type != "DATA_MESSAGE" or delivery.log_group == self._own:
            # CloudWatch Logs tests the destination; or the function is subscribed to its own log, and logging this
            # would cause the next delivery.
            return Collected()
        if delivery.log_group not in self._sources:
            return self._refuse(event, f"from log group {delivery.log_group}, not {', '.join(sorted(self._sources))}")
        return self._take(delivery)

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Write one record to the dead-letter bucket."""
        key = self._dead_letters.keep(record, why)
        emit.logger.warning("dead letter written", key=key, why=why)

    def _refuse(self, event: Mapping[str, Any], why: str) -> Collected:
        self.refuse({"event": event}, why)
        return Collected(poison=1)

    def _take(self, delivery: Delivery) -> Collected:
        lines: list[Line] = []
        parts: list[Part] = []
        refused: list[tuple[Line, str]] = []
        for line in delivery.log_events:
            try:
                parts.append(_captured(line))
                lines.append(line)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                refused.append((line, f"not a captured part: {error}"))
        source = {"log_group": delivery.log_group, "log_stream": delivery.log_stream}
        # Before the other parts, so that the dead letters are written even if the ledger fails.
        self._refuse_all((source | msgspec.structs.asdict(line), why) for line, why in refused)
        taken = self._scorer.take(parts, self._unfit)
        later = [(source | msgspec.structs.asdict(lines[place]), why) for place, why in taken.refused.items()]
        self._refuse_all(later)
        return Collected(
            captured=taken.captured,
            duplicates=taken.duplicates,
            scored=taken.scored,
            poison=len(refused) + len(later) + taken.unfit,
        )

    def _unfit(self, found: Sequence[Unfit]) -> None:
        """Write to the dead-letter bucket outcomes that were accepted early and do not fit their prediction."""
        self._refuse_all(
            (
                {
                    "model": one.pair.part.model,
                    "version": one.pair.part.version,
                    "outcome": msgspec.to_builtins(one.pair.outcome),
                },
                one.why,
            )
            for one in found
        )

    def _refuse_all(self, records: Iterable[tuple[Mapping[str, Any], str]]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: self.refuse(*one), records))


def read(event: Mapping[str, Any]) -> Delivery:
    """Unpack a delivery; raises one of MALFORMED_DELIVERY for any other event."""
    unpacking = zlib.decompressobj(wbits=GZIP)
    data = unpacking.decompress(base64.b64decode(event["awslogs"]["data"]), LARGEST_DELIVERY)
    if not unpacking.eof:
        raise ValueError(f"the data is cut off, or larger than {LARGEST_DELIVERY:,} bytes")
    # The json module, because it also decodes invalid Unicode, which a line may hold.
    return msgspec.convert(json.loads(data), Delivery)


def _captured(line: Line) -> Part:
    """Parse a log event as a part; raises MsgspecError or UnicodeError for anything that capture never writes."""
    part = part_of(line.message)
    if abs(part.at - line.timestamp) > MAX_DELAY:
        raise msgspec.ValidationError(
            f"the request is dated {part.at}, its log line {line.timestamp}: more than {MAX_DELAY} ms apart"
        )
    return part


def part_of(message: str) -> Part:
    """Parse a log line as a part; raises MsgspecError or UnicodeError for any other line."""
    data = message.encode()
    if len(data) > LARGEST_RECORD:
        raise msgspec.ValidationError(f"the line has {len(data)} bytes; capture writes at most {capture.LARGEST_PART}")
    part = capture.decode(data)
    if not capture.REQUEST.fullmatch(part.request):
        raise msgspec.ValidationError("the request id is not one of Lambda's")
    if not RELEASE.fullmatch(part.release):
        raise msgspec.ValidationError(f"{part.release[:60]!r} is not a release")
    if (most := capture.counters(part)) > capture.MOST_COUNTERS:
        raise msgspec.ValidationError(
            f"the part adds to {most} counters; capture writes at most {capture.MOST_COUNTERS}"
        )
    return part
