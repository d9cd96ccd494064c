"""The facts of a decision: aliases, journal, metrics, outcomes, and the earlier release's answers to the same rows."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from fairlead.automation import response_policy
from fairlead.automation.responding.alarm_event import Alarm
from fairlead.automation.response_policy import Action, AlarmFacts, Cause, ResponseTerms
from fairlead.aws.release_client import ReleaseClient
from fairlead.drift.counters import slot_of
from fairlead.errors import SettingsError, StorageError
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.records import Record
from fairlead.journal.tail import Tail
from fairlead.model.release import Release
from fairlead.monitoring import replay
from fairlead.quality.metrics import Slots, total
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases import metrics, rollback
from fairlead.releases.context import AliasSnapshot, ReleaseContext
from fairlead.releases.health_check import problem

REQUESTS_OVER = timedelta(minutes=15)
OUTCOMES_OVER = timedelta(days=30)
"""By the time of the prediction, so that outcomes that arrive after weeks are counted."""
MOST_COMPARED = 2_000
"""Labelled rows that the release before answers: enough for the test, and done in seconds."""
RECENT_RECORDS = 200
CAUSES: dict[str, Cause] = {
    "errors": "errors",
    "latency": "latency",
    "throttles": "throttles",
    "quality": "quality",
    "drift": "drift",
}
"""Cause by the last part of the alarm's name, which begins with the stack's."""


class FactGatherer:
    """Gathers the facts of one stack. `ask` opens a release by its number."""

    def __init__(
        self,
        context: ReleaseContext,
        registry: Registry,
        ledger: LedgerReader,
        cloudwatch: Any,
        *,
        ask: Callable[[str], ReleaseClient],
        terms: ResponseTerms,
    ) -> None:
        self._context = context
        self._registry = registry
        self._ledger = ledger
        self._cloudwatch = cloudwatch
        self._ask = ask
        self._terms = terms

    def facts(self, alarm: Alarm, situation: AliasSnapshot, tail: Tail | None) -> AlarmFacts:
        """Return the facts for an alarm's decision; an unknown fact is None. Raises FairleadError.

        `tail` is None if the journal cannot be read; then the release's age is the time since Lambda published it.
        """
        live, records = situation.now, tail.recent(RECENT_RECORDS) if tail else []
        cause = CAUSES.get(alarm.name.rsplit("-", 1)[-1], "other")
        answers, obstacle = self._answers(situation.back, live)
        since = _since(records, live)
        alone_since = None if situation.arriving else since or alarm.at - REQUESTS_OVER
        own = self._own(live, alarm.at, alone_since) if cause in response_policy.TECHNICAL else None
        labelled = self._labelled(live, alarm.at) if cause in response_policy.LEARNABLE else None
        compared = None
        if cause == "quality" and answers and situation.back and (labelled or 0) >= self._terms.fewest_labelled:
            compared = self._compared(situation.back, live, alarm.at)
        return AlarmFacts(
            cause=cause,
            standing=alarm.state == "ALARM",
            live_for=_age(since or _made(live), alarm.at),
            deploying=situation.arriving != "",
            **_lately(records, alarm),
            requests=own.calls if own else None,
            error_share=own.error_share if own else None,
            latency_ms=own.latency_ms if own else None,
            labelled=labelled,
            previous_answers=answers,
            previous_compared=compared,
            obstacle=obstacle,
        )

    def later(self, facts: AlarmFacts, alarm: Alarm, tail: Tail) -> AlarmFacts:
        """Return the facts with the journal's current state: another alarm may have led to an action meanwhile."""
        return msgspec.structs.replace(facts, **_lately(tail.recent(RECENT_RECORDS), alarm))

    def _answers(self, back: Release | None, live: Release) -> tuple[bool, str]:
        """Return whether live can go back to the release before, and the obstacle if it cannot."""
        if back is None or back.model != live.model or int(back.release) >= int(live.release):
            return False, ""
        if back.version in self._retired(back.model or ""):
            return False, f"{back} is retired"
        with suppress(StorageError, SettingsError):  # then the health check decides alone
            found = rollback.obstacle(self._context, self._registry, back)
            if found:
                return False, f"{found.why}; {found.instead}"
        said = problem(self._context.function, back.release)
        return said == "", f"{back} does not answer: {said}" if said else ""

    def _retired(self, model: str) -> frozenset[int]:
        try:
            return retirements.retired(self._registry.objects, model)
        except (StorageError, SettingsError):  # a rollback reports this itself
            return frozenset()

    def _own(self, live: Release, at: datetime, alone_since: datetime | None) -> metrics.Own:
        return metrics.own(
            self._cloudwatch,
            live.release,
            stack=self._context.stack.name,
            function=self._context.function.name,
            since=at - REQUESTS_OVER,
            until=at,
            alone_since=alone_since,
        )

    def _labelled(self, live: Release, at: datetime) -> int:
        return int(total(self._quality(live, at)).get("outcomes", 0))

    def _quality(self, live: Release, at: datetime) -> Slots:
        return self._ledger.quality(live.model or "", live.version, *_slots(at))

    def _compared(self, back: Release, live: Release, at: datetime) -> response_policy.Verdict | None:
        """Compare the release before with live on live's labelled rows; None if their outputs are not comparable."""
        output, why = replay.live_output(self._registry, live, back)
        if why:
            return None
        known = sorted(self._quality(live, at), reverse=True)  # only the slots with outcomes
        labelled = (
            pair for slot in known for pair in self._ledger.labelled(live.model or "", live.version, slot, slot + 1)
        )
        return replay.compare(self._ask(back.release), output, islice(labelled, MOST_COMPARED)).verdict


def _slots(at: datetime) -> tuple[int, int]:
    end = slot_of(int(at.timestamp() * 1000)) + 1
    return end - slot_of(int(OUTCOMES_OVER.total_seconds() * 1000)), end


def _since(records: Sequence[Record], live: Release) -> datetime | None:
    """Return when this release became live, None if these records (newest first) do not hold that."""
    moves = [one for one in records if _moved_live(one) and one.now and one.now.same(live)]
    return moves[-1].effective if moves else None


def _made(live: Release) -> datetime | None:
    """Return when Lambda published this release."""
    try:
        return datetime.fromisoformat(live.modified)
    except ValueError:
        return None


def _lately(records: Sequence[Record], alarm: Alarm) -> dict[str, float | None]:
    """Return the ages in seconds of live's last move, or the decision to move it, and of the last retraining."""
    moved = next((one.effective for one in records if _moved_live(one) or _decided(one, "roll back")), None)
    retrained = next((one.effective for one in records if _decided(one, "retrain")), None)
    return {"since_move": _age(moved, alarm.at), "since_retraining": _age(retrained, alarm.at)}


def _decided(record: Record, action: Action) -> bool:
    evidence = record.evidence
    return record.kind == "decided" and evidence.get("action") == action and not evidence.get("dry_run")


def _moved_live(record: Record) -> bool:
    return record.alias == "live" and record.kind in {"moved", "found", "failed"}


def _age(moment: datetime | None, at: datetime) -> float | None:
    return None if moment is None else max(0.0, (at - moment).total_seconds())
