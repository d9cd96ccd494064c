"""After a crash between moving an alias and recording it, the next command writes the missing record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from fairlead.errors import StorageError
from fairlead.journal.alias_state import ObservedAliases, drift
from fairlead.journal.records import Draft, Record
from testkit.memory import Memory
from tests.journals import ADA, BOB, Clock, intended, journal, moved, release, shifting


class Killed(Memory):
    """Dies at its call number `left`, before or after the effect."""

    def __init__(self, store: Memory, left: int, *, after: bool) -> None:
        super().__init__()
        self.objects = store.objects
        self.left = left
        self.after = after

    def get(self, key: str) -> bytes:
        with self._call():
            return super().get(key)

    def put_new(self, key: str, data: bytes) -> bool:
        with self._call():
            return super().put_new(key, data)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        with self._call():
            return super().keys(prefix, after=after)

    @contextmanager
    def _call(self) -> Iterator[None]:
        last = self.left == 0
        self.left -= 1
        if last and not self.after:
            raise StorageError("killed")
        yield
        if last:
            raise StorageError("killed")


class Aliases:
    """The real aliases, and a command that moves them as a release does."""

    def __init__(self) -> None:
        self.live, self.previous = 2, 1

    def release(self, store: Memory, *, kill: int = 99) -> None:
        """Intend, move previous, record, move live, record; dies before the step numbered `kill`."""
        kept = journal(store)
        steps: list[Callable[[], object]] = [
            lambda: kept.append(intended(2, 3, why="better recall")),
            lambda: setattr(self, "previous", 2),
            lambda: kept.append(moved(1, 2, alias="previous")),
            lambda: setattr(self, "live", 3),
            lambda: kept.append(moved(2, 3)),
        ]
        for step in steps[:kill]:
            step()

    def seen(self) -> ObservedAliases:
        return ObservedAliases(live=release(self.live), weights={}, previous=release(self.previous))


def reconcile(
    store: Memory, seen: ObservedAliases, clock: Clock | None = None, *, known: int | None = None
) -> Record | None:
    return journal(store, clock).reconcile(seen.live, seen.weights, seen.previous, BOB, known=known)


@pytest.fixture
def store() -> Memory:
    """Release 2 is live."""
    made = Memory()
    journal(made).append(moved(1, 2))
    return made


@pytest.mark.parametrize("step", range(6))
def test_release_killed_at_any_step_is_in_the_journal_after_the_next_command(store: Memory, step: int) -> None:
    aliases = Aliases()
    aliases.release(store, kill=step)

    reconcile(store, aliases.seen())

    kept = journal(store)
    assert drift(kept.standing(), aliases.seen()) == []
    assert kept.verify() == []
    assert reconcile(store, aliases.seen()) is None


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(12))
@pytest.mark.parametrize("step", range(6))
def test_healing_may_die_too(store: Memory, step: int, call: int, after: bool) -> None:
    """The reconciling command dies at any call to the store, before or after its effect; the next one completes it."""
    aliases = Aliases()
    aliases.release(store, kill=step)
    seen = aliases.seen()

    with suppress(StorageError):
        reconcile(Killed(store, call, after=after), seen)
    reconcile(store, seen)

    kept = journal(store)
    assert drift(kept.standing(), seen) == []
    assert kept.verify() == []
    found = [one for one in kept.records() if one.kind == "found" and one.alias == "live"]
    assert len(found) == (1 if step == 4 else 0)


def test_found_move_names_the_intent_that_it_completes(store: Memory) -> None:
    aliases = Aliases()
    aliases.release(store, kill=4)

    record = reconcile(store, aliases.seen())

    assert record is not None
    assert (record.kind, record.was, record.now, record.by) == ("found", release(2), release(3), BOB)
    assert record.why == f"completes record 2, intended by {ADA}: better recall"
    assert record.evidence == {"intent": 2}
    assert journal(store).standing().intents == ()


def test_a_move_without_an_intent_is_recorded_as_found(store: Memory) -> None:
    record = reconcile(store, ObservedAliases(live=release(7), weights={"8": 0.2}, previous=release(2)))

    assert record is not None
    assert record.why == "live differed from record 1; the journal holds no intent for this move"
    assert record.weights == {"8": 0.2}
    assert [one.alias for one in journal(store).tail(2)] == ["previous", "live"]


def test_journal_of_a_stack_without_one_begins_with_the_live_release() -> None:
    store = Memory()

    record = reconcile(store, ObservedAliases(live=release(4), weights={}, previous=release(3)))

    assert record is not None
    assert (record.number, record.was, record.now) == (1, None, release(4))
    assert record.why == "live was there when the journal began"


def test_a_stack_without_a_release_needs_no_record() -> None:
    assert reconcile(Memory(), ObservedAliases(live=release(1), weights={}, previous=release(1))) is None


def test_a_snapshot_older_than_the_newest_record_is_not_recorded(store: Memory) -> None:
    """Ada moves live and records it after Bob read the aliases, and before he reads the journal."""
    known = journal(store).last()
    before = Aliases().seen()
    journal(store).append(moved(2, 3))

    assert reconcile(store, before, known=known) is None


def test_a_young_intent_is_left_to_its_author(store: Memory) -> None:
    aliases, clock = Aliases(), Clock()
    aliases.release(store, kill=1)
    clock.pass_(minutes=14)

    assert reconcile(store, aliases.seen(), clock) is None
    assert [one.number for one in journal(store).standing().intents] == [2]


def test_an_intent_that_led_to_nothing_is_ended_in_time(store: Memory) -> None:
    """A version that an open intent names cannot be retired."""
    aliases, clock = Aliases(), Clock()
    aliases.release(store, kill=1)
    clock.pass_(minutes=15)

    record = reconcile(store, aliases.seen(), clock)

    assert record is not None
    assert (record.kind, record.alias, record.now) == ("failed", "", release(3))
    standing = journal(store).standing()
    assert standing.intents == ()
    assert standing.live is not None
    assert standing.live.now == release(2)


def test_every_intent_that_led_to_nothing_is_ended(store: Memory) -> None:
    clock = Clock()
    for number in (3, 4, 5):
        journal(store).append(intended(2, number))
    clock.pass_(hours=1)

    reconcile(store, ObservedAliases(live=release(2), weights={}, previous=release(1)), clock)

    assert journal(store).standing().intents == ()


def test_a_shift_of_which_the_end_is_seconds_old_is_left_to_its_event(store: Memory) -> None:
    journal(store).append(shifting(2, 3))

    assert reconcile(store, ObservedAliases(live=release(2), weights={}, previous=release(1))) is None


@pytest.mark.parametrize("number", [2, 3])
def test_a_shift_of_which_the_end_got_lost_is_found_where_it_ended(store: Memory, number: int) -> None:
    clock = Clock()
    journal(store).append(shifting(2, 3))
    clock.pass_(hours=2)

    record = reconcile(store, ObservedAliases(live=release(number), weights={}, previous=release(1)), clock)

    assert record is not None
    assert (record.kind, record.now, record.deployment) == ("found", release(number), "d-1")
    assert record.why == "deployment d-1 has ended; its end was not in the journal"


def test_news_of_a_move_that_was_found_already_changes_nothing(store: Memory) -> None:
    clock = Clock()
    journal(store, clock).append(shifting(2, 3))
    ended = clock.pass_(minutes=10)
    clock.pass_(minutes=1)
    reconcile(store, ObservedAliases(live=release(3), weights={}, previous=release(2)), clock)
    clock.pass_(minutes=1)

    event = Draft(kind="moved", alias="live", by="codedeploy", was=release(2), now=release(3), happened=ended)
    journal(store, clock).append(event)

    assert drift(journal(store).standing(), ObservedAliases(live=release(3), weights={}, previous=release(2))) == []
