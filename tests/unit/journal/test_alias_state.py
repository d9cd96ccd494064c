"""The aliases' state by the journal, for events in any order; and the problems of a broken chain."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from fairlead.journal.alias_state import LiveAt, ObservedAliases, drift, live_since, who_was_live
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft, decode, encode
from fairlead.model.release import Release
from testkit.memory import Memory
from tests.journals import ADA, NOON, Clock, intended, journal, key_of, moved, release, shifting


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def written(*drafts: tuple[float, Draft]) -> Journal:
    """A journal in which each draft was written so many minutes after noon."""
    clock = Clock()
    kept = journal(Memory(), clock)
    for minutes, draft in drafts:
        clock.now = at(minutes)
        kept.append(draft)
    return kept


def live(kept: Journal, minutes: float) -> str:
    """The release that was live then, and the shares of others."""
    found = who_was_live(kept.records(), at(minutes))
    if found is None:
        return "unknown"
    return found.release.release + "".join(f" + {share:.0%} {other}" for other, share in found.weights.items())


def seen(number: int, previous: int | None = None, **weights: float) -> ObservedAliases:
    shares = {other.removeprefix("r"): share for other, share in weights.items()}
    return ObservedAliases(live=release(number), weights=shares, previous=release(previous) if previous else None)


def failed(was: int, now: int, **more: Any) -> Draft:
    return moved(was, now, **{"kind": "failed", "by": "codedeploy", "deployment": "d-1", **more})


def test_nothing_is_known_before_the_first_move() -> None:
    kept = written((0, moved(1, 2)))

    assert live(kept, -1) == "unknown"
    assert live(kept, 0) == "2"


def test_a_canary_is_live_beside_the_old_release_until_it_ends() -> None:
    kept = written((0, moved(1, 2)), (10, shifting(2, 3, weights={"3": 0.1})), (15, moved(2, 3, by="codedeploy")))

    assert [live(kept, minutes) for minutes in (9, 10, 14.9, 15)] == ["2", "2 + 10% 3", "2 + 10% 3", "3"]


def test_a_failed_deployment_leaves_live_where_it_was() -> None:
    kept = written((0, moved(1, 2)), (10, shifting(2, 3, weights={"3": 0.1})), (12, failed(2, 3)))

    assert live(kept, 13) == "2"


def test_a_canary_and_its_failure_do_not_change_since_when_the_old_release_is_live() -> None:
    kept = written((0, moved(1, 2)), (10, shifting(2, 3, weights={"3": 0.1})))
    assert live_since(kept.records(), release(2)) == at(0)
    kept.append(failed(2, 3))
    assert live_since(kept.records(), release(2)) == at(0)
    assert live_since(kept.records(), release(3)) is None
    assert live_since(written((0, moved(1, 2)), (15, moved(2, 3))).records(), release(3)) == at(15)


def test_deployment_stopped_half_way_leaves_its_weights() -> None:
    kept = written((0, moved(1, 2)), (10, shifting(2, 3)), (12, failed(2, 3, weights={"3": 0.1})))

    assert live(kept, 13) == "2 + 10% 3"


def test_an_attempt_that_moved_nothing_says_nothing_of_live() -> None:
    """Of two concurrent rollbacks the second fails, after the first has moved live."""
    second = Draft(kind="failed", by=ADA, was=release(3), now=release(2), why="another client moved it")
    kept = written((0, moved(1, 2)), (5, moved(2, 3)), (10, moved(3, 2)), (10, second))

    assert live(kept, 11) == "2"
    assert kept.standing().live == kept.tail()[1]


def test_a_late_event_counts_from_its_own_time() -> None:
    """CodeDeploy ended at 10; an operator rolled back at 12; the event came at 20."""
    late = moved(2, 3, by="codedeploy", happened=at(10))
    kept = written((0, moved(1, 2)), (12, moved(3, 2)), (20, late))

    assert [live(kept, minutes) for minutes in (9, 10, 11.9, 12, 21)] == ["2", "3", "3", "2", "2"]
    said = kept.standing().live
    assert said is not None
    assert said.number == 2


def test_the_journal_answers_as_the_rule_does_over_all_its_records() -> None:
    """The journal skips years of records by bisection, and must not skip late records."""
    drafts = [(1440.0 * day, moved(day + 1, day + 2)) for day in range(40)]
    drafts.insert(21, (1440.0 * 20 + 30, moved(21, 50, happened=at(1440.0 * 19 + 60))))
    kept = written(*drafts)
    tail = kept.all()

    for minutes in [*range(-1000, 1440 * 41, 360), 1440.0 * 19 + 61]:
        assert tail.who_was_live(at(minutes)) == who_was_live(list(tail), at(minutes))
    assert live(kept, 1440.0 * 19 + 61) == "50"


def test_moves_of_previous_are_distinguished_from_moves_of_live() -> None:
    kept = written((0, moved(1, 2)), (5, moved(1, 2, alias="previous")), (6, moved(2, 3)))
    standing = kept.standing()

    assert standing.live is not None
    assert standing.previous is not None
    assert (standing.live.now, standing.previous.now) == (release(3), release(2))


@pytest.mark.parametrize("end", [moved(1, 2), failed(1, 2), failed(1, 2, alias="", deployment="")], ids=str)
def test_an_intent_is_open_until_its_release_arrives_or_fails(end: Draft) -> None:
    kept = written((0, intended(1, 2)), (1, moved(1, 1, alias="previous")))
    assert [one.number for one in kept.standing().intents] == [1]

    kept.append(end)

    assert kept.standing().intents == ()


def test_another_releases_end_leaves_an_intent_open() -> None:
    kept = written((0, intended(1, 2)), (1, intended(1, 3)), (2, moved(1, 3)))

    assert [one.number for one in kept.standing().intents] == [1]


# --- drift ---------------------------------------------------------------------------------------------


def test_a_stack_as_it_was_deployed_needs_no_record() -> None:
    assert drift(journal(Memory()).standing(), seen(1, 1)) == []


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        (moved(1, 2), seen(2)),
        (shifting(2, 3), seen(2)),
        (shifting(2, 3, weights={"3": 0.1}), seen(2, r3=0.4)),
        (failed(2, 3), seen(2)),
    ],
    ids=["arrived", "before traffic", "a linear shift goes on", "failed"],
)
def test_aliases_where_the_journal_says_do_not_drift(draft: Draft, found: ObservedAliases) -> None:
    assert drift(written((0, draft)).standing(), found) == []


@pytest.mark.parametrize(
    ("draft", "found", "words"),
    [
        (moved(1, 2), seen(3), "live is at release 3 (churn version 2); the journal says: release 2 (churn version 1)"),
        (moved(1, 2), seen(2, r3=0.1), "and 10% at release 3"),
        (shifting(2, 3), seen(2, r4=0.1), "and 10% at release 4"),
        (failed(2, 3), seen(2, r3=0.1), "and 10% at release 3"),
        (
            moved(1, 2, alias="previous"),
            seen(1, 3),
            "previous is at release 3 (churn version 2); the journal says: rel",
        ),
        (moved(1, 2), seen(2, 3), "previous is at release 3 (churn version 2); the journal says: no record"),
    ],
)
def test_an_alias_elsewhere_is_named(draft: Draft, found: ObservedAliases, words: str) -> None:
    problems = drift(written((0, draft)).standing(), found)

    assert len(problems) == 1
    assert words in problems[0]


def test_a_release_number_that_holds_another_model_is_drift() -> None:
    """A stack that was deleted and deployed again numbers its versions from 1 again."""
    other: Release = msgspec.structs.replace(release(2), digest="sha256:other")

    assert drift(written((0, moved(1, 2))).standing(), ObservedAliases(live=other, weights={}, previous=None))


# --- the chain -----------------------------------------------------------------------------------------

Tamper = Callable[[Memory], None]


def edit(number: int, **change: Any) -> Tamper:
    def tamper(store: Memory) -> None:
        key = key_of(number)
        store.objects[key] = encode(msgspec.structs.replace(decode(store.objects[key]), **change))

    return tamper


def remove(*numbers: int) -> Tamper:
    def tamper(store: Memory) -> None:
        for number in numbers:
            store.objects.pop(key_of(number))

    return tamper


def swap(one: int, other: int) -> Tamper:
    def tamper(store: Memory) -> None:
        first, second = key_of(one), key_of(other)
        store.objects[first], store.objects[second] = store.objects[second], store.objects[first]

    return tamper


def put(number: int, data: bytes) -> Tamper:
    return lambda store: store.objects.update({key_of(number): data})


def full(moves: int = 4) -> Memory:
    store, clock = Memory(), Clock()
    kept = journal(store, clock)
    for number in range(1, moves + 1):
        kept.append(intended(number, number + 1))
        clock.pass_(minutes=5)
        kept.append(moved(number, number + 1))
    return store


def test_an_unchanged_journal_has_no_problem() -> None:
    assert journal(full()).verify() == []


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (edit(3, why="not asked for"), "record 3 or record 4 was changed"),
        (edit(1, by="arn:aws:iam::1:user/eve"), "record 1 or record 2 was changed"),
        (edit(4, at=NOON), "record 4 is dated"),
        (edit(8, previous="f" * 64), "record 7 or record 8 was changed"),
        (edit(8, now=release(9), alias="previous"), "record 8 holds a wrong state of the aliases"),
        (edit(1, previous="f" * 64), "record 1 was replaced"),
        (remove(3), "record 3 is missing"),
        (remove(1), "record 1 is missing"),
        (remove(3, 4, 5), "records 3 to 5 are missing"),
        (swap(3, 4), "record 3 cannot be read: the object holds record 4"),
        (swap(2, 6), "record 6 cannot be read: the object holds record 2"),
        (put(5, b"{}"), "record 5 cannot be read"),
        (put(5, b""), "record 5 cannot be read"),
        (put(8, b"gone"), "record 8 cannot be read"),
    ],
)
def test_a_record_that_was_tampered_with_is_named(tamper: Tamper, words: str) -> None:
    store = full()

    tamper(store)

    assert [problem for problem in journal(store).verify() if problem.startswith(words)], journal(store).verify()


@pytest.mark.parametrize("number", range(1, 9))
def test_a_damaged_record_neither_hides_the_others_nor_stops_a_rollback(number: int) -> None:
    store = full()
    store.objects[key_of(number)] = b"damaged"
    kept = journal(store)

    added = kept.append(moved(5, 4))

    assert added.number == 9
    assert [one.number for one in kept.records()] == list(range(9, 0, -1))
    assert [one.kind for one in kept.records()].count("unreadable") == 1
    found: LiveAt | None = kept.all().who_was_live(at(60))
    assert found is not None
    assert found.release == release(4)


def test_a_record_taken_away_while_it_is_read_is_unreadable() -> None:
    store = full(moves=40)
    kept = journal(store)
    tail = kept.all()
    store.objects.pop(key_of(6))  # long ago: not read yet

    assert [one.kind for one in tail if one.number == 6] == ["unreadable"]
