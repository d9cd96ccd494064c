"""A rollback: one move of `live` away from a named release, at any time, also during a deployment.

Optimistic locking: a `live` that has moved since it was read raises ReleaseError, so two rollbacks move it once.
`previous` does not change. If it is not older than `live`, there is no way back, so a second rollback cannot overshoot.

Live goes only to a release that answers and can cold start. An unusable registry does not block a rollback: then the
health check decides alone, `doubts` reports what could not be written, and the next command writes it.
"""

import contextlib
import re
from datetime import datetime, timedelta

import msgspec

from fairlead.aws.lambda_function import SEE_STATUS, Alias
from fairlead.errors import FairleadError, NotFoundError, ReleaseError
from fairlead.journal.records import Draft, Record
from fairlead.journal.tail import NEVER, Tail
from fairlead.model.release import Release
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases import cold_start
from fairlead.releases.context import (
    AliasSnapshot,
    ReleaseContext,
    Running,
    ToleratedFailures,
    another,
    intending,
    read_aliases,
    reconciled_snapshot,
)
from fairlead.releases.health_check import problem
from fairlead.releases.release import Released
from fairlead.releases.target_check import require_serving

RELEASE = re.compile(r"r([1-9][0-9]*)")
VERSION = re.compile(r"[1-9][0-9]*")
SEARCHED_RECORDS = 200
"""Records that are searched for an earlier release to go back to."""

MOST_TRIED = 10
"""Older releases that are checked for one to propose."""

MOVES = frozenset({"moved", "found", "failed"})


def roll_back(
    context: ReleaseContext,
    registry: Registry,
    model: str,
    *,
    to: str = "",
    away_from: str | None = None,
    reason: str = "",
) -> Released:
    """Move `live` back to `previous`, or to the version (`7`) or release (`r13`) that `to` names.

    Refused unless live is at, or is shifting to, the release `away_from` (None for any). A running deployment is
    stopped first.
    """
    failures = ToleratedFailures(context.progress)
    situation = _aliases(context, failures)
    leaving = context.function.release(situation.arriving) if situation.arriving else situation.now
    if model not in {leaving.model, situation.now.model}:
        raise ReleaseError(f"live holds {leaving.model or 'no model'}, not {model}", hint=SEE_STATUS)
    if away_from is not None and leaving.release != away_from:
        raise ReleaseError(f"live is {leaving}, no longer release {away_from}: nothing to do", hint=SEE_STATUS)
    target = _named(context, model, to, leaving) if to else _before(context, registry, situation, model)
    if target.release == leaving.release:
        raise ReleaseError(f"live is already at {target}: nothing to do", hint=SEE_STATUS)
    require_serving(
        context.function,
        registry,
        target,
        failures,
        instead=lambda: _instead(context, registry, target),
        progress=context.progress,
        sleep=context.sleep,
    )
    draft = Draft(kind="intended", by=context.by(), why=reason, was=leaving, now=target, evidence={"rollback": True})
    number = situation.running.deployment.id if situation.running else ""
    with intending(context, draft, failures=failures) as intent:
        live, stopped = (
            _stopped(context, situation, situation.running) if situation.running else (situation.live, NEVER)
        )
        moved = bool(live.weights) or live.version != target.release
        if moved:
            context.progress(f"moving live from {leaving} to {target}")
            context.move(live, target.release)
        done = msgspec.structs.replace(draft, alias="live", deployment=number)
        with failures.tolerate(f"the journal has no record that live is {target}; the next command writes it"):
            _record(context, done, intent, moved=moved, after=stopped)
    return Released(
        live=target, was=leaving, release=target, moved=moved, deployment=number, doubts=tuple(failures.found)
    )


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why live may not go to a release, and the alternative, as messages for the operator."""

    why: str
    instead: str


def obstacle(context: ReleaseContext, registry: Registry, target: Release) -> Obstacle | None:
    """Return why live may not go to a release, with an older release that it may go to; None if it may.

    Raises StorageError or SettingsError if the registry cannot be read.
    """
    why = cold_start.obstacle(registry, target)
    if not why:
        return None
    return Obstacle(why=f"{target} cannot cold start: {why}", instead=_instead(context, registry, target))


def _aliases(context: ReleaseContext, failures: ToleratedFailures) -> AliasSnapshot:
    with failures.tolerate("the journal was not compared with the aliases"):
        return reconciled_snapshot(context)
    return read_aliases(context)


def _instead(context: ReleaseContext, registry: Registry, target: Release) -> str:
    """Return the hint for a target that cannot cold start: an older release that can, if there is one."""
    try:
        older = _older(context, registry, target)
    except FairleadError:  # the obstacle is reported even without an older release
        older = None
    model = target.model or ""
    return f"{older} can: `fairlead rollback {model} --to r{older.release}`" if older else another(model)


def _older(context: ReleaseContext, registry: Registry, target: Release) -> Release | None:
    """Return the newest older release of the model that is not live, not retired, can cold start and answers."""
    gone, live = retirements.retired(registry.objects, target.model or ""), context.function.alias("live").version
    known = [facts.release for facts in context.function.versions() if facts.version != live]
    older = [one for one in known if one.model == target.model and target.newer(one) and one.version not in gone]
    for one in sorted(older, key=lambda one: int(one.release), reverse=True)[:MOST_TRIED]:
        if not cold_start.obstacle(registry, one) and not problem(context.function, one.release):
            return one
    return None


def _record(context: ReleaseContext, done: Draft, intent: Record | None, *, moved: bool, after: datetime) -> None:
    """Write into the journal that live moved, or was found at the target after a stop or a concurrent move.

    The record's time is after the end of the stopped deployment, in case the local clock is slow. Otherwise the
    deployment's own end event would override the record.
    """

    def unless_recorded(tail: Tail) -> Draft | None:
        ended = intent is not None and intent.number not in {one.number for one in tail.standing().intents}
        return None if ended and not moved else msgspec.structs.replace(done, kind="moved" if moved else "found")

    context.journal.append_if(unless_recorded, not_before=after + timedelta(milliseconds=1))


def _before(context: ReleaseContext, registry: Registry, situation: AliasSnapshot, model: str) -> Release:
    """Return the target of a rollback that names none; raises ReleaseError if there is no target."""
    if situation.arriving:
        target: Release | None = situation.now
    elif int(situation.previous.version) >= int(situation.live.version):
        raise ReleaseError(
            f"live is {situation.now}, previous is release {situation.previous.version}: nothing to go back to",
            hint=_hint(context, registry, situation.now, model),
        )
    else:
        target = situation.back
    if target is None:
        raise ReleaseError(
            f"previous names release {situation.previous.version}, which was deleted", hint=another(model)
        )
    if target.model is None:
        raise ReleaseError(f"there is no release of {model} before this one", hint=another(model))
    return target


def _hint(context: ReleaseContext, registry: Registry, live: Release, model: str) -> str:
    try:
        return _further(context, registry, live, model)
    except FairleadError:  # the journal and the registry only make the hint more precise
        return another(model)


def _further(context: ReleaseContext, registry: Registry, live: Release, model: str) -> str:
    """Return the hint of a refused rollback: the last step back in the journal, and the command for a further one."""
    records = [
        one for one in context.journal.all().recent(SEARCHED_RECORDS) if one.alias == "live" and one.kind in MOVES
    ]
    undone = _undone(records, live)
    for before in _before_live(records, live):
        if before.model == model and _serves(context, registry, before):
            return f"{undone}to go further back to {before}: `fairlead rollback {model} --to r{before.release}`"
    return f"{undone}name a version or release with --to; {another(model)}"


def _undone(records: list[Record], live: Release) -> str:
    """Return when live last left a newer release, as the beginning of a hint; empty if it did not."""
    for record in records:
        left = _left(record)
        if left and left.newer(live):
            return f"live left {left} at {record.effective:%Y-%m-%d %H:%M}Z; "
    return ""


def _before_live(records: list[Record], live: Release) -> list[Release]:
    """Return the older releases from which live moved to the present one, newest move first."""
    came = [record.was for record in records if record.was and record.now and record.now.same(live)]
    return [before for before in came if live.newer(before)]


def _left(record: Record) -> Release | None:
    """Return the release that live left, or did not reach, by a record."""
    return record.now if record.kind == "failed" else record.was


def _serves(context: ReleaseContext, registry: Registry, release: Release) -> bool:
    try:
        context.function.release(release.release)
    except NotFoundError:
        return False
    return release.version not in retirements.retired(registry.objects, release.model or "")


def _named(context: ReleaseContext, model: str, to: str, leaving: Release) -> Release:
    """Return the release that `to` names: `r13`, or the newest other release of a version; raises ReleaseError."""
    if found := RELEASE.fullmatch(to):
        try:
            target = context.function.release(found[1])
        except NotFoundError as error:
            raise _unknown(context, model, found[1], leaving.life) from error
        if target.model != model:
            raise ReleaseError(f"{target} does not hold {model}", hint=another(model))
        return target
    if not VERSION.fullmatch(to):
        raise ReleaseError(f"{to!r} is not a version or a release", hint="write a version as 7, a release as r13")
    holding = [facts.release for facts in context.function.versions()]
    chosen = [one for one in holding if (one.model, one.version) == (model, int(to)) and one != leaving]
    if not chosen:
        raise ReleaseError(f"no other release holds {model} version {to}", hint=f"`fairlead release {model} {to}`")
    return max(chosen, key=lambda one: int(one.release))


def _unknown(context: ReleaseContext, model: str, number: str, life: str) -> ReleaseError:
    """Return the error for a release that Lambda does not have; the journal may know it from an earlier life."""
    with contextlib.suppress(FairleadError):  # the journal only makes the error more precise
        records = (one.now for one in context.journal.all().recent(SEARCHED_RECORDS))
        for earlier in records:
            if earlier and earlier.release == number and earlier.model == model and earlier.life not in {"", life}:
                return ReleaseError(
                    f"{earlier} is of an earlier stack of this name (id …{earlier.life}), whose releases went with it",
                    hint=f"`fairlead release {model} {earlier.version}` releases its version again",
                )
    return ReleaseError(f"release {number} does not exist, or was deleted", hint=another(model))


def _stopped(context: ReleaseContext, situation: AliasSnapshot, running: Running) -> tuple[Alias, datetime]:
    """Stop the deployment; return `live` and the end time. Raises ReleaseError if another operation moved `live`."""
    context.progress(f"stopping deployment {running.deployment.id}")
    stopped = context.deployments.stop(running.deployment.id)
    live = context.function.alias("live")
    if live.version not in {situation.live.version, running.target}:
        raise ReleaseError(f"another operation moved live to release {live.version} in the meantime", hint=SEE_STATUS)
    return live, stopped.ended or NEVER
