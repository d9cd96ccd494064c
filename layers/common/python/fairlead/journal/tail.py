"""Reading the journal's records from the bucket: each object once, newest first, with gaps shown.

A record that cannot be read, or that the hash chain skips, becomes a record of kind `unreadable` that says why.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import overload

from fairlead.errors import FairleadError, IntegrityError, NotFoundError
from fairlead.journal import chain
from fairlead.journal.alias_state import LiveAt, RecordedAliases, standing_of, who_was_live
from fairlead.journal.records import SCHEMA, Record, StatePointers
from fairlead.registry import hash_chain
from fairlead.registry.store import Objects

NAME = re.compile(r"([0-9]{8})\.json")
READERS = 8
MOST_AHEAD = 64
WINDOW = 16
"""Objects that are read together to find the head, newest first; a chain of as many is taken as the journal's."""

MOST_INTENTS = 64
"""Open intents that are looked up; this package never leaves more open."""

RECENT = 50
"""Records that are searched for those of a move in progress."""

KEYED = range(RECENT, 400)
"""Records that are searched for a draft's key: at least 50, then up to 400 while they are younger than REPEATED."""

REPEATED = timedelta(days=2)
"""Longer than AWS takes to deliver an event late or repeatedly."""

NEVER = datetime.fromtimestamp(0, UTC)


class Stored:
    """The records' bytes by number, under one prefix. Objects are created once, so each is read once."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects = objects
        self._prefix = prefix
        self._records: list[int] = []
        self._listed: set[int] = set()
        self._data: dict[int, bytes] = {}

    def numbers(self) -> list[int]:
        """Return the current numbers, ascending: of records known already, and of every newer object."""
        known = self._records
        keys = self._objects.keys(self._prefix, after=self._key(known[-1]) if known else "")
        newer = self.numbered(keys)
        self._listed.update(newer)
        return [*known, *newer]

    def numbered(self, keys: Iterable[str]) -> list[int]:
        """Return the numbers of these keys; keys that do not name a record are left out."""
        names = (key.removeprefix(self._prefix) for key in keys)
        return [int(found[1]) for name in names if (found := NAME.fullmatch(name))]

    def tail(self) -> "Tail":
        """Return the journal as it is listed now."""
        numbers = hash_chain.near(self.numbers())
        head = self._head(numbers)
        # A new list, because other threads may be reading the old one.
        self._records = records = numbers[: bisect_right(numbers, head)]
        return Tail(self, records[::-1], hash_chain.free(numbers, head))

    def fetch(self, numbers: Iterable[int]) -> None:
        """Read those of these records that are listed, several in parallel.

        An unlisted object is not read: S3 answers 403, not 404, to a role that may not list the whole bucket.
        """
        missing = [number for number in numbers if number in self._listed and number not in self._data]
        if len(missing) == 1:
            self._fetch(missing[0])
        elif missing:
            with ThreadPoolExecutor(min(READERS, len(missing))) as pool:
                list(pool.map(self._fetch, missing))

    def data(self, number: int) -> bytes:
        """Return a record's bytes; empty if it is missing."""
        self.fetch([number])
        return self._data.get(number, b"")

    def has(self, number: int) -> bool:
        """Return whether a record's bytes were read already."""
        return number in self._data

    def record(self, number: int) -> Record:
        """Return a record; one that cannot be read under this number is `unreadable`."""
        try:
            return chain.read(number, self.data(number))
        except FairleadError as error:
            return unreadable(number, str(error))

    def linked(self, number: int) -> Record:
        """Return a record; one that does not follow the record it names is `unreadable`."""
        record = self.record(number)
        if record.kind == "unreadable" or chain.linked(self._prefix, record, self.data):
            return record
        return unreadable(number, "it follows an unknown record")

    def create(self, number: int, data: bytes) -> bool:
        """Create a record; returns False if another writer created it first."""
        key = self._key(number)
        # boto3 repeats a put whose response was lost, and then finds its own object.
        done = self._objects.put_new(key, data) or self._objects.get(key) == data
        if done:
            self._data[number] = data
        return done

    def _head(self, numbers: Sequence[int]) -> int:
        window: dict[int, bytes] = {}
        found = 0
        for start in range(len(numbers), 0, -WINDOW):
            some = numbers[max(0, start - WINDOW) : start]
            self.fetch(some)
            window |= {number: self.data(number) for number in some}
            found, length = chain.head(self._prefix, window, whole=len(window) == len(numbers))
            if length >= WINDOW:
                break
        return found

    def seal(self, number: int) -> str:
        """Return the digest by which the next record names a record."""
        return chain.seal(self._prefix, self.data(number))

    def _fetch(self, number: int) -> None:
        try:
            self._data[number] = self._objects.get(self._key(number))
        except (NotFoundError, IntegrityError):  # it was deleted since it was listed, or is too large for a record
            return

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:08d}.json"


class Tail(Sequence[Record]):
    """The journal as it was listed, newest first; each record is read when it is accessed.

    `free` is the number that the next record takes.
    """

    def __init__(self, stored: Stored, numbers: list[int], free: int) -> None:
        self._stored = stored
        self._numbers = numbers
        self.free = free

    @property
    def newest(self) -> int:
        """The newest record's number; 0 in an empty journal."""
        return self._numbers[0] if self._numbers else 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Record]:
        return self._walk(0)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            self._stored.fetch(self._numbers[index])
            return list(islice(self, *index.indices(len(self))))
        number = self._numbers[index]
        return self._stored.record(number) if number == self.newest else self._stored.linked(number)

    def standing(self) -> RecordedAliases:
        """Return the aliases' state by the journal."""
        since = self[0].since if self else StatePointers()
        intents = sorted(since.intents)[-MOST_INTENTS:]
        named = [number for number in (since.live, since.previous, *intents) if 0 < number <= self.newest]
        self._stored.fetch(named)
        return standing_of(since, {number: self._stored.record(number) for number in named})

    def who_was_live(self, at: datetime) -> LiveAt | None:
        """Return the release that was live at a time; None before the first record of `live`."""
        low, high = 0, len(self)
        while low < high:  # skip records written too long after `at` to be late events of that time
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self[middle].at - at > REPEATED else (low, middle)
        # Start at slightly newer records, because they say which objects they skip.
        return who_was_live(self._walk(max(0, low - 2 * WINDOW)), at)

    def keyed(self, key: str, since: datetime) -> Record | None:
        """Return the record with this key, if it is among the recent ones (KEYED) or written after `since`."""
        for index, record in enumerate(self._readable()):
            if record.key == key:
                return record
            if index >= KEYED.stop or (index >= KEYED.start and record.at < since):
                return None
        return None

    def recent(self, count: int = RECENT) -> list[Record]:
        """Return the newest readable records, at most `count`; gaps are skipped and do not count."""
        return list(islice(self._readable(), count))

    def intent(self, release: str, *, life: str) -> Record | None:
        """Return the newest intent to move an alias to a release of a life, among the recent records."""
        for record in self.recent():
            if record.kind == "intended" and record.now and (record.now.life, record.now.release) == (life, release):
                return record
        return None

    def _readable(self) -> Iterator[Record]:
        return (record for record in self if record.kind != "unreadable")

    def _walk(self, start: int) -> Iterator[Record]:
        """Yield records from index `start` on; a record that a newer one skips is `unreadable`."""
        reached = self.newest
        for index in range(start, len(self)):
            self._read_ahead(index, index - start)
            number = self._numbers[index]
            record = self._stored.record(number)
            if record.kind == "unreadable":
                yield record
            elif number > reached:
                yield unreadable(number, "the hash chain does not reach it")
            else:
                reached = chain.follows(record)
                yield record

    def _read_ahead(self, index: int, walked: int) -> None:
        if walked > 0 and not self._stored.has(self._numbers[index]):  # read ahead twice as many each time
            self._stored.fetch(self._numbers[index : index + min(walked, MOST_AHEAD) + 1])


def unreadable(number: int, why: str) -> Record:
    """Return the record that replaces one that cannot be read."""
    return Record(
        schema=SCHEMA, number=number, previous="", at=NEVER, mark="", kind="unreadable", by="", why=f"unreadable: {why}"
    )
