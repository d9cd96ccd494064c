"""The journal: every move of an alias as a record, append-only, in the registry's bucket.

    journal/<stack>/moves/<number>.json     a Record, created once; it holds the SHA-256 of the record that it follows
    journal/<stack>/retrain/<number>.json   the same, by the retrain function: decisions, which move no alias

Of two writers racing for a number the store lets one create it. The other reads the new record and decides again. So an
append is a transaction: what it assumes of the journal holds at the moment it is written. An object that the hash chain
does not reach is not a record (`chain`): the next append takes the next free number and skips the object.
"""

import heapq
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from fairlead.errors import StorageError
from fairlead.journal.alias_state import ObservedAliases, RecordedAliases, follow
from fairlead.journal.chain import check_chain
from fairlead.journal.reconcile import correction
from fairlead.journal.records import SCHEMA, Draft, Record, StatePointers, encode
from fairlead.journal.tail import NEVER, REPEATED, Stored, Tail, unreadable
from fairlead.model.release import Release
from fairlead.registry.store import Objects

MOVES = "moves"
RETRAIN = "retrain"
ATTEMPTS = 200

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


class Entry(NamedTuple):
    """A record as the history shows it; `label` is its number, with the prefix `retrain/` if that function wrote it."""

    label: str
    record: Record


class Journal:
    """One stack's journal, or its retrain function's (`folder`). `clock` returns aware times; `sleep` takes seconds."""

    def __init__(
        self,
        objects: Objects,
        stack: str,
        *,
        folder: str = MOVES,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._objects = objects
        self._prefix = f"journal/{stack}/{folder}/"
        self._clock = clock
        self._sleep = sleep
        self._stored = Stored(objects, self._prefix)
        self._retraining = None if folder == RETRAIN else Journal(objects, stack, folder=RETRAIN, clock=clock)

    def now(self) -> datetime:
        """Return the present time by the journal's clock."""
        return self._clock()

    def all(self) -> Tail:
        """Return the records as they are listed now, newest first; each is read when it is accessed."""
        return self._stored.tail()

    def last(self) -> int:
        """Return the number of the newest record, 0 in an empty journal."""
        return self.all().newest

    def tail(self, count: int = 50) -> list[Record]:
        """Return the newest records, newest first."""
        return self.all()[:count]

    def records(self) -> Iterator[Record]:
        """Yield every record, newest first."""
        yield from self.all()

    def history(self) -> Iterator[Entry]:
        """Yield every record, merged with the retrain function's by time, newest first."""
        sources = [_dated("", self.records())]
        if self._retraining:
            sources.append(_dated(f"{RETRAIN}/", map(_decision, self._retraining.records())))
        for _, entry in heapq.merge(*sources, key=lambda dated: dated[0], reverse=True):
            yield entry

    def standing(self) -> RecordedAliases:
        """Return the aliases' state by the journal."""
        return self.all().standing()

    def append(self, draft: Draft) -> Record:
        """Write a record; returns it, or the existing record with the same key."""
        record = self.append_if(lambda _: draft)
        if record is None:
            raise AssertionError("append_if returned no record for a draft")
        return record

    def append_if(self, build: Callable[[Tail], Draft | None], *, not_before: datetime = NEVER) -> Record | None:
        """Write the draft that `build` returns for the current journal; returns the record, None without a draft.

        `build` is called again whenever another writer was faster, so its decision still holds when its record is
        written. Its errors pass through. If the journal holds the draft's key already, that record is returned.
        `not_before` is the lower bound for the timestamp, in case the local clock is slow.
        """
        for attempt in range(1, ATTEMPTS + 1):
            tail = self.all()
            draft = build(tail)
            if draft is None:
                return None
            if draft.key and (standing := tail.keyed(draft.key, self._clock() - REPEATED)):
                return standing
            record = self._next(tail, draft, not_before)
            if self._stored.create(record.number, encode(record)):
                return record
            self._sleep(random.uniform(0, 0.01 * min(attempt, 20)))  # noqa: S311 - jitter, not a secret
        raise StorageError(
            f"the journal took no record in {ATTEMPTS} attempts: other writers were faster", hint="try again"
        )

    def reconcile(
        self, live: Release, weights: dict[str, float], previous: Release | None, by: str, *, known: int | None = None
    ) -> Record | None:
        """Write the aliases' real state where it differs from the journal's; returns the first record, None without.

        `known` is the value of `last` before the aliases were read. If the journal has grown since, the aliases' state
        may be outdated, and nothing is written. Abandoned intents are closed.
        """
        seen = ObservedAliases(live=live, weights=weights, previous=previous)
        written: list[Record] = []

        def build(tail: Tail) -> Draft | None:
            expected = written[-1].number if written else known
            if expected is not None and tail.newest > expected:
                return None
            return correction(tail.standing(), seen, by, self._clock())

        while record := self.append_if(build):
            written.append(record)
        return written[0] if written else None

    def verify(self) -> list[str]:
        """Return a message for every missing, damaged, foreign or changed object; empty if there is none.

        The retrain function's records are checked too.
        """
        stored = Stored(self._objects, self._prefix)  # a new one, because cached objects may have been changed since
        numbers = stored.numbers()
        stored.fetch(numbers)
        objects = ((number, stored.data(number)) for number in numbers)
        problems = [*check_chain(self._prefix, objects), *self._rewritten()]
        return problems + ([f"{RETRAIN}: {one}" for one in self._retraining.verify()] if self._retraining else [])

    def _rewritten(self) -> list[str]:
        """Ask the store too: the chain does not protect its newest record, nor records deleted after it."""
        try:
            keys = self._objects.rewritten(self._prefix)
        except StorageError as error:
            return [f"it is unknown whether a record was overwritten or deleted: {error}"]
        return [
            f"record {number} was overwritten or deleted; the versioned bucket keeps its earlier content"
            for number in self._stored.numbered(keys)
        ]

    def _next(self, tail: Tail, draft: Draft, not_before: datetime) -> Record:
        before = tail[0] if tail else None
        at = max(self._clock(), not_before, before.at if before else NEVER, draft.happened or NEVER)
        record = Record(
            **msgspec.structs.asdict(draft),
            schema=SCHEMA,
            number=tail.free,
            previous=self._stored.seal(tail.newest) if before else "",
            earlier=before.previous if before else "",
            skips=tail.free - 1 - tail.newest,
            at=at,
            mark=secrets.token_hex(8),
        )
        since = follow(before.since if before else StatePointers(), tail.standing(), record)
        return msgspec.structs.replace(record, since=since)


def _decision(record: Record) -> Record:
    """Return a record of the retrain function; any record but a decision becomes `unreadable`."""
    if record.kind in {"decided", "unreadable"}:
        return record
    return unreadable(record.number, f"its kind is {record.kind!r}, but the retrain function records decisions only")


def _dated(prefix: str, records: Iterable[Record]) -> Iterator[tuple[datetime, Entry]]:
    """Yield each record with its time for merging; an unreadable record gets the time of the newer record before it."""
    at = datetime.max.replace(tzinfo=UTC)
    for record in records:
        at = at if record.kind == "unreadable" else min(at, record.at)
        yield at, Entry(f"{prefix}{record.number}", record)
