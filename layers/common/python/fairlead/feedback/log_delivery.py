"""Collecting: what CloudWatch Logs delivers of predict's log goes into the ledger.

A delivery comes at least once. Whatever in it will never be understood is set aside, so that it does not hold up the
rest; whatever fails for now is raised, so that Lambda brings the whole delivery again.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from fairlead.feedback.dead_letters import SetAside
from fairlead.feedback.score import Scorer, Unfit
from fairlead.telemetry import capture, emit
from fairlead.telemetry.capture import Part

LARGEST_DELIVERY = 64 * 1024 * 1024
"""Bytes: CloudWatch Logs sends some megabytes at most."""
LARGEST_RECORD = 256 * 1024
"""Bytes: no line of capture is longer, and a longer one might not fit a DynamoDB item."""
FARTHEST = 15 * 60 * 1000
"""Milliseconds between a request and its line: a request takes 29 seconds at most, and clocks differ."""
RELEASE = re.compile(r"[1-9][0-9]{0,9}|\$LATEST")
AT_ONCE = 16
"""Records that are set aside at once: a delivery may hold ten thousand lines."""

GZIP = 16 + zlib.MAX_WBITS
NO_DELIVERY = (KeyError, TypeError, ValueError, RecursionError, msgspec.MsgspecError, zlib.error)
"""What unpacking anything else than a delivery raises."""


class Line(msgspec.Struct, frozen=True):
    """A log event; `timestamp` in milliseconds since 1970."""

    id: str
    timestamp: int
    message: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a subscription filter found: https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html."""

    message_type: str
    log_group: str
    log_stream: str
    log_events: list[Line]


class Collected(msgspec.Struct, kw_only=True):
    """What became of a delivery: parts that are new, parts known before, pairs scored, records set aside."""

    captured: int = 0
    duplicates: int = 0
    scored: int = 0
    poison: int = 0

    def __iadd__(self, other: "Collected") -> "Collected":
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def counts(self) -> dict[str, int]:
        """Return them by the names of their metrics."""
        return {
            "Captured": self.captured,
            "Duplicates": self.duplicates,
            "Scored": self.scored,
            "PoisonRecords": self.poison,
        }


class Collector:
    """Takes deliveries of one log group, `source`. `own` is the group that this function itself logs to."""

    def __init__(self, scorer: Scorer, aside: SetAside, *, source: str, own: str) -> None:
        self._scorer = scorer
        self._aside = aside
        self._source = source
        self._own = own

    def take(self, event: Mapping[str, Any]) -> Collected:
        """Take one delivery; raises StorageError when it must come again."""
        try:
            delivery = read(event)
        except NO_DELIVERY as error:
            return self._refuse(event, f"not a delivery of CloudWatch Logs: {type(error).__name__}: {error}")
        if delivery.message_type != "DATA_MESSAGE" or delivery.log_group == self._own:
            # CloudWatch asks whether somebody is here; or the function was made to read what it writes, and a word
            # about it would be the next delivery.
            return Collected()
        if delivery.log_group != self._source:
            return self._refuse(event, f"from log group {delivery.log_group}, not {self._source}")
        return self._take(delivery)

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Set one record aside."""
        key = self._aside.keep(record, why)
        emit.logger.warning("set aside", key=key, why=why)

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
        # Before the others are taken: a delivery that fails there leaves its dead letters all the same.
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
        """Set outcomes aside that were accepted before their prediction was known, and cannot be counted with it."""
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
    """Unpack a delivery; raises NO_DELIVERY for what is none."""
    unpacking = zlib.decompressobj(wbits=GZIP)
    data = unpacking.decompress(base64.b64decode(event["awslogs"]["data"]), LARGEST_DELIVERY)
    if not unpacking.eof:
        raise ValueError(f"it is cut off, or larger than {LARGEST_DELIVERY:,} bytes")
    # The json module also reads what is no valid Unicode, which a line may hold.
    return msgspec.convert(json.loads(data), Delivery)


def _captured(line: Line) -> Part:
    """Read a log event as a part; raises MsgspecError or UnicodeError for what capture never writes."""
    part = part_of(line.message)
    if abs(part.at - line.timestamp) > FARTHEST:
        raise msgspec.ValidationError(f"its request came at {part.at}, and its line at {line.timestamp}")
    return part


def part_of(message: str) -> Part:
    """Read a log line as a part; raises MsgspecError or UnicodeError for what is none."""
    data = message.encode()
    if len(data) > LARGEST_RECORD:
        raise msgspec.ValidationError(f"{len(data)} bytes, where capture writes {capture.LARGEST_PART} at most")
    part = capture.decode(data)
    if not capture.REQUEST.fullmatch(part.request):
        raise msgspec.ValidationError("its request has no id of Lambda's")
    if not RELEASE.fullmatch(part.release):
        raise msgspec.ValidationError(f"{part.release[:60]!r} is no release")
    if (most := capture.counters(part)) > capture.MOST_COUNTERS:
        raise msgspec.ValidationError(
            f"it adds to {most} counters, where capture writes {capture.MOST_COUNTERS} at most"
        )
    return part
