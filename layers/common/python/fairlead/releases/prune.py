"""Pruning: deletes old Lambda versions, and their SnapStart snapshots with them.

Only releases of a model go. So the version without a model stays, whatever its number: CloudFormation created it and
looks for it. Every version stays that an alias, a running deployment or the operator names, and the last releases in
service by the journal. Callers' pins need no Lambda version: the live release answers them.
"""

from collections.abc import Collection, Iterable

import msgspec

from fairlead.errors import ReleaseError
from fairlead.journal.records import Draft, Record
from fairlead.model.release import Release
from fairlead.releases.context import AliasSnapshot, ReleaseContext, reconciled_snapshot

LAST_GOOD = 3
"""Number of releases kept because they were last in service by the journal: an operator may want to go back to one."""


class KeptRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One release that is kept, and why."""

    release: Release
    why: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The releases to delete (`goes`) and to keep (`stays`), both newest first.

    `frees` is the code storage in bytes that the deleted ones take; their layers stay.
    """

    model: str
    goes: list[Release]
    stays: list[KeptRelease]
    frees: int


def plan(context: ReleaseContext, model: str, *, keep: int, pins: Collection[str] = ()) -> Plan:
    """Return which releases of a model are deleted if the newest `keep` stay; `pins` are releases that stay too.

    Raises ReleaseError for a pin that is no release: the one that it was meant to keep would be deleted.
    """
    situation = reconciled_snapshot(context)
    versions = list(context.function.versions())
    if unknown := sorted(set(pins) - {one.version for one in versions}):
        raise ReleaseError(
            f"there is no release {', '.join(map(repr, unknown))} to keep",
            hint=f"`fairlead history {model}` lists the releases",
        )
    reasons = (
        dict.fromkeys(pins, "pinned")
        | _in_service(context.journal.records(), situation.now.life)
        | _named(context, situation)
    )
    own = sorted((one.release for one in versions if one.release.model == model), key=_number, reverse=True)
    reasons = {one.release: f"one of the newest {keep}" for one in own[:keep]} | reasons
    goes = [one for one in own if one.release not in reasons]
    numbers = {one.release for one in goes}
    return Plan(
        model=model,
        goes=goes,
        frees=sum(one.code_size for one in versions if one.version in numbers),
        stays=[KeptRelease(release=one, why=reasons[one.release]) for one in own if one.release in reasons],
    )


def prune(context: ReleaseContext, planned: Plan) -> None:
    """Delete the releases of a plan, each after its journal record; raises ReleaseError if one is in use by then."""
    if not planned.goes:
        return
    situation = reconciled_snapshot(context)
    needed = _named(context, situation)
    by = context.by()
    for release in planned.goes:
        if release.release in needed:
            raise ReleaseError(f"{release} is {needed[release.release]}", hint="run `fairlead prune` again")
        key = f"pruned:{release.life}:{release.release}:{release.code_sha256}"
        context.journal.append(Draft(kind="pruned", by=by, was=release, key=key))
        context.progress(f"deleting {release}")
        context.function.delete(release.release)


def _number(release: Release) -> int:
    return int(release.release)


def _named(context: ReleaseContext, situation: AliasSnapshot) -> dict[str, str]:
    """Return the releases that must stay regardless of `keep`, and why."""
    reasons: dict[str, str] = {}
    if situation.running:
        reasons |= {situation.running.target: f"the target of deployment {situation.running.deployment.id}"}
    for alias in context.function.aliases():
        reasons |= dict.fromkeys((alias.version, *alias.weights), f"named by alias {alias.name}")
    return reasons


def _in_service(records: Iterable[Record], life: str) -> dict[str, str]:
    """Return the last LAST_GOOD releases of a life that were live, by the journal, and since when."""
    found: dict[str, str] = {}
    for record in records:
        if record.alias == "live" and record.kind in {"moved", "found"} and record.now and record.now.life == life:
            found.setdefault(record.now.release, f"live from {record.effective:%Y-%m-%d %H:%M}Z")
        if len(found) == LAST_GOOD:
            break
    return found
