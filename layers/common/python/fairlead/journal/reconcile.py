"""Reconciliation of the journal with the aliases' real state after a crash or a foreign move: a rule, without I/O."""

from datetime import datetime, timedelta

from fairlead.journal.alias_state import ObservedAliases, RecordedAliases, live_drifts, live_of, previous_drifts
from fairlead.journal.records import Draft, Record

ABANDONED = timedelta(minutes=15)
"""Age at which an open intent counts as abandoned: longer than any command takes from its intent to its first move."""


def correction(standing: RecordedAliases, seen: ObservedAliases, by: str, now: datetime) -> Draft | None:
    """Return the next record that makes the journal agree with the aliases; None if it agrees.

    Call it only while no deployment runs.
    """
    if live_drifts(standing, seen):
        return _found_live(standing, seen, by)
    if previous_drifts(standing, seen):
        was = standing.previous.now if standing.previous else None
        why = "previous differed from the journal's state"
        return Draft(kind="found", alias="previous", was=was, now=seen.previous, by=by, why=why)
    if seen.weights:
        return None
    if standing.live and standing.live.kind == "shifting":  # its end is recorded in seconds, unless the event was lost
        return _found_live(standing, seen, by) if now - standing.live.at >= ABANDONED else None
    abandoned = next((one for one in standing.intents if now - one.at >= ABANDONED), None)
    return _given_up(abandoned, by) if abandoned else None


def _found_live(standing: RecordedAliases, seen: ObservedAliases, by: str) -> Draft:
    said = standing.live
    intent = next((one for one in standing.intents if _leads_to(one, seen)), None)
    return Draft(
        kind="found",
        alias="live",
        was=live_of(said).release if said else intent.was if intent else None,
        now=seen.live,
        weights=seen.weights,
        by=by,
        why=_why(said, intent),
        deployment=said.deployment if said and said.kind == "shifting" else "",
        evidence={"intent": intent.number} if intent else {},
    )


def _leads_to(intent: Record, seen: ObservedAliases) -> bool:
    aimed = intent.now
    return aimed is not None and aimed.life == seen.live.life and aimed.release in {seen.live.release, *seen.weights}


def _why(said: Record | None, intent: Record | None) -> str:
    if intent:
        reason = f": {intent.why}" if intent.why else ""
        return f"completes record {intent.number}, intended by {intent.by}{reason}"
    if said is None:
        return "live was there when the journal began"
    if said.kind == "shifting":
        return f"deployment {said.deployment} has ended; its end was not in the journal"
    return f"live differed from record {said.number}; the journal holds no intent for this move"


def _given_up(intent: Record, by: str) -> Draft:
    why = f"record {intent.number}, intended by {intent.by}, was abandoned: live has not moved"
    return Draft(kind="failed", was=intent.was, now=intent.now, by=by, why=why, evidence={"intent": intent.number})
