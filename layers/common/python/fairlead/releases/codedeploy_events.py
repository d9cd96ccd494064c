"""CodeDeploy's state-change events as journal records: the event names the deployment, CodeDeploy gives its state.

Events arrive at least once, late and in any order. So an event is only a trigger: each state that its deployment has
reached by now is written, oldest first, each once. The time of each state is CodeDeploy's, not the event's.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.aws.codedeploy import Deployment, Deployments
from fairlead.aws.lambda_function import PredictFunction
from fairlead.errors import NotFoundError
from fairlead.journal.journal import Journal
from fairlead.journal.records import CODEDEPLOY, Described, Draft, Record, parse_deployment
from fairlead.journal.tail import Tail
from fairlead.model.release import Release
from fairlead.releases.restore import Restorer
from fairlead.settings import Recording

STATES = {"Succeeded": "SUCCESS", "Failed": "FAILURE", "Stopped": "STOP"}
"""Final statuses of a deployment, as state-change events name them."""

FOREIGN = "a deployment that Fairlead did not start"


class Detail(msgspec.Struct):
    """The fields used of a state-change event; its state is not used, because it may be outdated."""

    deployment: str = msgspec.field(name="deploymentId")
    application: str
    group: str = msgspec.field(name="deploymentGroup")


Drafted = Callable[["RecordedShift", Tail], Draft]


class RecordedShift(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment and its move of `live` from `was` to `now`, None where unknown.

    `undone` is the deployment that it rolls back; `left` is the share of calls (0–1) that stayed at `now` by release.
    """

    deployment: Deployment
    was: Release | None
    now: Release | None
    left: dict[str, float]
    ours: bool
    undone: Deployment | None

    @property
    def owed(self) -> Release | None:
        """The release that live must name again; None unless the deployment failed and no rollback is to come."""
        over = not self.deployment.running and not self.deployment.rollback and not self.deployment.stopped_by_hand
        if not self.ours or not over:
            return None
        if self.undone:
            return self.now
        return None if self.deployment.succeeded else self.was

    @property
    def states(self) -> list[Drafted]:
        """The records to write, oldest first; none for the start of a rollback, which moves live at once."""
        begun = self.deployment.started or self.deployment.running
        start = [_started] if begun and not self.undone else []
        end = [] if self.deployment.running else [_arrived if self.deployment.succeeded else _failed]
        return [*start, *end]


class Recorder:
    """Writes CodeDeploy's moves of `live` into the journal, and has `live` restored after a failed deployment."""

    def __init__(
        self,
        here: Recording,
        function: PredictFunction,
        deployments: Deployments,
        journal: Journal,
        restorer: Restorer,
    ) -> None:
        self._here = here
        self._function = function
        self._deployments = deployments
        self._journal = journal
        self._restorer = restorer

    def record(self, event: Mapping[str, Any]) -> list[Record]:
        """Write the states that the event's deployment has reached; returns its records, also existing ones."""
        detail = msgspec.convert(event["detail"], type=Detail)
        if (detail.application, detail.group) != (self._here.application, self._here.group):
            return []
        shift = self._shift(detail.deployment)
        records = [self._write(shift, draft) for draft in shift.states]
        return records + (self._restored(shift, shift.owed) if shift.owed else [])

    def _restored(self, shift: RecordedShift, before: Release) -> list[Record]:
        failed = shift.was if shift.undone else shift.now
        return self._restorer.restore(shift.deployment, before, failed.release if failed else "")

    def _write(self, shift: RecordedShift, draft: Drafted) -> Record:
        record = self._journal.append_if(lambda tail: draft(shift, tail))
        if record is None:
            raise AssertionError("a draft is always written")
        return record

    def _shift(self, number: str) -> RecordedShift:
        deployment = self._deployments.read(number)
        undone = self._deployments.read(deployment.undoes) if deployment.undoes else None
        described = parse_deployment((undone or deployment).description)
        live = self._function.alias("live")
        if described is None:
            return self._foreign(deployment, undone, live.version, live.weights)
        target, after = self._release(described.target, described), self._release(described.after)
        shares = {described.target: live.weights[described.target]} if described.target in live.weights else {}
        return RecordedShift(
            deployment=deployment,
            was=target if undone else after,
            now=after if undone else target,
            left=shares if live.version == described.after else {},
            ours=True,
            undone=undone,
        )

    def _foreign(
        self, deployment: Deployment, undone: Deployment | None, version: str, weights: Mapping[str, float]
    ) -> RecordedShift:
        """Return the shift by the alias: a deployment without Fairlead's description says nothing else."""
        standing = self._release(version)
        other = self._release(next(iter(weights))) if weights else None
        arrived = deployment.succeeded
        return RecordedShift(
            deployment=deployment,
            was=None if arrived else standing,
            now=standing if arrived else other,
            left={} if arrived else dict(weights),
            ours=False,
            undone=undone,
        )

    def _release(self, number: str, described: Described | None = None) -> Release | None:
        """Return a release; if it was deleted since, build it from the deployment's description."""
        try:
            return self._function.release(number)
        except NotFoundError:
            if described is None:
                return None
        return Release(
            release=number,
            model=described.model,
            version=described.version,
            digest="",
            code_sha256="",
            modified="",
            life=self._function.release(self._function.alias("live").version).life,
        )


def _started(shift: RecordedShift, tail: Tail) -> Draft:
    deployment = shift.deployment
    return msgspec.structs.replace(
        _draft(shift, tail, "START", deployment.started or deployment.created),
        kind="shifting",
        weights=shift.left if deployment.running else {},
    )


def _arrived(shift: RecordedShift, tail: Tail) -> Draft:
    return _draft(shift, tail, STATES[shift.deployment.status], shift.deployment.ended)


def _failed(shift: RecordedShift, tail: Tail) -> Draft:
    deployment = shift.deployment
    return msgspec.structs.replace(
        _draft(shift, tail, STATES[deployment.status], deployment.ended),
        kind="failed",
        why=_reason(deployment, tail),
        weights={} if deployment.rollback else shift.left,  # a rollback removes them at once
    )


def _draft(shift: RecordedShift, tail: Tail, state: str, happened: datetime | None) -> Draft:
    deployment = shift.deployment
    intent = _intent(shift, tail)
    return Draft(
        kind="moved",
        alias="live",
        by=CODEDEPLOY,
        why=_why(shift, tail, intent),
        was=shift.was,
        now=shift.now,
        deployment=deployment.id,
        key=f"{deployment.id}:{state}",
        happened=happened.astimezone(UTC) if happened else None,
        evidence=_evidence(deployment, intent),
    )


def _why(shift: RecordedShift, tail: Tail, intent: Record | None) -> str:
    if shift.undone:
        return f"rolls back deployment {shift.undone.id}: {_reason(shift.undone, tail)}"
    if not shift.ours:
        said = shift.deployment.description
        return FOREIGN + (f": {said}" if said else "")
    return intent.why if intent else ""


def _reason(deployment: Deployment, tail: Tail) -> str:
    """Return why a deployment failed: CodeDeploy's reason, and the hook's findings if the hook refused it."""
    key = f"{deployment.id}:verify"
    found = next((one for one in tail.recent() if one.key == key and one.kind == "failed"), None)
    reason = deployment.reason or f"it was {deployment.status.lower()}"
    return f"{reason}: {found.why}" if found else reason


def _intent(shift: RecordedShift, tail: Tail) -> Record | None:
    if not shift.ours or shift.undone or not shift.now:
        return None
    return tail.intent(shift.now.release, life=shift.now.life)


def _evidence(deployment: Deployment, intent: Record | None) -> dict[str, Any]:
    """Return the deployment's facts from CodeDeploy, and its intent's number and author."""
    times = {"created": deployment.created, "started": deployment.started, "ended": deployment.ended}
    facts = {
        "status": deployment.status,
        "creator": deployment.creator,
        "configuration": deployment.configuration,
        "reason": deployment.reason,
        "rollback": deployment.rollback,
        "undoes": deployment.undoes,
        **{name: at.astimezone(UTC).isoformat() for name, at in times.items() if at},
    }
    whose = {"intent": intent.number, "asked_by": intent.by} if intent else {}
    return {name: fact for name, fact in facts.items() if fact} | whose
