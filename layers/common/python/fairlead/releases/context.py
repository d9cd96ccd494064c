"""Shared context of release operations: AWS adapters, common preconditions, alias snapshot."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from fairlead.aws.codedeploy import Deployment, Deployments
from fairlead.aws.lambda_function import Alias, Configuration, PredictFunction
from fairlead.aws.stack import Stack
from fairlead.errors import (
    FairleadError,
    IntegrityError,
    NotFoundError,
    ReleaseError,
    SchemaError,
    SettingsError,
    StorageError,
)
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft, Record, parse_deployment
from fairlead.journal.tail import Tail
from fairlead.model.release import Release
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases import strategies
from fairlead.releases.canary_alarms import CanaryAlarms

Progress = Callable[[str], None]

UNREADABLE = (StorageError, SettingsError, IntegrityError, SchemaError)
"""Errors of a registry that cannot be reached, denies access, or holds malformed objects."""


class ToleratedFailures:
    """Registry and journal failures that an operation tolerates. Each is reported as progress when it occurs."""

    def __init__(self, progress: Progress) -> None:
        self.found: list[str] = []
        self._progress = progress

    @contextmanager
    def tolerate(self, consequence: str) -> Iterator[None]:
        """Tolerate an error of an unusable registry; `consequence` tells the operator what it means."""
        try:
            yield
        except UNREADABLE as error:
            self.found.append(f"{consequence}: {error}")
            self._progress(f"WARNING: {self.found[-1]}")


@dataclass(frozen=True)
class ReleaseContext:
    """One stack's function, deployments, alarms and journal. `by` returns the caller's STS ARN; it is read when needed.

    `move` points an alias, as it was read, at a release: itself, or through the move function. `progress` takes a line
    for the operator, `sleep` takes seconds.
    """

    stack: Stack
    function: PredictFunction
    deployments: Deployments
    alarms: CanaryAlarms
    journal: Journal
    by: Callable[[], str]
    move: Callable[[Alias, str], Alias]
    progress: Progress = lambda _: None
    sleep: Callable[[float], None] = time.sleep


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running deployment. `by` and `why` are from its intent in the journal, else CodeDeploy's creator and empty."""

    deployment: Deployment
    strategy: str
    target: str
    by: str
    why: str

    def __str__(self) -> str:
        since = f"{self.deployment.created:%Y-%m-%d %H:%M}Z"
        return f"deployment {self.deployment.id} to release {self.target} is running since {since} by {self.by}"


class AliasSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Both aliases as they were read, the versions they name, and the deployment that was running then, if any.

    `serving` is the version that live names. `back` is the release that previous names, None if it was deleted.
    """

    live: Alias
    previous: Alias
    serving: Configuration
    back: Release | None
    running: Running | None

    @property
    def now(self) -> Release:
        """The release that live names; during a deployment, the old one."""
        return self.serving.release

    @property
    def arriving(self) -> str:
        """The number of the release that live is shifting to; empty if no shift is in progress."""
        return self.running.target if self.running else next(iter(self.live.weights), "")

    @property
    def busy(self) -> str:
        """The reason why live cannot move now: a running deployment, or traffic on two releases; empty if it can."""
        if self.running:
            return str(self.running)
        shares = ", ".join(f"{share:.0%} on release {number}" for number, share in self.live.weights.items())
        return f"live is split between releases: {shares}" if shares else ""


def read_aliases(context: ReleaseContext) -> AliasSnapshot:
    """Read the aliases and the running deployment.

    The deployment is read first: if it ends in between, the snapshot still holds it, and its effect on the aliases.
    """
    deployment = context.deployments.running()
    live, previous = context.function.alias("live"), context.function.alias("previous")
    serving = context.function.configuration(live.version)
    try:
        back = serving.release if previous.version == live.version else context.function.release(previous.version)
    except NotFoundError:
        back = None
    running = _running(context, deployment, serving.release.life) if deployment else None
    return AliasSnapshot(live=live, previous=previous, serving=serving, back=back, running=running)


def reconciled_snapshot(context: ReleaseContext) -> AliasSnapshot:
    """Read the aliases, and write into the journal what a crashed or foreign operation left unrecorded."""
    known = context.journal.last()  # read before the aliases: a record written later may know more than this snapshot
    situation = read_aliases(context)
    if situation.running is None:
        live = situation.live
        context.journal.reconcile(situation.now, live.weights, situation.back, context.by(), known=known)
    return situation


@contextmanager
def intending(
    context: ReleaseContext, draft: Draft, *, failures: ToleratedFailures | None = None
) -> Iterator[Record | None]:
    """Write an intent into the journal before the block moves an alias, and a `failed` record if the block raises.

    The block itself records success. Yields the intent; None if the journal cannot be written and `failures` tolerates
    that. Raises ReleaseError if the journal already holds a retirement of the version.
    """

    def unless_retired(tail: Tail) -> Draft:
        for record in tail.recent():  # a retirement which raced with this intent; the registry lists older ones
            if draft.now and record.kind == "retired" and same_version(record, draft.now):
                raise retired_error(record.model, record.version)
        return draft

    intent = None
    with failures.tolerate("the journal holds no intent for this move") if failures else contextlib.nullcontext():
        intent = context.journal.append_if(unless_retired)
    try:
        yield intent
    except FairleadError as error:
        # Where even this cannot be written, the next command finds the open intent.
        with contextlib.suppress(FairleadError):
            context.journal.append(Draft(kind="failed", by=draft.by, why=str(error), was=draft.was, now=draft.now))
        raise


def refuse_retired(registry: Registry, model: str, version: int) -> None:
    """Raise ReleaseError for a retired version."""
    if version in retirements.retired(registry.objects, model):
        raise retired_error(model, version)


def same_version(record: Draft, release: Release) -> bool:
    """Return whether a record without releases is about the version that a release holds."""
    return (record.model, record.version) == (release.model, release.version)


def retired_error(model: str, version: int) -> ReleaseError:
    """Return the error for a retired version."""
    return ReleaseError(f"{model} version {version} is retired", hint=another(model))


def another(model: str) -> str:
    """Return the hint that tells how to make another version live."""
    return f"`fairlead versions {model}` lists versions, `fairlead release {model} VERSION` makes one live"


def _running(context: ReleaseContext, deployment: Deployment, life: str) -> Running:
    described = parse_deployment(deployment.description)
    target = described.target if described else ""
    intent = _intent(context, target, life)
    return Running(
        deployment=deployment,
        strategy=strategies.spoken(deployment.configuration, custom=context.stack.custom_strategy),
        target=target,
        by=intent.by if intent else deployment.creator,
        why=intent.why if intent else "",
    )


def _intent(context: ReleaseContext, target: str, life: str) -> Record | None:
    try:
        return context.journal.all().intent(target, life=life)
    except UNREADABLE:  # the deployment is then reported without its author
        return None
