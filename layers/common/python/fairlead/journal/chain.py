"""The journal's hash chain: which objects are its records, which one is its head, and what is wrong. Without I/O.

An unreadable object, a copy, or a record that follows another chain is a gap. The next record says how many objects it
skips (`skips`).
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from fairlead.errors import FairleadError, IntegrityError
from fairlead.journal.alias_state import follow, standing_of
from fairlead.journal.records import Record, StatePointers, decode
from fairlead.model.digest import prefixed, sha256_of
from fairlead.registry.hash_chain import Link, longest, near


def read(number: int, data: bytes) -> Record:
    """Return the record under a number; raises IntegrityError or SchemaError for other bytes or another number."""
    record = decode(data)
    if record.number != number:
        raise IntegrityError(f"the object holds record {record.number}")
    return record


def seal(folder: str, data: bytes) -> str:
    """Return the digest by which the next record names a record: the SHA-256 of its folder and its bytes.

    So records copied from another stack's journal do not even follow each other.
    """
    return sha256_of(folder.encode() + b"\n" + data)


def head(folder: str, objects: Mapping[int, bytes], *, whole: bool) -> tuple[int, int]:
    """Return the number of the newest record that the chain reaches, and the chain's length; zeros without a chain.

    `objects` are the newest objects, or all of them (`whole`). Then the chain begins with its first record, or with its
    second if the first was deleted.
    """
    links = []
    for number in sorted(objects):
        with contextlib.suppress(FairleadError):
            links.append(_link(folder, read(number, objects[number]), objects[number]))
    return longest(links, whole=whole)


def follows(record: Record) -> int:
    """Return the number of the record that this record follows; 0 for the first."""
    return record.number - 1 - record.skips


def linked(folder: str, record: Record, data: Callable[[int], bytes]) -> bool:
    """Return whether a record follows the one before it, or the second before it if the nearest was changed since."""
    before = follows(record)
    return (
        _is_first(record)
        or record.previous == seal(folder, data(before))
        or (before > 1 and record.earlier == seal(folder, data(before - 1)))
    )


def check_chain(folder: str, stored: Iterable[tuple[int, bytes]]) -> list[str]:
    """Return a message for every gap and every changed record; `stored` is bytes by number, ascending.

    The newest record has no successor that holds its digest, so a change of it is not detected here.
    """
    objects = dict(stored)
    reached = near(list(objects))
    problems = []
    known: dict[int, Record] = {}
    for before, number in pairwise([0, *reached]):
        problems += _missing(before, number)
        record = _record(number, objects[number], problems)
        if record:
            problems += [*_misplaced(folder, record, objects), *_misled(known, record)]
            known[number] = record
    last, _ = head(folder, {number: objects[number] for number in reached}, whole=True)
    problems += [f"object {number} is not reached by the chain" for number in reached if number > last]
    ahead = objects.keys() - set(reached)
    return problems + [f"object {number} is far ahead and is ignored" for number in sorted(ahead)]


def _link(folder: str, record: Record, data: bytes) -> Link:
    before = follows(record)
    return Link(
        number=record.number,
        sha256=seal(folder, data),
        before=((before, record.previous), (before - 1, record.earlier)),
        first=not record.earlier,
    )


def _is_first(record: Record) -> bool:
    return follows(record) == 0 and not record.previous


def _missing(before: int, number: int) -> list[str]:
    missing = range(before + 1, number)
    if not missing:
        return []
    if len(missing) == 1:
        return [f"record {missing[0]} is missing"]
    return [f"records {missing[0]} to {missing[-1]} are missing"]


def _record(number: int, data: bytes, problems: list[str]) -> Record | None:
    try:
        return read(number, data)
    except FairleadError as error:
        problems.append(f"record {number} cannot be read: {error}")
        return None


def _misplaced(folder: str, record: Record, objects: Mapping[int, bytes]) -> list[str]:
    number, before = record.number, follows(record)
    problems = [f"record {number} skips object {skipped}" for skipped in range(before + 1, number)]
    if before <= 0 and record.previous:
        problems.append(f"record {number} was replaced: it follows an unknown record")
    if before in objects and record.previous != seal(folder, objects[before]):
        problems.append(
            f"record {before} or record {number} was changed: {number} follows {prefixed(record.previous)}, "
            f"but {before} is {prefixed(seal(folder, objects[before]))}"
        )
    return problems


def _misled(known: Mapping[int, Record], record: Record) -> list[str]:
    """Check what a record says of the records before it, if the record it follows is there."""
    number, before = record.number, known.get(follows(record))
    if follows(record) > 0 and before is None:
        return []
    problems = []
    if before and record.at < before.at:
        problems.append(f"record {number} is dated {record.at}, before the record that it follows")
    since = before.since if before else StatePointers()
    if record.since != follow(since, standing_of(since, known), record):
        problems.append(f"record {number} holds a wrong state of the aliases: {record.since}")
    return problems
