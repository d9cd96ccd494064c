"""Retiring a version, safe against concurrent releases: the journal's order decides.

A release writes its intent into the journal before it moves an alias, and is refused if the journal already holds a
retirement of its version. A retirement is refused while an intent names its version. One of the two writes first, so no
retired version goes live.
"""

from fairlead.errors import ReleaseError
from fairlead.journal.records import Draft
from fairlead.journal.tail import Tail
from fairlead.model.release import Release
from fairlead.registry import retirements
from fairlead.registry.retirements import Retirement
from fairlead.registry.store import Registry
from fairlead.releases import cold_start
from fairlead.releases.context import ReleaseContext, reconciled_snapshot, same_version


def retire(
    context: ReleaseContext, registry: Registry, model: str, version: int, *, reason: str = ""
) -> tuple[Retirement, bool]:
    """Retire a version permanently, unless it is live or about to be; its manifest stays.

    Returns the retirement in force, and whether this call made it. Raises NotFoundError for an unknown version.
    """
    if version not in registry.versions(model):
        raise registry.unknown_version(model, version)
    standing = retirements.retirement(registry, model, version)
    if standing:
        return standing, False
    situation = reconciled_snapshot(context)
    arriving = [situation.running.target] if situation.running else []
    for number in {situation.live.version, *situation.live.weights, *arriving}:
        holding = context.function.release(number)
        if (holding.model, holding.version) == (model, version):
            raise ReleaseError(f"{holding} is live", hint="release another version first")
    by = context.by()
    _record(
        context,
        Draft(kind="retired", by=by, why=reason, model=model, version=version, key=f"retired:{model}@{version}"),
    )
    wanted = Retirement(
        model=model, version=version, retired=context.journal.now().replace(microsecond=0), retired_by=by, reason=reason
    )
    return retirements.retire(registry, wanted)


def fallbacks(context: ReleaseContext, registry: Registry, model: str) -> list[Release]:
    """Return the older releases that live can go back to, newest first: of the same model, not retired, can cold start.

    Empty if live holds another model. Raises StorageError or SettingsError if the registry cannot be read.
    """
    live = context.function.release(context.function.alias("live").version)
    if live.model != model:
        return []
    gone = retirements.retired(registry.objects, model)
    older = [
        one
        for one in (facts.release for facts in context.function.versions())
        if one.model == model and int(one.release) < int(live.release) and one.version not in {*gone, live.version}
    ]
    return [one for one in reversed(older) if not cold_start.obstacle(registry, one)]


def _record(context: ReleaseContext, draft: Draft) -> None:
    def unless_intended(tail: Tail) -> Draft:
        for intent in tail.standing().intents:
            if intent.now and same_version(draft, intent.now):
                raise ReleaseError(
                    f"{intent.by} is releasing {intent.now}",
                    hint="wait for `fairlead status` to settle, then try again",
                )
        return draft

    context.journal.append_if(unless_intended)
