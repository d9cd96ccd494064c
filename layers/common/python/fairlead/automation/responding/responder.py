"""From an alarm to a decision, its journal record, an action and a message to subscribers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.automation import response_policy
from fairlead.automation.responding.alarm_event import Alarm, alarm_of
from fairlead.automation.responding.facts import FactGatherer
from fairlead.automation.response_policy import AlarmFacts, Decision, ResponseTerms
from fairlead.errors import FairleadError, StorageError
from fairlead.journal.records import Draft, Record
from fairlead.journal.tail import REPEATED, Tail
from fairlead.model.release import Release
from fairlead.registry.store import Registry
from fairlead.releases import rollback
from fairlead.releases.context import ReleaseContext, read_aliases
from fairlead.telemetry import emit


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and its outcome, which is empty if there was nothing to do.

    `record` is None if the journal could not be written; then a rollback is the only possible action.
    """

    record: Record | None
    decision: Decision
    outcome: str


class Responder:
    """Responds to one stack's alarms: `retrain` starts a retraining, `notify` notifies subscribers.

    Without `act` it is a dry run: it decides, records and notifies, but does not act.
    """

    def __init__(
        self,
        context: ReleaseContext,
        registry: Registry,
        gatherer: FactGatherer,
        *,
        retrain: Callable[[str, str], None],
        notify: Callable[[str, str], None],
        terms: ResponseTerms,
        act: bool,
    ) -> None:
        self._context = context
        self._registry = registry
        self._gatherer = gatherer
        self._retrain = retrain
        self._notify = notify
        self._terms = terms
        self._act = act

    def respond(self, event: dict[str, Any]) -> Response | None:
        """Decide about one alarm, act, and notify subscribers; None if this alarm was decided before."""
        alarm = alarm_of(event)
        key = f"{alarm.arn}@{alarm.at.isoformat()}"
        tail = self._read_journal()
        if tail and tail.keyed(key, alarm.at - REPEATED):
            return None
        situation = read_aliases(self._context)
        facts = self._gatherer.facts(alarm, situation, tail)
        claimed = self._claim(alarm, key, situation.now, facts)
        if claimed is None:
            return None
        record, decision = claimed
        outcome = self._carry_out(decision, situation.now) if self._act else "dry run: nothing was done"
        if record is None:
            outcome = f"the journal could not be written, so it does not hold this decision; {outcome}"
        self._notify(f"{alarm.name}: {decision.action}", _text(alarm, situation.now, decision, outcome, facts.obstacle))
        return Response(record=record, decision=decision, outcome=outcome)

    def _read_journal(self) -> Tail | None:
        """Return the journal; None if it cannot be read, because a rollback must work without it."""
        try:
            return self._context.journal.all()
        except StorageError as error:
            emit.logger.error("the journal cannot be read", reason=str(error))
            return None

    def _claim(self, alarm: Alarm, key: str, live: Release, facts: AlarmFacts) -> tuple[Record | None, Decision] | None:
        """Decide and write the decision into the journal; None if another delivery of the alarm was faster.

        If another alarm was faster, the decision counts its action, so that two alarms do not act twice. If the journal
        cannot be written, a rollback is still done, because it is idempotent. No other action is done without a record.
        """
        by, decided = self._context.by(), list[Decision]()

        def build(tail: Tail) -> Draft | None:
            if tail.keyed(key, datetime.now(UTC) - REPEATED):
                return None
            known = self._gatherer.later(facts, alarm, tail)
            decided[:] = [response_policy.decide(known, self._terms)]
            return _draft(alarm, key, live, known, decided[0], by=by, act=self._act)

        try:
            record = self._context.journal.append_if(build)
        except StorageError as error:
            emit.logger.error("the journal was not written", reason=str(error))
            decision = response_policy.decide(facts, self._terms)
            if decision.action != "roll back":
                raise
            return None, decision
        return None if record is None else (record, decided[0])

    def _carry_out(self, decision: Decision, live: Release) -> str:
        try:
            if decision.action == "roll back":
                done = rollback.roll_back(
                    self._context, self._registry, live.model or "", away_from=live.release, reason=decision.why
                )
                return "; ".join((f"live: {done.live}, was {done.was}", *done.doubts))
            if decision.action == "retrain":
                self._retrain(live.model or "", decision.why)
                return f"a retraining of {live.model} was started"
        except FairleadError as error:
            return f"{decision.action} failed: {error}" + (f"; {error.hint}" if error.hint else "")
        return ""


def _draft(
    alarm: Alarm, key: str, live: Release, facts: AlarmFacts, decision: Decision, *, by: str, act: bool
) -> Draft:
    evidence = {
        "action": decision.action,
        "rule": decision.rule,
        "alarm": alarm.name,
        "state": alarm.state,
        "reason": alarm.reason,
        "facts": msgspec.to_builtins(facts),
    }
    return Draft(
        kind="decided",
        by=by,
        why=f"{alarm.name}: {decision.action}, because {decision.why}",
        was=live,
        key=key,
        happened=alarm.at,
        model=live.model or "",
        version=live.version,
        evidence=evidence if act else evidence | {"dry_run": True},
    )


def _text(alarm: Alarm, live: Release, decision: Decision, outcome: str, obstacle: str) -> str:
    lines = [
        f"Alarm {alarm.name} is {alarm.state}: {alarm.reason}",
        f"Live is {live}.",
        f"Decision: {decision.action}, because {decision.why} (rule: {decision.rule}).",
        *([f"A rollback is not possible: {obstacle}."] if obstacle else []),
        *([f"Outcome: {outcome}."] if outcome else []),
        f"`fairlead history {live.model or 'NAME'}` has the evidence.",
    ]
    return "\n".join(lines)
