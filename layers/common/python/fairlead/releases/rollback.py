"""A rollback: one move of `live` away from a named release, at any time, also while a deployment shifts.

Compare-and-swap: whoever reads a `live` that has moved meanwhile is told, so two at once move it once. `previous` is
left alone; where it is not older than `live`, there is nothing to go back to, so a second rollback cannot overshoot.

Live goes only to what answers and can start anew. A registry that cannot be used holds nothing up: then the answer
counts alone, what could not be written is said (`doubts`), and the next command writes it.
"""

import re
from datetime import datetime, timedelta

import msgspec

from fairlead.aws.lambda_function import SEE_STATUS, Alias
from fairlead.errors import FairleadError, NotFoundError, ReleaseError
from fairlead.journal.records import Draft, Record, Release
from fairlead.journal.tail import NEVER, Tail
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases import cold_start
from fairlead.releases.context import (
    Doubts,
    Means,
    Running,
    Situation,
    another,
    intending,
    look,
    look_and_heal,
    refuse_retired,
)
from fairlead.releases.health_check import problem, prove
from fairlead.releases.release import Released

RELEASE = re.compile(r"r([1-9][0-9]*)")
VERSION = re.compile(r"[1-9][0-9]*")
LOOKED_AT = 200
"""Records in which the way back is looked for."""

MOST_TRIED = 10
"""Older releases that are looked at for the one to name."""

MOVES = frozenset({"moved", "found", "failed"})


def roll_back(
    means: Means, registry: Registry, model: str, *, to: str = "", away_from: str | None = None, reason: str = ""
) -> Released:
    """Move `live` back to `previous`, or to the version (`7`) or release (`r13`) that `to` names.

    Refused where live is not going to, or at, the release `away_from`. A running deployment is stopped first.
    """
    doubts = Doubts(means.progress)
    situation = _looked(means, doubts)
    leaving = means.function.release(situation.arriving) if situation.arriving else situation.now
    if model not in {leaving.model, situation.now.model}:
        raise ReleaseError(f"live holds {leaving.model or 'no model'}, not {model}", hint=SEE_STATUS)
    if away_from is not None and leaving.release != away_from:
        raise ReleaseError(f"live is {leaving}, no longer release {away_from}: nothing to do", hint=SEE_STATUS)
    target = _named(means, model, to, leaving) if to else _before(means, registry, situation, model)
    if target.release == leaving.release:
        raise ReleaseError(f"{target} is what live is at: nothing to do", hint=SEE_STATUS)
    with doubts.about(f"whether {target} was retired is not known"):
        refuse_retired(registry, target.model or model, target.version)
    with doubts.about(f"whether {target} can start anew is not known, it goes by its answer alone"):
        _refuse_obstacle(means, registry, target)
    prove(means.function, target.release, target.digest, progress=means.progress, sleep=means.sleep)
    draft = Draft(kind="intended", by=means.by(), why=reason, was=leaving, now=target, evidence={"rollback": True})
    number = situation.running.deployment.id if situation.running else ""
    with intending(means, draft, doubts=doubts) as intent:
        live, stopped = _stopped(means, situation, situation.running) if situation.running else (situation.live, NEVER)
        moved = bool(live.weights) or live.version != target.release
        if moved:
            means.progress(f"moving live from {leaving} to {target}")
            means.function.move(live, target.release)
        done = msgspec.structs.replace(draft, alias="live", deployment=number)
        with doubts.about(f"the journal does not hold that live is {target}; the next command writes it"):
            _record(means, done, intent, moved=moved, after=stopped)
    return Released(
        live=target, was=leaving, release=target, moved=moved, deployment=number, doubts=tuple(doubts.found)
    )


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Why live may not go to a release, and what to do instead, in words for people."""

    why: str
    instead: str


def obstacle(means: Means, registry: Registry, target: Release) -> Obstacle | None:
    """Say why live may not go to a release, and name an older one that it may go to; None if it may.

    Raises StorageError or SettingsError where the registry cannot be read.
    """
    why = cold_start.obstacle(registry, target)
    if not why:
        return None
    try:
        older = _older(means, registry, target)
    except FairleadError:  # the obstacle stands, whatever else there is
        older = None
    model = target.model or ""
    instead = f"{older} can: `fairlead rollback {model} --to r{older.release}`" if older else another(model)
    return Obstacle(why=f"{target} cannot start anew: {why}", instead=instead)


def _looked(means: Means, doubts: Doubts) -> Situation:
    with doubts.about("the journal was not compared with where live stands"):
        return look_and_heal(means)
    return look(means)


def _refuse_obstacle(means: Means, registry: Registry, target: Release) -> None:
    found = obstacle(means, registry, target)
    if found:
        raise ReleaseError(found.why, hint=found.instead)


def _older(means: Means, registry: Registry, target: Release) -> Release | None:
    """Return the newest release of the same model before the target that serves, can start and answers; not live."""
    gone, live = retirements.retired(registry.objects, target.model or ""), means.function.alias("live").version
    known = [facts.release for facts in means.function.versions() if facts.version != live]
    older = [one for one in known if one.model == target.model and _newer(target, one) and one.version not in gone]
    newest = sorted(older, key=lambda one: int(one.release), reverse=True)[:MOST_TRIED]
    return next(
        (one for one in newest if not cold_start.obstacle(registry, one) and not problem(means.function, one.release)),
        None,
    )


def _record(means: Means, done: Draft, intent: Record | None, *, moved: bool, after: datetime) -> None:
    """Put on record that live was moved, or was found there: stopped in time, or moved by somebody at the same time.

    It counts from after the end of what was stopped, also where this machine's clock is behind CodeDeploy's: news of
    that end, which come by themselves, would unsay it otherwise.
    """

    def unless_told(tail: Tail) -> Draft | None:
        ended = intent is not None and intent.number not in {one.number for one in tail.standing().intents}
        return None if ended and not moved else msgspec.structs.replace(done, kind="moved" if moved else "found")

    means.journal.append_if(unless_told, not_before=after + timedelta(milliseconds=1))


def _before(means: Means, registry: Registry, situation: Situation, model: str) -> Release:
    """Return what a rollback without a name goes to; raises ReleaseError where there is nothing."""
    if situation.arriving:
        target: Release | None = situation.now
    elif int(situation.previous.version) >= int(situation.live.version):
        raise ReleaseError(
            f"live is {situation.now}, previous release {situation.previous.version}: there is nothing to go back to",
            hint=_hint(means, registry, situation.now, model),
        )
    else:
        target = situation.back
    if target is None:
        raise ReleaseError(
            f"release {situation.previous.version}, which previous names, has been deleted", hint=another(model)
        )
    if target.model is None:
        raise ReleaseError(f"there is no release of {model} before this one", hint=another(model))
    return target


def _hint(means: Means, registry: Registry, live: Release, model: str) -> str:
    try:
        return _further(means, registry, live, model)
    except FairleadError:  # the journal or the registry cannot be read, and only help to say more
        return another(model)


def _further(means: Means, registry: Registry, live: Release, model: str) -> str:
    """Say what was undone already, and what to type for a further step back, by what the journal knows."""
    told = [one for one in means.journal.all().recent(LOOKED_AT) if one.alias == "live" and one.kind in MOVES]
    undone = next(((one, left) for one in told if (left := _left(one)) and _newer(left, live)), None)
    said = f"{undone[1]} was left already, at {undone[0].effective:%Y-%m-%d %H:%M}Z; " if undone else ""
    came = (one.was for one in told if one.was and one.now and one.now.release == live.release)
    for before in came:
        if before.model == model and _newer(live, before) and _serves(means, registry, before):
            return f"{said}to go on to {before}: `fairlead rollback {model} --to r{before.release}`"
    return f"{said}name a version or release with --to, or {another(model)}"


def _left(record: Record) -> Release | None:
    """The release that a record says live left, or did not reach."""
    return record.now if record.kind == "failed" else record.was


def _newer(one: Release, other: Release) -> bool:
    return int(one.release) > int(other.release)


def _serves(means: Means, registry: Registry, release: Release) -> bool:
    try:
        means.function.release(release.release)
    except NotFoundError:
        return False
    return release.version not in retirements.retired(registry.objects, release.model or "")


def _named(means: Means, model: str, to: str, leaving: Release) -> Release:
    """Find the release that `to` names: `r13`, or the newest other one that holds the version; raises ReleaseError."""
    if found := RELEASE.fullmatch(to):
        try:
            target = means.function.release(found[1])
        except NotFoundError as error:
            raise ReleaseError(f"there is no release {found[1]}, or no longer", hint=another(model)) from error
        if target.model != model:
            raise ReleaseError(f"{target} does not hold {model}", hint=another(model))
        return target
    if not VERSION.fullmatch(to):
        raise ReleaseError(f"{to!r} is no version or release", hint="a version is named like 7, a release like r13")
    holding = [facts.release for facts in means.function.versions()]
    chosen = [one for one in holding if (one.model, one.version) == (model, int(to)) and one != leaving]
    if not chosen:
        raise ReleaseError(f"no other release holds {model} version {to}", hint=f"`fairlead release {model} {to}`")
    return max(chosen, key=lambda one: int(one.release))


def _stopped(means: Means, situation: Situation, running: Running) -> tuple[Alias, datetime]:
    """Stop the deployment; return `live` as it left it, and when. Raises ReleaseError where somebody else moved it."""
    means.progress(f"stopping deployment {running.deployment.id}")
    stopped = means.deployments.stop(running.deployment.id)
    live = means.function.alias("live")
    if live.version not in {situation.live.version, running.target}:
        raise ReleaseError(f"somebody else moved live to release {live.version} in the meantime", hint=SEE_STATUS)
    return live, stopped.ended or NEVER
