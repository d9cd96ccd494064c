"""What releases work with, the rules all of them keep, and how things stand before one of them moves anything."""

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
from fairlead.journal.records import Draft, Record, Release, parse_deployment
from fairlead.journal.tail import Tail
from fairlead.registry import retirements
from fairlead.registry.store import Registry
from fairlead.releases import strategies
from fairlead.releases.canary_alarms import CanaryAlarms

Progress = Callable[[str], None]
LOOKED_AT = 50
"""Records in which a retirement is looked for that raced with an intent; older ones show in the registry's list."""


UNREADABLE = (StorageError, SettingsError, IntegrityError, SchemaError)
"""What a registry raises that cannot be reached, or refuses, or holds what nobody understands."""


class Doubts:
    """What could not be read or written where going on is right all the same; each is announced when it occurs."""

    def __init__(self, progress: Progress) -> None:
        self.found: list[str] = []
        self._progress = progress

    @contextmanager
    def about(self, consequence: str) -> Iterator[None]:
        """Go on after what a registry raises that cannot be used; `consequence` says what that means."""
        try:
            yield
        except UNREADABLE as error:
            self.found.append(f"{consequence}: {error}")
            self._progress(f"WARNING: {self.found[-1]}")


@dataclass(frozen=True)
class Means:
    """One stack's function, deployments, alarms and journal. `by` says who acts: an STS ARN, asked for when needed."""

    stack: Stack
    function: PredictFunction
    deployments: Deployments
    alarms: CanaryAlarms
    journal: Journal
    by: Callable[[], str]
    progress: Progress = lambda _: None
    sleep: Callable[[float], None] = time.sleep


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment under way: who started it and why, as far as the journal knows."""

    deployment: Deployment
    strategy: str
    target: str
    by: str
    why: str

    def __str__(self) -> str:
        since = f"{self.deployment.created:%Y-%m-%d %H:%M}Z"
        return f"deployment {self.deployment.id} to release {self.target} is running since {since} by {self.by}"


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Both aliases as they were read, what they name, and the deployment that was running then, if one was.

    `serving` is the version that live names, `back` the one that previous names: None where that was deleted.
    """

    live: Alias
    previous: Alias
    serving: Configuration
    back: Release | None
    running: Running | None

    @property
    def now(self) -> Release:
        """The release that live names; while shifting, the old one."""
        return self.serving.release

    @property
    def arriving(self) -> str:
        """The release that live is going over to; empty if live rests."""
        return self.running.target if self.running else next(iter(self.live.weights), "")


def look(means: Means) -> Situation:
    """Read how things stand. The deployment first: if it ends meanwhile, it is still seen, and so is what it did."""
    deployment = means.deployments.running()
    live, previous = means.function.alias("live"), means.function.alias("previous")
    serving = means.function.configuration(live.version)
    try:
        back = serving.release if previous.version == live.version else means.function.release(previous.version)
    except NotFoundError:
        back = None
    running = _running(means, deployment) if deployment else None
    return Situation(live=live, previous=previous, serving=serving, back=back, running=running)


def look_and_heal(means: Means) -> Situation:
    """Read how things stand, and put on record what a crash, or somebody else, left off it."""
    known = means.journal.last()  # before the aliases are read: what is written after that is news
    situation = look(means)
    if situation.running is None:
        live = situation.live
        means.journal.heal(situation.now, live.weights, situation.back, means.by(), known=known)
    return situation


@contextmanager
def intending(means: Means, draft: Draft, *, doubts: Doubts | None = None) -> Iterator[Record | None]:
    """Put an intent on record before anything moves, and that it failed if it does; the block records what it did.

    Yields the intent; None where `doubts` take it that the journal cannot be written. Raises ReleaseError where the
    journal says that the version was retired: that record came first.
    """

    def unless_retired(tail: Tail) -> Draft:
        for record in tail.recent(LOOKED_AT):
            if draft.now and record.kind == "retired" and same_version(record, draft.now):
                raise retired(record.model, record.version)
        return draft

    intent = None
    with doubts.about("the journal does not hold that live is about to move") if doubts else contextlib.nullcontext():
        intent = means.journal.append_if(unless_retired)
    try:
        yield intent
    except FairleadError as error:
        # Where even this cannot be written, the next command finds the open intent.
        with contextlib.suppress(FairleadError):
            means.journal.append(Draft(kind="failed", by=draft.by, why=str(error), was=draft.was, now=draft.now))
        raise


def refuse_retired(registry: Registry, model: str, version: int) -> None:
    """Raise ReleaseError for a version whose service has ended."""
    if version in retirements.retired(registry.objects, model):
        raise retired(model, version)


def same_version(record: Draft, release: Release) -> bool:
    """Say whether a record without releases is about the version that a release holds."""
    return (record.model, record.version) == (release.model, release.version)


def retired(model: str, version: int) -> ReleaseError:
    """The error for a version whose service has ended."""
    return ReleaseError(f"{model} version {version} is retired", hint=another(model))


def another(model: str) -> str:
    """Say how to make some other version live."""
    return f"`fairlead versions {model}` lists versions, `fairlead release {model} VERSION` makes one live"


def _running(means: Means, deployment: Deployment) -> Running:
    described = parse_deployment(deployment.description)
    target = described.target if described else ""
    intent = _intent(means, target)
    return Running(
        deployment=deployment,
        strategy=strategies.spoken(deployment.configuration, custom=means.stack.custom_strategy),
        target=target,
        by=intent.by if intent else deployment.creator,
        why=intent.why if intent else "",
    )


def _intent(means: Means, target: str) -> Record | None:
    try:
        tail = means.journal.tail()
    except UNREADABLE:  # who started a deployment is told where it is known
        return None
    return next(
        (one for one in tail if one.kind == "intended" and one.now is not None and one.now.release == target), None
    )
