"""A release, from a model version to a deployment: freeze, prove, keep what is live in `previous`, start shifting.

A process that dies at any line leaves `live` where it was, or a deployment that goes on without it; the next command
finds what is missing on the record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from fairlead.aws.codedeploy import Deployment, Shift
from fairlead.aws.lambda_function import SEE_STATUS, Alias, Configuration
from fairlead.aws.stack import Stack
from fairlead.errors import FairleadError, ReleaseError
from fairlead.journal.records import Described, Draft, Release, describe_deployment
from fairlead.model.manifest import Manifest
from fairlead.registry.store import Registry
from fairlead.releases import strategies
from fairlead.releases.context import Means, Situation, intending, look_and_heal, refuse_retired
from fairlead.releases.health_check import prove
from fairlead.settings import pinnable_versions


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to release, and how. `strategy` is a word, empty for the stack's own; `reason` may be empty.

    `instead_of` is the release that live must be for it; empty for whichever it is. `switch_model` lets it take the
    place of another model, all at once whatever the stack's strategy.
    """

    model: str
    version: int
    strategy: str = ""
    reason: str = ""
    switch_model: bool = False
    instead_of: str = ""


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What a release or rollback did: `live` now, and what it `was`. `moved` says whether live moved.

    `release` is the one that was asked for: live once `deployment` has ended well. No deployment: live already, or
    moved there and then. `doubts` are what could not be read or written on the way back, in words for people.
    """

    live: Release
    was: Release
    release: Release
    moved: bool
    deployment: str = ""
    strategy: str = ""
    doubts: tuple[str, ...] = ()


def release(means: Means, registry: Registry, order: Order) -> Released:
    """Freeze a model version as a Lambda version, prove that it answers, and start to shift `live` to it."""
    means.stack.require_settled()
    manifest, sha256 = _judged(registry, order)
    refuse_retired(registry, order.model, order.version)
    configuration = _configuration(means.stack, order)
    situation = look_and_heal(means)
    _refuse_busy(situation)
    _refuse_other_model(situation.now, order)
    _refuse_mixture(situation.now, order)
    _refuse_gone(situation.now, order)
    wanted = _wanted(means, situation, manifest, sha256)
    if situation.serving.same_release(wanted):
        return Released(live=situation.now, was=situation.now, release=situation.now, moved=False)
    number = _frozen(means, wanted, manifest, sha256)
    refuse_retired(registry, order.model, order.version)  # somebody may have retired it while it was proved
    return _shift(means, situation, means.function.release(number), order, configuration)


def freeze(means: Means, registry: Registry, order: Order) -> Release:
    """Freeze a model version as a Lambda version and prove that it answers; no alias moves.

    What is live, or is being tried by callers, is frozen already.
    """
    means.stack.require_settled()
    manifest, sha256 = _judged(registry, order)
    refuse_retired(registry, order.model, order.version)
    situation = look_and_heal(means)
    _refuse_other_model(situation.now, order)
    wanted = _wanted(means, situation, manifest, sha256)
    if known := _serving_already(means, situation, wanted):
        return known
    _refuse_busy(situation)
    return means.function.release(_frozen(means, wanted, manifest, sha256))


def _serving_already(means: Means, situation: Situation, wanted: Configuration) -> Release | None:
    """Return what live names, or is going over to, where it is what is wanted."""
    if situation.serving.same_release(wanted):
        return situation.now
    coming = means.function.configuration(situation.arriving) if situation.arriving else None
    return coming.release if coming and coming.same_release(wanted) else None


def _judged(registry: Registry, order: Order) -> tuple[Manifest, str]:
    """Read a version that the gate let pass, or that was forced past it: who may write a manifest may leave that out.

    Its blobs are compared with their digests, and its graph is looked through, by the deployment's hook.
    """
    manifest, sha256 = registry.manifest(order.model, order.version)
    refused = next((one for one in manifest.findings if one.refuses or one.verdict == "fail"), None)
    name = f"{order.model} version {order.version}"
    again = "publish it with `fairlead publish`, whose gate judges it"
    if not manifest.findings:
        raise ReleaseError(f"{name} holds no findings of the gate", hint=again)
    if refused and not manifest.forced:
        raise ReleaseError(f"the gate refused {name}: {refused.check}, {refused.finding}", hint=again)
    return manifest, sha256


def _wanted(means: Means, situation: Situation, manifest: Manifest, sha256: str) -> Configuration:
    return msgspec.structs.replace(
        means.function.configuration(),
        environment=_environment(means.stack, manifest, sha256)
        | {pinnable_versions.NAME: _pinnable(means, situation, manifest, sha256)},
        layers=(means.stack.common_layer, means.stack.engine_layers[manifest.engine.name]),
    )


def _pinnable(means: Means, situation: Situation, manifest: Manifest, sha256: str) -> str:
    """Spell which older versions of the model callers may pin: those that were live when another release came.

    Each release freezes what was live before it, so the releases that live and previous name tell of all before.
    """
    coming = [means.function.configuration(situation.arriving)] if situation.arriving else []
    for one in (situation.serving, *coming):
        if one.release.digest == f"sha256:{sha256}":
            return one.environment.get(pinnable_versions.NAME, "")
    named = [situation.serving]
    if situation.back and situation.back.release != situation.now.release:
        named.append(means.function.configuration(situation.back.release))
    before: set[int] = set()
    for one in named:
        if one.release.model == manifest.model:
            before |= {one.release.version}.union(
                *pinnable_versions.parse(one.environment.get(pinnable_versions.NAME, ""))
            )
    return pinnable_versions.spell({version for version in before if version < manifest.version})


def _frozen(means: Means, wanted: Configuration, manifest: Manifest, sha256: str) -> str:
    number = _freeze(means, wanted, f"{manifest.model}@{manifest.version} sha256:{sha256[:16]}")
    prove(means.function, number, f"sha256:{sha256}", progress=means.progress, sleep=means.sleep)
    return number


def _shift(means: Means, situation: Situation, target: Release, order: Order, configuration: str) -> Released:
    """Keep what is live in `previous`, point the alarms at the target, start the deployment."""
    if situation.now.model != order.model:
        why = "callers ask one model or the other" if situation.now.model else "there is nothing yet to protect"
        means.progress(f"live holds {situation.now.model or 'no model'}, so it moves all at once: {why}")
        configuration = strategies.SHIPPED[strategies.AT_ONCE]
    strategy = strategies.spoken(configuration, custom=means.stack.custom_strategy)
    draft = Draft(
        kind="intended",
        by=means.by(),
        why=order.reason,
        was=situation.now,
        now=target,
        evidence={"strategy": strategy},
    )
    shift = Shift(
        function=means.function.name, current=situation.now.release, target=target.release, hook=means.stack.hook
    )
    described = Described(model=order.model, version=order.version, target=shift.target, after=shift.current)
    with intending(means, draft), _kept(means, situation, draft):
        means.progress(f"pointing the canary alarms at release {shift.target}")
        means.alarms.point(shift.target)
        _refuse_moved(means, situation.live)
        means.progress(f"shifting live from release {shift.current} to release {shift.target}: {strategy}")
        number = _start(means, shift, configuration, describe_deployment(described))
    return Released(
        live=situation.now, was=situation.now, release=target, moved=False, deployment=number, strategy=strategy
    )


def _start(means: Means, shift: Shift, configuration: str, description: str) -> str:
    try:
        return means.deployments.start(shift, configuration, description)
    except ReleaseError:
        running = means.deployments.running()
        if running and running.description == description:
            return running.id  # it had started, and only its answer got lost
        raise


@contextmanager
def _kept(means: Means, situation: Situation, draft: Draft) -> Iterator[None]:
    """Move `previous` to what `live` is, before `live` moves; put it back if the block fails and nothing has started.

    Put back, because a later rollback must not land on what somebody has just left.
    """
    if situation.now.model is None or situation.previous.version == situation.live.version:
        yield
        return
    kept = _move_previous(means, situation.previous, (situation.back, situation.now), draft)
    try:
        yield
    except FairleadError:
        if means.deployments.running() is None:
            _move_previous(means, kept, (situation.now, situation.back), draft)
        raise


def _move_previous(means: Means, previous: Alias, moving: tuple[Release | None, Release | None], draft: Draft) -> Alias:
    was, now = moving
    if now is None:  # its version is gone: there is nothing to put back
        return previous
    means.progress(f"moving previous to release {now.release}")
    moved = means.function.move(previous, now.release)
    why = f"release {draft.now.release} comes" if draft.now else ""
    means.journal.append(Draft(kind="moved", alias="previous", by=draft.by, why=why, was=was, now=now))
    return moved


def follow(means: Means, released: Released, *, looked: Callable[[Deployment], None] = lambda _: None) -> Released:
    """Wait until a release's deployment has ended; raises ReleaseError with the reason where it did not end well."""
    if not released.deployment:
        return released
    if means.deployments.read(released.deployment).running:
        means.progress(f"waiting for deployment {released.deployment}")
    ended = means.deployments.wait(released.deployment, looked=looked)
    live = means.function.release(means.function.alias("live").version)
    if ended.succeeded:
        return msgspec.structs.replace(released, live=live, moved=True)
    raise ReleaseError(
        f"{released.release} did not become live: {_why(means, ended)}; live is {live}",
        hint=f"`fairlead history {released.release.model}` has the evidence",
    )


def _why(means: Means, ended: Deployment) -> str:
    """Say why a deployment ended badly: what the hook found, else what CodeDeploy says."""
    failures = [one for one in means.journal.tail() if one.deployment == ended.id and one.kind == "failed" and one.why]
    found = next((one for one in failures if one.key.endswith(":verify")), next(iter(failures), None))
    return found.why if found else ended.reason or f"deployment {ended.id} was {ended.status.lower()}"


def _configuration(stack: Stack, order: Order) -> str:
    return strategies.configuration(order.strategy, custom=stack.custom_strategy) if order.strategy else stack.strategy


def _environment(stack: Stack, manifest: Manifest, sha256: str) -> dict[str, str]:
    """The stack's base with this version's identity: the whole map, so nothing of another release is left in it."""
    return stack.environment | {
        "FAIRLEAD_MODEL": manifest.model,
        "FAIRLEAD_VERSION": str(manifest.version),
        "FAIRLEAD_MANIFEST_SHA256": sha256,
    }


def _freeze(means: Means, wanted: Configuration, description: str) -> str:
    """Set the scratch, then publish exactly what was set; returns the version number."""
    means.progress("setting environment and layers")
    means.function.configure(wanted.environment, wanted.layers, revision=wanted.revision)
    settled = means.function.configuration()  # settling made a new revision
    _require_same(settled, wanted)
    means.progress("publishing a Lambda version")
    number = means.function.publish(description, code_sha256=settled.code_sha256, revision=settled.revision)
    _require_same(means.function.configuration(number), wanted)
    return number


def _refuse_busy(situation: Situation) -> None:
    ending = f"`fairlead rollback {situation.now.model or 'NAME'}`"
    if situation.running:
        raise ReleaseError(str(situation.running), hint=f"wait for it, or end it with {ending}")
    if situation.live.weights:
        shares = ", ".join(f"{share:.0%} on release {number}" for number, share in situation.live.weights.items())
        raise ReleaseError(f"live is between releases: {shares}", hint=f"{ending} ends that")


def _refuse_other_model(now: Release, order: Order) -> None:
    if now.model not in {None, order.model} and not order.switch_model:
        raise ReleaseError(
            f"live holds {now.model}, not {order.model}", hint=f"--switch-model makes {order.model} answer instead"
        )


def _refuse_mixture(now: Release, order: Order) -> None:
    """Two models are two contracts: in a canary, chance would decide whose rows are refused."""
    if now.model not in {None, order.model} and order.strategy not in {"", strategies.AT_ONCE}:
        raise ReleaseError(
            f"live holds {now.model}, and a switch to {order.model} is all at once, not {order.strategy}",
            hint="leave --strategy out; `fairlead rollback` brings the other model back",
        )


def _refuse_gone(now: Release, order: Order) -> None:
    if order.instead_of and now.release != order.instead_of:
        raise ReleaseError(f"live is {now}, no longer release {order.instead_of}", hint=SEE_STATUS)


def _refuse_moved(means: Means, live: Alias) -> None:
    if means.function.alias("live").revision != live.revision:
        raise ReleaseError("somebody else moved live in the meantime; it was left where they put it", hint=SEE_STATUS)


def _require_same(found: Configuration, wanted: Configuration) -> None:
    if not found.same_release(wanted):
        raise ReleaseError("somebody else configured the function in the meantime; live was not moved", hint=SEE_STATUS)
