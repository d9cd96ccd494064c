"""One chain for all writers, each key once, and few calls for a journal of any length."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from fairlead.errors import ReleaseError, StorageError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft, Record, StatePointers, encode
from fairlead.journal.tail import Tail
from testkit.memory import Memory
from tests.journals import ADA, NOON, STACK, Clock, intended, journal, key_of, moved, release, sealed, shifting

PAGE = 1000


class Counting(Memory):
    """Counts calls as S3 would: a listing is one for each thousand keys."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def get(self, key: str) -> bytes:
        self.calls["get"] += 1
        return super().get(key)

    def put_new(self, key: str, data: bytes) -> bool:
        self.calls["put"] += 1
        return super().put_new(key, data)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        found = list(super().keys(prefix, after=after))
        self.calls["list"] += max(1, -(-len(found) // PAGE))
        return iter(found)


def long_store(count: int) -> Counting:
    """A journal of so many decisions after one release."""
    store, previous, earlier = Counting(), "", ""
    for number in range(1, count + 1):
        said = {"kind": "decided"} if number > 1 else {"kind": "moved", "alias": "live", "now": release(2)}
        record = Record(
            schema=1,
            number=number,
            previous=previous,
            earlier=earlier,
            at=NOON - timedelta(minutes=count - number),
            mark=str(number),
            by=ADA,
            since=StatePointers(live=1),
            **said,
        )
        data = encode(record)
        previous, earlier = sealed(data), previous
        store.objects[key_of(number)] = data
    return store


def decided(key: str = "", **more: str) -> Draft:
    return Draft(kind="decided", by=ADA, key=key, **more)  # type: ignore[arg-type]  # texts only


def test_the_first_record_is_number_one_and_follows_nothing() -> None:
    store = Memory()

    record = journal(store).append(moved(1, 2))

    assert (record.number, record.previous, record.at) == (1, "", NOON)
    assert list(store.objects) == [key_of(1)]


def test_each_record_holds_the_digest_of_the_one_before_it() -> None:
    store = Memory()
    kept = journal(store)
    kept.append(moved(1, 2))

    record = kept.append(moved(2, 3))

    assert record.previous == sealed(store.objects[key_of(1)])
    assert kept.tail() == [record, journal(store).tail()[1]]


def test_time_never_runs_backwards_in_the_journal() -> None:
    """The next writer's clock may be slow."""
    store, clock = Memory(), Clock()
    journal(store, clock).append(moved(1, 2))
    clock.pass_(hours=-1)

    assert journal(store, clock).append(moved(2, 3)).at == NOON


def test_nothing_is_written_before_it_happened() -> None:
    later = NOON + timedelta(seconds=3)

    assert journal(Memory()).append(moved(1, 2, happened=later)).at == later


def test_a_key_is_written_once() -> None:
    store = Memory()
    first = journal(store).append(shifting(2, 3))
    journal(store).append(decided())

    assert journal(store).append(shifting(2, 3, why="again")) == first
    assert len(store.objects) == 2


def test_a_key_is_found_behind_many_newer_records_of_the_same_days() -> None:
    store, clock = Memory(), Clock()
    first = journal(store, clock).append(shifting(2, 3))
    kept = journal(store, clock)
    for _ in range(80):
        clock.pass_(minutes=30)
        kept.append(decided())

    assert journal(store, clock).append(shifting(2, 3)) == first


def test_a_transaction_may_decide_to_write_nothing() -> None:
    store = Memory()

    assert journal(store).append_if(lambda _: None) is None
    assert store.objects == {}


def test_a_refusal_passes_through() -> None:
    def refuse(_: Tail) -> Draft:
        raise ReleaseError("retired")

    with pytest.raises(ReleaseError, match="retired"):
        journal(Memory()).append_if(refuse)


def test_an_overtaken_writer_decides_again() -> None:
    """An intent and a retirement of one version race: the second writer sees the first."""
    store = Memory()
    journal(store).append(moved(1, 2))
    seen: list[int] = []

    def build(tail: Tail) -> Draft | None:
        seen.append(len(tail))
        if any(record.kind == "intended" for record in tail):
            return None
        journal(store).append(intended(2, 3))  # another writer, between the read and the put
        return Draft(kind="retired", by=ADA, model="churn", version=2)

    assert journal(store).append_if(build) is None
    assert seen == [1, 2]
    assert [record.kind for record in journal(store).records()] == ["intended", "moved"]


def test_a_put_whose_answer_was_lost_counts_as_created() -> None:
    class Repeating(Memory):
        """botocore repeats a put, and then finds its own object."""

        def put_new(self, key: str, data: bytes) -> bool:
            super().put_new(key, data)
            return False

    assert journal(Repeating()).append(moved(1, 2)).number == 1


def test_two_records_that_say_the_same_are_two() -> None:
    """Neither writer takes the other's object for its own, though clock and draft are equal."""
    store = Memory()
    overtaken: list[bool] = []

    def build(_: Tail) -> Draft:
        if not overtaken:
            overtaken.append(True)
            journal(store).append(decided())
        return decided()

    record = journal(store).append_if(build)

    assert record is not None
    assert record.number == 2


def test_a_writer_that_is_always_overtaken_raises_storage_error() -> None:
    class Full(Memory):
        """A store in which another writer is always faster."""

        def put_new(self, key: str, data: bytes) -> bool:
            super().put_new(key, data + b" ")
            return False

    with pytest.raises(StorageError, match="were faster"):
        journal(Full()).append(moved(1, 2))


def test_an_object_that_is_no_record_is_skipped() -> None:
    store = Memory()
    store.objects["journal/fairlead/moves/notes.txt"] = b"mine"

    assert journal(store).append(moved(1, 2)).number == 1
    assert journal(store).verify() == []


# --- many writers --------------------------------------------------------------------------------------


def together(journals: Sequence[Journal], keys: Sequence[str]) -> None:
    """Every journal appends every key, all at once."""
    start = threading.Barrier(len(journals))
    failed: list[BaseException] = []

    def write(kept: Journal) -> None:
        start.wait()
        try:
            for key in keys:
                kept.append(decided(key))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(kept,)) for kept in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("shared", [False, True], ids=["each with its own journal", "all with one"])
def test_many_writers_make_one_chain_without_a_gap(shared: bool) -> None:
    store = Memory()
    one = Journal(store, STACK)

    together([one if shared else Journal(store, STACK) for _ in range(12)], [""] * 10)

    assert list(store.objects) == [key_of(number) for number in range(1, 121)]
    assert journal(store).verify() == []


@pytest.mark.parametrize("shared", [False, True], ids=["each with its own journal", "all with one"])
def test_many_writers_write_each_key_once(shared: bool) -> None:
    store = Memory()
    one = Journal(store, STACK)

    together(
        [one if shared else Journal(store, STACK) for _ in range(12)], [f"d-{number}:START" for number in range(10)]
    )

    written = Counter(record.key for record in journal(store).records())
    assert written == Counter(f"d-{number}:START" for number in range(10))
    assert journal(store).verify() == []


# --- a long journal ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ages() -> Counting:
    return long_store(5000)


@pytest.fixture
def long(ages: Counting) -> Counting:
    store = Counting()
    store.objects = dict(ages.objects)
    return store


def test_a_long_journal_takes_an_append_in_a_few_calls(long: Counting) -> None:
    kept = journal(long)

    kept.append(moved(2, 3))
    assert long.calls == {"list": 5, "get": 17, "put": 1}  # the newest ones, and the one with the live release

    kept.append(moved(3, 4))
    assert long.calls == {"list": 6, "get": 17, "put": 2}


@pytest.mark.parametrize(("later", "most"), [(0, 500), (10, 70)])
def test_a_long_journal_takes_a_keyed_append_in_bounded_calls(long: Counting, later: int, most: int) -> None:
    """A record a minute, days ago or just now."""
    clock = Clock()
    clock.pass_(days=later)

    journal(long, clock).append(shifting(2, 3))

    assert long.calls["get"] < most
    assert long.calls["list"] == 5


def test_the_newest_twenty_of_a_long_journal_are_few_reads(long: Counting) -> None:
    assert [record.number for record in journal(long).tail(20)] == list(range(5000, 4980, -1))
    assert long.calls == {"list": 5, "get": 20}


def test_walking_back_reads_ahead_but_not_far(long: Counting) -> None:
    records = journal(long).records()

    assert [next(records).number for _ in range(20)] == list(range(5000, 4980, -1))
    assert long.calls["get"] < 40


def test_live_release_is_known_without_reading_the_whole_journal(long: Counting) -> None:
    standing = journal(long).standing()

    assert standing.live is not None
    assert standing.live.number == 1
    assert long.calls == {"list": 5, "get": 17}


def test_a_whole_long_journal_is_verified_reading_each_record_once(long: Counting) -> None:
    assert journal(long).verify() == []
    assert long.calls == {"list": 6, "get": 5000}  # and one for the retrain function's
