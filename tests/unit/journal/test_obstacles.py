"""Objects in a journal that are not records: no role may delete them, and none may stop a rollback."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft, Record, decode, encode
from testkit.memory import Memory
from tests.journals import ADA, NOON, STACK, Clock, intended, journal, key_of, moved, release, sealed

RECORDS = 8
LATER = NOON + timedelta(days=1)


def written(count: int = RECORDS) -> Memory:
    """A journal in which live goes from release to release, each intended first."""
    store, clock = Memory(), Clock()
    kept = journal(store, clock)
    for number in range(1, count // 2 + 1):
        kept.append(intended(number, number + 1))
        clock.pass_(minutes=5)
        kept.append(moved(number, number + 1))
    return store


def newest(store: Memory) -> Record:
    return decode(store.objects[key_of(RECORDS)])


def forged(store: Memory, number: int, **changes: object) -> bytes:
    """A record in good order that says live is at release 66, and follows the newest one."""
    said = {"number": number, "previous": sealed(store.objects[key_of(RECORDS)]), "now": release(66), "at": LATER}
    return encode(msgspec.structs.replace(newest(store), **said | changes))


def a_schema_of_tomorrow(store: Memory) -> bytes:
    return json.dumps({**json.loads(store.objects[key_of(RECORDS)]), "schema": 2, "number": RECORDS + 1}).encode()


OBSTACLES: dict[str, Callable[[Memory], bytes]] = {
    "nothing": lambda _: b"",
    "an empty object": lambda _: b"{}",
    "a list": lambda _: b"[]",
    "garbage": lambda _: b"\x80\x04garbage",
    "no UTF-8": lambda _: b'{"schema": "\xed\xa0\x80"}',
    "deep nesting": lambda _: b"[" * 200_000,
    "deep objects": lambda _: b'{"a":' * 200_000,
    "an unknown schema": a_schema_of_tomorrow,
    "a copy of the newest record": lambda store: store.objects[key_of(RECORDS)],
    "a copy of the first record": lambda store: store.objects[key_of(1)],
    "a record that follows another": lambda store: forged(store, RECORDS + 1, previous="f" * 64, earlier="e" * 64),
    "a record that follows an older one": lambda store: forged(
        store, RECORDS + 1, previous=sealed(store.objects[key_of(3)]), earlier="", skips=5
    ),
    "a record that follows none": lambda store: forged(store, RECORDS + 1, previous="", earlier="", skips=RECORDS),
}


def live(kept: Journal) -> str:
    said = kept.standing().live
    assert said is not None
    assert said.now is not None
    return said.now.release


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_an_object_under_the_next_number_is_stepped_over(obstacle: str) -> None:
    store = written()
    store.objects[key_of(RECORDS + 1)] = OBSTACLES[obstacle](store)
    kept = journal(store)

    assert kept.last() == RECORDS
    assert live(kept) == "5"
    added = kept.append(moved(5, 4))

    assert (added.number, added.skips) == (RECORDS + 2, 1)
    assert added.previous == sealed(store.objects[key_of(RECORDS)])
    assert live(journal(store)) == "4"
    kinds = [one.kind for one in journal(store).records()]
    assert kinds[:3] == ["moved", "unreadable", "moved"]
    assert kinds.count("unreadable") == 1
    assert [one for one in journal(store).verify() if one.startswith(f"record {RECORDS + 2} skips object")]


@pytest.mark.parametrize("copies", [1, 31, 32, 60])
def test_records_of_another_stack_copied_over_the_head_are_stepped_over(copies: int) -> None:
    store, clock = written(), Clock()
    other = Journal(store, "another", clock=clock, sleep=lambda _: None)
    for number in range(1, 80):
        clock.pass_(minutes=1)
        other.append(moved(100 + number, 101 + number))
    for number in range(RECORDS + 1, RECORDS + 1 + copies):
        store.objects[key_of(number)] = store.objects[f"journal/another/moves/{number:08d}.json"]

    kept = journal(store, clock)
    assert (kept.last(), live(kept)) == (RECORDS, "5")
    added = kept.append(moved(5, 4))
    assert (added.number, added.skips) == (RECORDS + copies + 1, copies)
    assert live(journal(store, clock)) == "4"


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_new_journal_begins_after_foreign_objects(obstacle: str) -> None:
    store = Memory()
    store.objects[key_of(1)] = OBSTACLES[obstacle](written())

    assert journal(store).append(moved(1, 2)).number == 2
    assert journal(store).append(moved(2, 3)).number == 3
    assert live(journal(store)) == "3"


@pytest.mark.parametrize("number", [RECORDS + 2, RECORDS + 900, 90_000, 99_999_999])
@pytest.mark.parametrize("obstacle", ["garbage", "a record that follows the newest"])
def test_objects_far_ahead_are_ignored_until_the_journal_gets_there(number: int, obstacle: str) -> None:
    store = written()
    store.objects[key_of(number)] = b"garbage" if obstacle == "garbage" else forged(store, number)
    kept = journal(store)

    assert [kept.append(moved(5, 4)).number for _ in range(2)] == [
        RECORDS + 1,
        RECORDS + 2 if number != RECORDS + 2 else RECORDS + 3,
    ]
    assert live(kept) == "4"
    assert [problem for problem in journal(store).verify() if str(number) in problem]


def test_a_huge_number_in_an_empty_journal_is_ignored() -> None:
    store = Memory()
    store.objects[key_of(99_999_999)] = encode(
        msgspec.structs.replace(newest(written()), number=99_999_999, previous="", earlier="", skips=99_999_998)
    )

    assert journal(store).append(moved(1, 2)).number == 1


def test_many_objects_in_the_way_are_stepped_over_at_once() -> None:
    store = written()
    for number in range(RECORDS + 1, RECORDS + 2001):
        store.objects[key_of(number)] = b"garbage"
    kept = journal(store)

    assert kept.append(moved(5, 4)).number == RECORDS + 2001
    assert live(journal(store)) == "4"
    assert journal(store).append(moved(4, 3)).number == RECORDS + 2002


def test_records_that_do_not_follow_the_journals_chain_are_ignored() -> None:
    """As if another stack's journal had been copied over this one's end."""
    store, other = written(), written(RECORDS + 6)
    for number in range(RECORDS + 1, RECORDS + 7):
        store.objects[key_of(number)] = other.objects[key_of(number)]
    kept = journal(store)

    assert kept.last() == RECORDS
    assert kept.append(moved(5, 4)).number == RECORDS + 7
    assert [one.kind for one in kept.tail(8)] == ["moved", *["unreadable"] * 6, "moved"]
    found = journal(store).all().who_was_live(NOON + timedelta(hours=5))
    assert found is not None
    assert found.release.release == "4"


def test_an_object_put_there_while_a_record_is_written_is_stepped_over() -> None:
    store = written()

    class Overtaken(Memory):
        """Another client writes garbage under the next record's number."""

        left = 3

        def put_new(self, key: str, data: bytes) -> bool:
            if self.left:
                self.left -= 1
                self.objects[key] = b"{}"
            return super().put_new(key, data)

    racing = Overtaken()
    racing.objects = store.objects

    assert journal(racing).append(moved(5, 4)).number == RECORDS + 4
    assert live(journal(racing)) == "4"


@pytest.mark.parametrize("number", range(1, RECORDS + 1))
@pytest.mark.parametrize("change", ["deleted", "edited", "damaged"])
def test_one_record_that_was_changed_later_takes_no_newer_one_with_it(number: int, change: str) -> None:
    """No role has the rights for such a change. The other records still count, and `verify` names the changed one."""
    store = written()
    if change == "deleted":
        store.objects.pop(key_of(number))
    elif change == "damaged":
        store.objects[key_of(number)] = b"damaged"
    else:
        edited = msgspec.structs.replace(decode(store.objects[key_of(number)]), why="because")
        store.objects[key_of(number)] = encode(edited)
    kept = journal(store)

    kept.append(moved(5, 6))

    assert live(journal(store)) == "6"
    shown = {one.number for one in journal(store).records() if one.kind != "unreadable"}
    if number > 1 and not (change == "deleted" and number == RECORDS):
        assert shown >= set(range(1, RECORDS + 1)) - {number}


def test_the_retrain_function_has_a_folder_of_its_own_and_moves_nothing() -> None:
    store, clock = written(), Clock()
    clock.pass_(minutes=7)
    retraining = Journal(store, STACK, folder="retrain", clock=clock)
    retraining.append(Draft(kind="decided", by=ADA, model="churn", version=4))
    clock.pass_(minutes=1)
    retraining.append(moved(5, 66))
    store.objects[key_of(3, "retrain")] = b"{}"
    clock.pass_(minutes=1)
    retraining.append(Draft(kind="decided", by=ADA, model="churn", version=5))

    kept = journal(store)

    assert live(kept) == "5"
    labels = [(entry.label, entry.record.kind) for entry in kept.history()]
    assert [label for label, _ in labels[:6]] == ["8", "7", "6", "5", "4", "retrain/4"]
    assert labels[5][1] == "decided"
    assert ("retrain/3", "unreadable") in labels
    assert ("retrain/2", "unreadable") in labels
    assert len(labels) == RECORDS + 4
    assert "retrain: record 3 cannot be read" in "; ".join(kept.verify())


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_objects_in_the_retrain_folder_stop_neither_it_nor_the_journal(obstacle: str) -> None:
    store = written()
    store.objects[key_of(1, "retrain")] = OBSTACLES[obstacle](store)
    store.objects[key_of(99_999_999, "retrain")] = b"{}"
    kept = journal(store)

    kept.append(moved(5, 4))
    Journal(store, STACK, folder="retrain").append(Draft(kind="decided", by=ADA))

    assert [entry.label for entry in kept.history()].count("retrain/2") == 1
    assert len(list(kept.history())) == RECORDS + 3


def test_two_stacks_in_one_bucket_have_a_journal_each() -> None:
    store = Memory()
    for stack in ("fairlead", "fairlead-prod"):
        Journal(store, stack).append(moved(1, 2))

    assert [one.number for one in Journal(store, "fairlead").records()] == [1]
    assert Journal(store, "fairlead-prod").verify() == []


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(sorted(OBSTACLES))), max_size=12))
def test_whatever_is_put_in_the_way_every_move_is_recorded_in_order(steps: list[tuple[int, str]]) -> None:
    store = written()
    known = written()
    expected = []
    for at, (ahead, obstacle) in enumerate(steps):
        number = journal(store).last() + 1 + ahead
        obstructing = OBSTACLES[obstacle](known).replace(b'"number": 9,', f'"number": {number},'.encode())
        store.put_new(key_of(number), obstructing)
        expected.append(journal(store).append(moved(at + 5, at + 6)).now)

    kept = journal(store)
    labels = [one.now for one in _readable(kept)][: len(expected)]
    assert labels == expected[::-1]
    assert live(kept) == str(len(steps) + 5)


def _readable(kept: Journal) -> Iterator[Record]:
    return (one for one in kept.records() if one.kind != "unreadable")
