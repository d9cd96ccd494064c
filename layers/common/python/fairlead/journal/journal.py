"""The journal: every move of an alias on record, append-only, in the registry's bucket.

    journal/<stack>/moves/<number>.json     a Record, created once; it holds the SHA-256 of the one that it follows
    journal/<stack>/retrain/<number>.json   the same, by the retrain function: decisions, which move nothing

Of two writers racing for a number the store lets one create it; the other reads what was written and decides anew.
So an append is a transaction: what it says of the journal holds at the moment it is written. An object that the hash
chain does not reach is no record (`journal_chain`): the next append takes the next free number and steps over it.
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
from fairlead.journal.alias_state import Seen, Standing, follow
from fairlead.journal.chain import check_chain
from fairlead.journal.reconcile import mend
from fairlead.journal.records import SCHEMA, Draft, Record, Release, Since, encode
from fairlead.journal.tail import NEVER, REPEATED, Stored, Tail, unreadable
from fairlead.registry.store import Objects

MOVES = "moves"
RETRAIN = "retrain"
ATTEMPTS = 200


class Entry(NamedTuple):
    """A record as the history shows it: its number, after `retrain/` where the retrain function wrote it."""

    label: str
    record: Record


class Journal:
    """One stack's journal, or its retrain function's (`folder`). `clock` gives aware times; `sleep` takes seconds."""

    def __init__(
        self,
        objects: Objects,
        stack: str,
        *,
        folder: str = MOVES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._objects = objects
        self._prefix = f"journal/{stack}/{folder}/"
        self._clock = clock
        self._sleep = sleep
        self._stored = Stored(objects, self._prefix)
        self._retraining = None if folder == RETRAIN else Journal(objects, stack, folder=RETRAIN, clock=clock)

    def all(self) -> Tail:
        """Return the journal as it stands now, newest first; records are read as they are looked at."""
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
        """Yield every record, and what the retrain function wrote beside them, newest first."""
        told = [_dated("", self.records())]
        if self._retraining:
            told.append(_dated(f"{RETRAIN}/", map(_decision, self._retraining.records())))
        for _, entry in heapq.merge(*told, key=lambda dated: dated[0], reverse=True):
            yield entry

    def standing(self) -> Standing:
        """Return where the journal says the aliases stand."""
        return self.all().standing()

    def append(self, draft: Draft) -> Record:
        """Write a record, or return the one that has its key already."""
        record = self.append_if(lambda _: draft)
        if record is None:
            raise AssertionError("a draft is always written")
        return record

    def append_if(self, build: Callable[[Tail], Draft | None], *, not_before: datetime = NEVER) -> Record | None:
        """Write what `build` makes of the journal as it stands; None if it makes nothing of it.

        `not_before` is what this machine's clock cannot be behind of: what is written came after that.

        `build` is asked again whenever somebody else was faster, so what it decided on still holds when its record is
        there. What it raises passes through.
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
        raise StorageError(f"{ATTEMPTS} other writers of the journal were faster", hint="try again")

    def heal(
        self, live: Release, weights: dict[str, float], previous: Release | None, by: str, *, known: int | None = None
    ) -> Record | None:
        """Put on record where the aliases were seen, where that is not what the journal says; returns the first record.

        `known` is what `last` said before the aliases were looked at: where the journal has grown since, what was seen
        is older than what it says, and nothing is written. Intents that led to nothing are ended in time.
        """
        seen = Seen(live=live, weights=weights, previous=previous)
        written: list[Record] = []

        def build(tail: Tail) -> Draft | None:
            expected = written[-1].number if written else known
            if expected is not None and tail.newest > expected:
                return None
            return mend(tail.standing(), seen, by, self._clock())

        while record := self.append_if(build):
            written.append(record)
        return written[0] if written else None

    def verify(self) -> list[str]:
        """Name every object that is missing, damaged, no record, or not what was written; empty where all is well.

        The retrain function's records are checked too.
        """
        stored = Stored(self._objects, self._prefix)  # what was read before may have been changed since
        numbers = stored.numbers()
        stored.fetch(numbers)
        objects = ((number, stored.data(number)) for number in numbers)
        problems = [*check_chain(self._prefix, objects), *self._rewritten()]
        return problems + ([f"{RETRAIN}: {one}" for one in self._retraining.verify()] if self._retraining else [])

    def _rewritten(self) -> list[str]:
        """Ask the store itself: the chain says nothing of its newest record, nor of newer ones that are gone."""
        try:
            keys = self._objects.rewritten(self._prefix)
        except StorageError as error:
            return [f"whether a record was overwritten or deleted is not known: {error}"]
        return [
            f"record {number} was overwritten or deleted: the bucket keeps what it held before"
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
        since = follow(before.since if before else Since(), tail.standing(), record)
        return msgspec.structs.replace(record, since=since)


def _decision(record: Record) -> Record:
    """Return a record of the retrain function's; one that says more than a decision is not believed."""
    if record.kind in {"decided", "unreadable"}:
        return record
    return unreadable(record.number, f"it says {record.kind!r}, and the retrain function records decisions only")


def _dated(prefix: str, records: Iterable[Record]) -> Iterator[tuple[datetime, Entry]]:
    """Give each record its place in time; an unreadable one comes right after the newer one."""
    at = datetime.max.replace(tzinfo=UTC)
    for record in records:
        at = at if record.kind == "unreadable" else min(at, record.at)
        yield at, Entry(f"{prefix}{record.number}", record)
