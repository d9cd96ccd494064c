"""Reading the ledger: a request, and the counters and rows of a time range."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.drift.counters import Counters, Number
from fairlead.feedback.ledger import items
from fairlead.feedback.ledger.counter_items import read
from fairlead.feedback.ledger.items import Item
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Kept, Pair

AT_ONCE = 8


class CapturedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A captured version, the last slot in which it was captured, and the last in which its outcomes were reported."""

    model: str
    version: int
    slot: int
    reported: int = 0


class LedgerReader:
    """One table, through a boto3 client. Time ranges are slots, from `start` to before `end`.

    Every method raises StorageError.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def request(self, request: str) -> tuple[list[Part], list[Kept]]:
        """Return the parts and outcomes of a request, by a strongly consistent read."""
        found = list(self._query(KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": request}}))
        return (
            [items.part_of(item) for item in found if item["sk"]["S"].startswith("P#")],
            [items.kept_of(item) for item in found if item["sk"]["S"].startswith("O#")],
        )

    def outcomes(self, request: str) -> list[Kept]:
        """Return only the outcomes of a request: they are small, its parts may be large."""
        values = {":p": {"S": request}, ":o": {"S": "O#"}}
        found = self._query(KeyConditionExpression="pk = :p AND begins_with(sk, :o)", ExpressionAttributeValues=values)
        return [items.kept_of(item) for item in found]

    def seen(self) -> list[CapturedVersion]:
        """Return the captured versions."""
        found = self._query(KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": items.SEEN}})
        return [_seen(item) for item in found]

    def counted(self, model: str, version: int, start: int, end: int) -> tuple[Counters, dict[int, dict[str, Number]]]:
        """Return traffic by cluster and quality by slot in one read: their items are adjacent."""
        clusters: dict[str, dict[str, int]] = {}
        slots: dict[int, dict[str, Number]] = {}
        for item in self._counted(model, version, start, end):
            slot, kind, group, *_ = item["sk"]["S"].split("#")
            if kind == "T":
                _add(clusters.setdefault(f"{int(slot)}_{group}", {}), read(item))
            elif kind == "Q":
                _add(slots.setdefault(int(slot), {}), read(item))
        return Counters(clusters=clusters), slots

    def quality(self, model: str, version: int, start: int, end: int) -> dict[int, dict[str, Number]]:
        """Return the quality counters by the slot of the prediction."""
        return self.counted(model, version, start, end)[1]

    def captured(self, model: str, version: int, start: int, end: int) -> Iterator[Part]:
        """Yield parts, latest slot first."""
        for slot in range(end - 1, start - 1, -1):
            for parts, _ in self._requests(items.captured_slot(model, version, slot)):
                yield from (part for part in parts if (part.model, part.version) == (model, version))

    def labelled(self, model: str, version: int, start: int, end: int) -> Iterator[Pair]:
        """Yield scored pairs, latest slot first."""
        for slot in range(end - 1, start - 1, -1):
            for parts, kept in self._requests(items.labelled_slot(model, version, slot)):
                yield from _scored(parts, kept)

    def _requests(self, slot: str) -> Iterator[tuple[list[Part], list[Kept]]]:
        found = self._query(
            IndexName="slots", KeyConditionExpression="slot = :s", ExpressionAttributeValues={":s": {"S": slot}}
        )
        names = list(dict.fromkeys(item["pk"]["S"] for item in found))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self.request, names)

    def _counted(self, model: str, version: int, start: int, end: int) -> Iterator[Item]:
        return self._query(
            KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
            ExpressionAttributeValues={
                ":p": {"S": items.window(model, version)},
                ":a": {"S": f"{start:010d}#"},
                ":b": {"S": f"{end:010d}"},  # sorts before any key of slot `end`, because these continue with #
            },
        )

    def _query(self, **values: Any) -> Iterator[Item]:
        # An index has only eventual consistency; the requests it names are read again by their keys.
        consistent = {} if "IndexName" in values else {"ConsistentRead": True}
        with clients.translated(f"read the ledger {self._table} (dynamodb:Query)"):
            pages = self._client.get_paginator("query").paginate(TableName=self._table, **values, **consistent)
            for page in pages:
                yield from page["Items"]


def _seen(item: Item) -> CapturedVersion:
    model, _, version = item["sk"]["S"].rpartition("#")
    slot, reported = (int(item[name]["N"]) if name in item else 0 for name in (items.CAPTURED, items.REPORTED))
    return CapturedVersion(model=model, version=int(version), slot=slot, reported=reported)


def _scored(parts: list[Part], kept: list[Kept]) -> Iterator[Pair]:
    scored = {one.outcome.row: one for one in kept if one.state == "scored"}
    for part in parts:
        for row in range(part.first, part.first + len(part.rows)):
            if one := scored.get(row):
                yield Pair(part=part, position=row - part.first, outcome=one.outcome, conflicts=one.conflicts)


def _add(into: dict[str, Any], counts: Mapping[str, Number]) -> None:
    for name, amount in counts.items():
        into[name] = into.get(name, 0) + amount
