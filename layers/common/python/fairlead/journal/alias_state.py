"""The aliases' state by the journal: rules over records, without I/O.

A record counts from the time it took effect, not from the time it was written. CodeDeploy's events may arrive late and
out of order, and a late event of an old move must not override a newer move.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from fairlead.journal.records import Draft, Record, StatePointers
from fairlead.model.release import Release

ENDS = frozenset({"moved", "failed", "found"})
NO_RECORD = "no record"


class ObservedAliases(msgspec.Struct, frozen=True, kw_only=True):
    """The aliases' real state, as read from Lambda. `previous` is None if its version is unknown."""

    live: Release
    weights: dict[str, float]
    previous: Release | None


class RecordedAliases(msgspec.Struct, frozen=True, kw_only=True):
    """The aliases' state by the journal: the record that sets each alias, and every open intent, newest first."""

    live: Record | None = None
    previous: Record | None = None
    intents: tuple[Record, ...] = ()


class LiveAt(msgspec.Struct, frozen=True, kw_only=True):
    """The release of `live` at a time, the traffic shares of others (0–1), and the record of it."""

    release: Release
    weights: dict[str, float]
    record: Record


def says_live(record: Draft) -> bool:
    """Return whether the record sets the state of `live`."""
    if record.alias != "live" or _position(record) is None:
        return False
    return record.kind in {"moved", "found", "shifting"} or (record.kind == "failed" and bool(record.deployment))


def says_previous(record: Draft) -> bool:
    """Return whether the record sets the state of `previous`."""
    return record.alias == "previous" and record.kind in {"moved", "found"} and record.now is not None


def live_of(record: Record) -> LiveAt:
    """Return the state of `live` by a record; raises ValueError for a record that does not set it."""
    release = _position(record)
    if release is None:
        raise ValueError(f"record {record.number} does not set the state of live")
    return LiveAt(release=release, weights=record.weights, record=record)


def follow(before: StatePointers, standing: RecordedAliases, record: Record) -> StatePointers:
    """Return the pointers after a record, from those before it."""
    return StatePointers(
        live=record.number if says_live(record) and not _older(record, standing.live) else before.live,
        previous=record.number if says_previous(record) else before.previous,
        intents=_intents(standing.intents, record),
    )


def who_was_live(records: Iterable[Record], at: datetime) -> LiveAt | None:
    """Return the release that was live at a time, from records newest first; None before the first record of `live`."""
    best: Record | None = None
    for record in records:
        if best and record.at <= best.effective and record.kind != "unreadable":
            break  # all older records took effect before `best`
        if says_live(record) and record.effective <= at and not (best and _older(record, best, or_equal=True)):
            best = record
    return live_of(best) if best else None


def live_since(records: Iterable[Record], release: Release) -> datetime | None:
    """Return since when a release has been live, from records newest first; None if the newest says otherwise.

    A canary, or a deployment that failed, does not end the time of the release that stays.
    """
    since: datetime | None = None
    for record in filter(says_live, records):
        if not live_of(record).release.same(release):
            break
        since = record.effective if since is None else min(since, record.effective)
        if record.kind == "moved":
            break
    return since


def drift(standing: RecordedAliases, seen: ObservedAliases) -> list[str]:
    """Return a message for each alias whose real state differs from the journal's."""
    problems = []
    if not _live_agrees(standing.live, seen):
        problems.append(f"live is at {_shares(seen.live, seen.weights)}; the journal says: {_said(standing.live)}")
    said = standing.previous.now if standing.previous else None
    if seen.previous and _moved(said, seen.previous):
        problems.append(f"previous is at {seen.previous}; the journal says: {said or NO_RECORD}")
    return problems


def live_drifts(standing: RecordedAliases, seen: ObservedAliases) -> bool:
    """Return whether `live` differs from the journal's state; during a shift, any traffic share agrees."""
    return not _live_agrees(standing.live, seen)


def previous_drifts(standing: RecordedAliases, seen: ObservedAliases) -> bool:
    """Return whether `previous` differs from the journal's state."""
    return seen.previous is not None and _moved(standing.previous.now if standing.previous else None, seen.previous)


def standing_of(since: StatePointers, records: Mapping[int, Record]) -> RecordedAliases:
    """Return the state that the pointers name; a missing or unreadable record counts as none."""
    live, previous = records.get(since.live), records.get(since.previous)
    intents = [records[number] for number in sorted(since.intents, reverse=True) if number in records]
    return RecordedAliases(
        live=live if live and says_live(live) else None,
        previous=previous if previous and says_previous(previous) else None,
        intents=tuple(intent for intent in intents if intent.kind == "intended"),
    )


def _position(record: Draft) -> Release | None:
    return record.was if record.kind in {"shifting", "failed"} else record.now


def _older(record: Record, than: Record | None, *, or_equal: bool = False) -> bool:
    if than is None:
        return False
    return record.effective < than.effective or (or_equal and record.effective == than.effective)


def _intents(standing: Sequence[Record], record: Record) -> tuple[int, ...]:
    """Return the open intents after a record: one that ends a move ends every intent of the same release."""
    ended = record.now if record.kind in ENDS and record.alias != "previous" else None
    left = [one.number for one in standing if ended is None or one.now is None or not one.now.same(ended)]
    return tuple(sorted([*left, record.number] if record.kind == "intended" else left))


def _live_agrees(said: Record | None, seen: ObservedAliases) -> bool:
    if _moved(_position(said) if said else None, seen.live):
        return False
    if said is None:
        return True
    if said.kind == "shifting":
        return not seen.weights or set(seen.weights) == {said.now.release if said.now else ""}
    return set(seen.weights) == set(said.weights)


def _moved(said: Release | None, seen: Release) -> bool:
    if said is None or said.life != seen.life:
        return seen.model is not None  # without a model it is the version on which CloudFormation makes the aliases
    return (said.release, said.digest) != (seen.release, seen.digest)


def _said(said: Record | None) -> str:
    if said is None:
        return NO_RECORD
    standing = live_of(said)
    moving = f", shifting to {said.now}" if said.kind == "shifting" else ""
    return f"{_shares(standing.release, standing.weights)}{moving} (record {said.number})"


def _shares(release: Release, weights: Mapping[str, float]) -> str:
    return str(release) + "".join(f" and {share:.0%} at release {number}" for number, share in weights.items())
