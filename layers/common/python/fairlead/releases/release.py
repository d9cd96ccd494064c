"""A release, from a model version to a deployment: freeze, check health, set `previous` to live, start shifting.

A process that dies at any line leaves `live` where it was, or a deployment that continues by itself. The next command
writes what is missing in the journal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from fairlead.aws.codedeploy import Deployment, Shift
from fairlead.aws.lambda_function import SEE_STATUS, Alias, Configuration
from fairlead.aws.stack import Stack
from fairlead.errors import FairleadError, ReleaseError
from fairlead.journal.records import Described, Draft, describe_deployment
from fairlead.model.digest import prefixed
from fairlead.model.manifest import Manifest
from fairlead.model.release import Release
from fairlead.registry.store import Registry
from fairlead.releases import strategies
from fairlead.releases.context import AliasSnapshot, ReleaseContext, intending, reconciled_snapshot, refuse_retired
from fairlead.releases.health_check import prove
from fairlead.settings import pinnable_versions


class ReleaseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A version to release, and how. `strategy` is one of `strategies.WORDS`, empty for the stack's own.

    `instead_of` is the release that live must be at, empty for any. `switch_model` lets the release replace another
    model, all at once regardless of the stack's strategy. `reason` may be empty.
    """

    model: str
    version: int
    strategy: str = ""
    reason: str = ""
    switch_model: bool = False
    instead_of: str = ""


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a release or rollback: `live` now, and what it `was`. `moved` says whether live moved.

    `release` is the requested one; it is live once `deployment` has succeeded. Without a deployment, it was live
    already, or live moved at once. `doubts` are messages about reads and writes in which a rollback failed.
    """

    live: Release
    was: Release
    release: Release
    moved: bool
    deployment: str = ""
    strategy: str = ""
    doubts: tuple[str, ...] = ()


def release(context: ReleaseContext, registry: Registry, order: ReleaseOrder) -> Released:
    """Freeze a model version as a Lambda version, check that it answers, and start to shift `live` to it."""
    context.stack.require_settled()
    manifest, sha256 = _judged(registry, order)
    _refuse_code(context.stack, manifest)
    refuse_retired(registry, order.model, order.version)
    configuration = _configuration(context.stack, order)
    situation = reconciled_snapshot(context)
    _refuse_busy(situation)
    _refuse_other_model(situation.now, order, hint=f"add --switch-model to replace {situation.now.model}")
    _refuse_mixture(situation.now, order)
    _refuse_gone(situation.now, order)
    wanted = _wanted(context, situation, manifest, sha256)
    if situation.serving.same_release(wanted):
        return Released(live=situation.now, was=situation.now, release=situation.now, moved=False)
    number = _frozen(context, wanted, manifest, sha256)
    refuse_retired(registry, order.model, order.version)  # it may have been retired during the health check
    return _shift(context, situation, context.function.release(number), order, configuration)


def freeze(context: ReleaseContext, registry: Registry, order: ReleaseOrder) -> Release:
    """Freeze a model version as a Lambda version and check that it answers; no alias moves.

    Returns the existing release if the version is live or in a canary.
    """
    context.stack.require_settled()
    manifest, sha256 = _judged(registry, order)
    _refuse_code(context.stack, manifest)
    refuse_retired(registry, order.model, order.version)
    situation = reconciled_snapshot(context)
    _refuse_other_model(
        situation.now,
        order,
        hint=f"only versions of the live model are frozen without a release; "
        f"`fairlead release {order.model} VERSION --switch-model` makes {order.model} live",
    )
    wanted = _wanted(context, situation, manifest, sha256)
    if known := _serving_already(context, situation, wanted):
        return known
    _refuse_busy(situation)
    return context.function.release(_frozen(context, wanted, manifest, sha256))


def _serving_already(context: ReleaseContext, situation: AliasSnapshot, wanted: Configuration) -> Release | None:
    """Return the release that live names, or is shifting to, if it has the wanted configuration."""
    if situation.serving.same_release(wanted):
        return situation.now
    coming = context.function.configuration(situation.arriving) if situation.arriving else None
    return coming.release if coming and coming.same_release(wanted) else None


def _judged(registry: Registry, order: ReleaseOrder) -> tuple[Manifest, str]:
    """Read a version's manifest and digest; raises ReleaseError unless the gate passed the version or it was forced.

    This is checked again here, because a publisher can write a manifest without findings. The deployment's hook checks
    the blobs' digests and the graph.
    """
    manifest, sha256 = registry.manifest(order.model, order.version)
    refused = next((one for one in manifest.findings if one.refuses or one.verdict == "fail"), None)
    name = f"{order.model} version {order.version}"
    again = "publish it with `fairlead publish`, whose gate judges it"
    if not manifest.findings:
        raise ReleaseError(f"{name} has no findings of the gate", hint=again)
    if refused and not manifest.forced:
        raise ReleaseError(f"the gate refused {name}: {refused.check}, {refused.finding}", hint=again)
    return manifest, sha256


def _refuse_code(stack: Stack, manifest: Manifest) -> None:
    """Raise ReleaseError for a version that imports its publisher's code, in a stack that does not allow it."""
    if manifest.engine.code and not stack.allows_code:
        raise ReleaseError(
            f"{manifest.model} version {manifest.version} imports code of its publisher ({manifest.package}), "
            f"and stack {stack.name!r} allows none",
            hint="read the code first: `fairlead show` names its blob. Then deploy the stack with AllowModelCode=yes",
        )


def _wanted(context: ReleaseContext, situation: AliasSnapshot, manifest: Manifest, sha256: str) -> Configuration:
    return msgspec.structs.replace(
        context.function.configuration(),
        environment=_environment(context.stack, manifest, sha256)
        | {pinnable_versions.NAME: _pinnable(context, situation, manifest, sha256)},
        layers=(context.stack.common_layer, context.stack.engine_layers[manifest.engine.name]),
    )


def _pinnable(context: ReleaseContext, situation: AliasSnapshot, manifest: Manifest, sha256: str) -> str:
    """Return the list of older versions of the model that callers may pin: those that were live before.

    Each release freezes this list, so the releases that live and previous name hold all versions before them.
    """
    coming = [context.function.configuration(situation.arriving)] if situation.arriving else []
    for one in (situation.serving, *coming):
        if one.release.digest == prefixed(sha256):
            return one.environment.get(pinnable_versions.NAME, "")
    named = [situation.serving]
    if situation.back and situation.back.release != situation.now.release:
        named.append(context.function.configuration(situation.back.release))
    before: set[int] = set()
    for one in named:
        if one.release.model == manifest.model:
            before |= {one.release.version}.union(
                *pinnable_versions.parse(one.environment.get(pinnable_versions.NAME, ""))
            )
    return pinnable_versions.as_text({version for version in before if version < manifest.version})


def _frozen(context: ReleaseContext, wanted: Configuration, manifest: Manifest, sha256: str) -> str:
    number = _freeze(context, wanted, f"{manifest.model}@{manifest.version} {prefixed(sha256[:16])}")
    prove(context.function, number, prefixed(sha256), progress=context.progress, sleep=context.sleep)
    return number


def _shift(
    context: ReleaseContext, situation: AliasSnapshot, target: Release, order: ReleaseOrder, configuration: str
) -> Released:
    """Set `previous` to the live release, point the canary alarms at the target, start the deployment."""
    if situation.now.model != order.model:
        why = "a canary would mix two models" if situation.now.model else "no caller depends on it yet"
        context.progress(f"live holds {situation.now.model or 'no model'}, so it moves all at once: {why}")
        configuration = strategies.SHIPPED[strategies.AT_ONCE]
    strategy = strategies.spoken(configuration, custom=context.stack.custom_strategy)
    draft = Draft(
        kind="intended",
        by=context.by(),
        why=order.reason,
        was=situation.now,
        now=target,
        evidence={"strategy": strategy},
    )
    shift = Shift(
        function=context.function.name, current=situation.now.release, target=target.release, hook=context.stack.hook
    )
    described = Described(model=order.model, version=order.version, target=shift.target, after=shift.current)
    with intending(context, draft), _kept(context, situation, draft):
        context.progress(f"pointing the canary alarms at release {shift.target}")
        context.alarms.point(shift.target)
        _refuse_moved(context, situation.live)
        context.progress(f"shifting live from release {shift.current} to release {shift.target}: {strategy}")
        number = _start(context, shift, configuration, describe_deployment(described))
    return Released(
        live=situation.now, was=situation.now, release=target, moved=False, deployment=number, strategy=strategy
    )


def _start(context: ReleaseContext, shift: Shift, configuration: str, description: str) -> str:
    try:
        return context.deployments.start(shift, configuration, description)
    except ReleaseError:
        running = context.deployments.running()
        if running and running.description == description:
            return running.id  # it had started, and only the response was lost
        raise


@contextmanager
def _kept(context: ReleaseContext, situation: AliasSnapshot, draft: Draft) -> Iterator[None]:
    """Move `previous` to the live release before the block moves `live`; restore it if the block fails.

    It is not restored while a deployment runs. It is restored so that a later rollback does not go to the live release.
    """
    if situation.now.model is None or situation.previous.version == situation.live.version:
        yield
        return
    kept = _move_previous(context, situation.previous, (situation.back, situation.now), draft)
    try:
        yield
    except FairleadError:
        if context.deployments.running() is None:
            _move_previous(context, kept, (situation.now, situation.back), draft)
        raise


def _move_previous(
    context: ReleaseContext, previous: Alias, moving: tuple[Release | None, Release | None], draft: Draft
) -> Alias:
    was, now = moving
    if now is None:  # its version was deleted, so it cannot be restored
        return previous
    context.progress(f"moving previous to release {now.release}")
    moved = context.move(previous, now.release)
    why = f"release {draft.now.release} is being released" if draft.now else ""
    context.journal.append(Draft(kind="moved", alias="previous", by=draft.by, why=why, was=was, now=now))
    return moved


def follow(
    context: ReleaseContext, released: Released, *, on_poll: Callable[[Deployment], None] = lambda _: None
) -> Released:
    """Wait until a release's deployment has ended; raises ReleaseError with the reason if it failed."""
    if not released.deployment:
        return released
    if context.deployments.read(released.deployment).running:
        context.progress(f"waiting for deployment {released.deployment}")
    ended = context.deployments.wait(released.deployment, on_poll=on_poll)
    live = context.function.release(context.function.alias("live").version)
    if ended.succeeded:
        return msgspec.structs.replace(released, live=live, moved=True)
    raise ReleaseError(
        f"{released.release} did not become live: {_why(context, ended)}; live is {live}",
        hint=f"`fairlead history {released.release.model}` has the evidence",
    )


def _why(context: ReleaseContext, ended: Deployment) -> str:
    """Return why a deployment failed: the hook's findings, else CodeDeploy's reason."""
    failures = [
        one for one in context.journal.tail() if one.deployment == ended.id and one.kind == "failed" and one.why
    ]
    found = next((one for one in failures if one.key.endswith(":verify")), next(iter(failures), None))
    why = found.why if found else ended.reason or f"deployment {ended.id} was {ended.status.lower()}"
    return why.rstrip(".")  # CodeDeploy's sentence becomes a clause


def _configuration(stack: Stack, order: ReleaseOrder) -> str:
    return strategies.configuration(order.strategy, custom=stack.custom_strategy) if order.strategy else stack.strategy


def _environment(stack: Stack, manifest: Manifest, sha256: str) -> dict[str, str]:
    """Return the stack's base environment with this version's identity: the whole map, without another release's."""
    return stack.environment | {
        "FAIRLEAD_MODEL": manifest.model,
        "FAIRLEAD_VERSION": str(manifest.version),
        "FAIRLEAD_MANIFEST_SHA256": sha256,
    }


def _freeze(context: ReleaseContext, wanted: Configuration, description: str) -> str:
    """Configure $LATEST, then publish exactly that configuration; returns the version number."""
    context.progress("setting environment and layers")
    context.function.configure(wanted.environment, wanted.layers, revision=wanted.revision)
    settled = context.function.configuration()  # the update made a new revision
    _require_same(settled, wanted)
    context.progress("publishing a Lambda version")
    number = context.function.publish(description, code_sha256=settled.code_sha256, revision=settled.revision)
    _require_same(context.function.configuration(number), wanted)
    return number


def _refuse_busy(situation: AliasSnapshot) -> None:
    if situation.busy:
        ending = f"`fairlead rollback {situation.now.model or 'NAME'}`"
        hint = f"wait for it, or end it with {ending}" if situation.running else f"{ending} moves all traffic to one"
        raise ReleaseError(situation.busy, hint=hint)


def _refuse_other_model(now: Release, order: ReleaseOrder, *, hint: str) -> None:
    if now.model not in {None, order.model} and not order.switch_model:
        raise ReleaseError(f"live holds {now.model}, not {order.model}", hint=hint)


def _refuse_mixture(now: Release, order: ReleaseOrder) -> None:
    """Refuse a canary between two models: their contracts differ, so rows of callers would be refused at random."""
    if now.model not in {None, order.model} and order.strategy not in {"", strategies.AT_ONCE}:
        raise ReleaseError(
            f"live holds {now.model}, and a switch to {order.model} is all at once, not {order.strategy}",
            hint=f"omit --strategy; `fairlead rollback {order.model}` restores the other model",
        )


def _refuse_gone(now: Release, order: ReleaseOrder) -> None:
    if order.instead_of and now.release != order.instead_of:
        raise ReleaseError(f"live is {now}, no longer release {order.instead_of}", hint=SEE_STATUS)


def _refuse_moved(context: ReleaseContext, live: Alias) -> None:
    if context.function.alias("live").revision != live.revision:
        raise ReleaseError("another operation moved live in the meantime; it was not moved again", hint=SEE_STATUS)


def _require_same(found: Configuration, wanted: Configuration) -> None:
    if not found.same_release(wanted):
        raise ReleaseError(
            "another operation configured the function in the meantime; live was not moved", hint=SEE_STATUS
        )
