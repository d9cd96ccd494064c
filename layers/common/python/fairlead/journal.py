"""The journal: every move of an alias on record, append-only, in the registry's bucket.

    journal/<number>.json   a Record, created once; it holds the SHA-256 of the one before it

Of two writers racing for a number the store lets one create it; the other reads what was written and decides anew.
So an append is a transaction: what it says of the journal holds at the moment it is written.
"""

import random
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import overload

import msgspec

from fairlead.errors import IntegrityError, NotFoundError, StorageError
from fairlead.healing import mend
from fairlead.manifest import digest
from fairlead.moves import SCHEMA, Draft, Record, Release, Since, decode, encode
from fairlead.registry import Objects
from fairlead.standings import Live, Seen, Standing, check_chain, follow, standing_of, who_was_live

PREFIX = "journal/"
KEY = re.compile(r"journal/([0-9]{8})\.json")
ATTEMPTS = 200
READERS = 8
MOST_AHEAD = 64
KEYED = range(50, 400)
"""Records in which a draft's key is looked for: so many at least, and more while they are younger than REPEATED."""

REPEATED = timedelta(days=2)
"""Longer than AWS delivers an event late, or again."""

NEVER = datetime.fromtimestamp(0, UTC)


class Stored:
    """The records' bytes by number. What was created once is read once."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._numbers: list[int] = []
        self._data: dict[int, bytes] = {}

    def numbers(self) -> list[int]:
        """List the numbers there are, ascending."""
        known = self._numbers
        keys = self._objects.keys(PREFIX, after=key_of(known[-1]) if known else "")
        # A new list, because other threads may be reading the old one.
        self._numbers = [*known, *(int(found[1]) for key in keys if (found := KEY.fullmatch(key)))]
        return self._numbers

    def fetch(self, numbers: Iterable[int]) -> None:
        """Read these records, several at a time."""
        missing = [number for number in numbers if number not in self._data]
        if len(missing) == 1:
            self._fetch(missing[0])
        elif missing:
            with ThreadPoolExecutor(min(READERS, len(missing))) as pool:
                list(pool.map(self._fetch, missing))

    def data(self, number: int) -> bytes:
        """Return a record's bytes; none if it is not there."""
        self.fetch([number])
        return self._data.get(number, b"")

    def has(self, number: int) -> bool:
        """Say whether a record's bytes were read already."""
        return number in self._data

    def record(self, number: int) -> Record:
        """Return a record; one that is damaged or was taken away is `unreadable`. Raises SchemaError."""
        try:
            record = decode(self.data(number))
        except IntegrityError as error:
            return _unreadable(number, str(error))
        return record if record.number == number else _unreadable(number, f"it holds record {record.number}")

    def create(self, number: int, data: bytes) -> bool:
        """Create a record; False says that somebody else has."""
        key = key_of(number)
        # A put whose answer got lost is sent again by the client below us, and then meets its own object.
        done = self._objects.put_new(key, data) or self._objects.get(key) == data
        if done:
            self._data[number] = data
        return done

    def _fetch(self, number: int) -> None:
        try:
            self._data[number] = self._objects.get(key_of(number))
        except NotFoundError:  # listed a moment ago: somebody took it away
            return


class Tail(Sequence[Record]):
    """The journal as it stood when it was listed, newest first; its records are read as they are looked at."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._numbers = stored.numbers()[::-1]

    @property
    def newest(self) -> int:
        """The newest record's number; 0 in an empty journal."""
        return self._numbers[0] if self._numbers else 0

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            self._stored.fetch(self._numbers[index])
            return [self._stored.record(number) for number in self._numbers[index]]
        number = self._numbers[index]
        if index > 0 and not self._stored.has(number):  # twice as many each time
            self._stored.fetch(self._numbers[index : index + min(index, MOST_AHEAD) + 1])
        return self._stored.record(number)

    def standing(self) -> Standing:
        """Return where the journal says the aliases stand."""
        since = self[0].since if self else Since()
        named = [number for number in (since.live, since.previous, *since.intents) if number]
        self._stored.fetch(named)
        return standing_of(since, {number: self._stored.record(number) for number in named})

    def who_was_live(self, at: datetime) -> Live | None:
        """Return what was live at a moment; None before the first record that says so."""
        low, high = 0, len(self)
        while low < high:  # pass over what was written so long after `at` that it is no late news of then
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self[middle].at - at > REPEATED else (low, middle)
        return who_was_live((self[index] for index in range(low, len(self))), at)

    def keyed(self, key: str, since: datetime) -> Record | None:
        """Return the record with this key, if it was written lately."""
        for index, record in enumerate(self):
            if record.key == key:
                return record
            if index >= KEYED.stop or (index >= KEYED.start and record.at < since):
                return None
        return None


class Journal:
    """One stack's journal. `clock` gives aware times; `sleep` takes seconds."""

    def __init__(
        self,
        objects: Objects,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._objects = objects
        self._clock = clock
        self._sleep = sleep
        self._stored = Stored(objects)

    def all(self) -> Tail:
        """Return the journal as it stands now, newest first; records are read as they are looked at."""
        return Tail(self._stored)

    def last(self) -> int:
        """Return the number of the newest record, 0 in an empty journal."""
        return self.all().newest

    def tail(self, count: int = 50) -> list[Record]:
        """Return the newest records, newest first."""
        return self.all()[:count]

    def records(self) -> Iterator[Record]:
        """Yield every record, newest first."""
        yield from self.all()

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
        """Name every record that is missing, damaged, or not what was written; empty where all is well."""
        stored = Stored(self._objects)  # what was read before may have been changed since
        numbers = stored.numbers()
        stored.fetch(numbers)
        return [*check_chain([(number, stored.data(number)) for number in numbers]), *self._rewritten()]

    def _rewritten(self) -> list[str]:
        """Ask the store itself: the chain says nothing of its newest record, nor of newer ones that are gone."""
        try:
            keys = self._objects.rewritten(PREFIX)
        except StorageError as error:
            return [f"whether a record was overwritten or deleted is not known: {error}"]
        numbers = [int(found[1]) for key in keys if (found := KEY.fullmatch(key))]
        return [
            f"record {number} was overwritten or deleted: the bucket keeps what it held before" for number in numbers
        ]

    def _next(self, tail: Tail, draft: Draft, not_before: datetime) -> Record:
        before = tail[0] if tail else None
        at = max(self._clock(), not_before, before.at if before else NEVER, draft.happened or NEVER)
        record = Record(
            **msgspec.structs.asdict(draft),
            schema=SCHEMA,
            number=tail.newest + 1,
            previous=digest(self._stored.data(tail.newest)) if before else "",
            at=at,
            mark=secrets.token_hex(8),
        )
        since = follow(before.since if before else Since(), tail.standing(), record)
        return msgspec.structs.replace(record, since=since)


def key_of(number: int) -> str:
    """Say where a record lies in the bucket."""
    return f"{PREFIX}{number:08d}.json"


def _unreadable(number: int, why: str) -> Record:
    return Record(
        schema=SCHEMA, number=number, previous="", at=NEVER, mark="", kind="unreadable", by="", why=f"unreadable: {why}"
    )
