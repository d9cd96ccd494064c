"""Entry point of release operations. A release is one published Lambda version: code, layers, model version, digest.

Two aliases name two releases: callers reach `live`, and a rollback goes back to `previous`. CloudFormation creates both
once, on a bootstrap version without a model, and never moves them. CodeDeploy moves `live` to a release; this package
does the rest. The first release leaves `previous` on the bootstrap version. So a rollback needs a second release.
"""

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.aws.alias_mover import AliasMover
from fairlead.aws.cloudwatch_alarms import Alarms, AlarmState
from fairlead.aws.codedeploy import Deployment, Deployments
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack
from fairlead.journal.journal import Clock, Journal, utc_now
from fairlead.model.release import Release
from fairlead.registry.retirements import Retirement
from fairlead.registry.store import Registry
from fairlead.releases import prune, release, retire, rollback, watch
from fairlead.releases.canary_alarms import Alarm, CanaryAlarms
from fairlead.releases.context import Progress, ReleaseContext, Running, read_aliases
from fairlead.releases.health_check import problem
from fairlead.releases.prune import Plan
from fairlead.releases.release import Released, ReleaseOrder
from fairlead.releases.watch import Snapshot


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The live release, and the one a rollback goes back to. `weights` are traffic shares of other releases (0–1).

    `previous` is None if its version was deleted. The problems say why a release does not answer, empty if it does.
    `standing` are all of the stack's alarms in state ALARM; `alarms` are the canary alarms.
    """

    live: Release
    previous: Release | None
    weights: dict[str, float]
    running: Running | None
    alarms: list[Alarm]
    standing: list[AlarmState]
    live_problem: str
    previous_problem: str
    api_url: str
    stack: str
    stack_status: str


class Releases:
    """The release operations of one stack. Every method raises ReleaseError, and then `live` has not moved."""

    def __init__(self, context: ReleaseContext, cloudwatch: Any) -> None:
        self._context = context
        self._cloudwatch = cloudwatch

    def status(self) -> Status:
        """Return both aliases, the running deployment, the alarms, and whether both releases answer."""
        situation, function, stack = read_aliases(self._context), self._context.function, self._context.stack
        back = situation.back
        return Status(
            live=situation.now,
            previous=back,
            weights=situation.live.weights,
            running=situation.running,
            alarms=self._context.alarms.read(),
            standing=[one for one in Alarms(self._cloudwatch).of_stack(stack.name) if one.state == "ALARM"],
            live_problem=problem(function, situation.now.release),
            previous_problem=problem(function, back.release) if back else "",
            api_url=stack.api_url,
            stack=stack.name,
            stack_status=stack.status,
        )

    def release(
        self,
        registry: Registry,
        model: str,
        version: int,
        *,
        strategy: str = "",
        reason: str = "",
        switch_model: bool = False,
        instead_of: str = "",
    ) -> Released:
        """Freeze a model version as a Lambda version, check that it answers, then start to shift `live` to it.

        `strategy` is one of `strategies.WORDS`, empty for the stack's own. `switch_model` allows a model other than the
        live one; callers must be prepared for it. Refused unless live is at the release `instead_of`, empty for any.
        `follow` waits for the deployment's end.
        """
        order = ReleaseOrder(
            model=model,
            version=version,
            strategy=strategy,
            reason=reason,
            switch_model=switch_model,
            instead_of=instead_of,
        )
        return release.release(self._context, registry, order)

    def freeze(self, registry: Registry, model: str, version: int) -> Release:
        """Freeze a model version as a Lambda version without an alias, and check that it answers.

        The next release of that version reuses it.
        """
        return release.freeze(self._context, registry, ReleaseOrder(model=model, version=version))

    def live(self) -> Release:
        """Return the release that live names; during a deployment, the old one."""
        return self._context.function.release(self._context.function.alias("live").version)

    def follow(self, released: Released, *, on_poll: Callable[[Deployment], None] = lambda _: None) -> Released:
        """Wait until a release's deployment has ended; raises ReleaseError with the reason if it failed."""
        return release.follow(self._context, released, on_poll=on_poll)

    def watch(self, deployment: str, *, pause: float = 3) -> Iterator[Snapshot]:
        """Yield snapshots of a deployment until it has ended."""
        return watch.watch(self._context, self._cloudwatch, deployment, pause=pause)

    def rollback(
        self, registry: Registry, model: str, *, to: str = "", away_from: str | None = None, reason: str = ""
    ) -> Released:
        """Move `live` back to `previous`, or to the version or release that `to` names.

        Refused unless live is at, or is shifting to, the release `away_from` (None for any).
        """
        return rollback.roll_back(self._context, registry, model, to=to, away_from=away_from, reason=reason)

    def retire(self, registry: Registry, model: str, version: int, *, reason: str = "") -> tuple[Retirement, bool]:
        """Retire a version permanently, unless it is live or about to be; its manifest stays.

        Returns the retirement in force, and whether this call made it. Raises NotFoundError for an unknown version.
        """
        return retire.retire(self._context, registry, model, version, reason=reason)

    def fallbacks(self, registry: Registry, model: str) -> list[Release]:
        """Return the older releases of a live model that a rollback can go to, newest first."""
        return retire.fallbacks(self._context, registry, model)

    def plan_pruning(self, model: str, *, keep: int, pins: Collection[str] = ()) -> Plan:
        """Return which old releases of a model would be deleted. `keep` is the number of newest releases that stay."""
        return prune.plan(self._context, model, keep=keep, pins=pins)

    def prune(self, planned: Plan) -> None:
        """Delete the Lambda versions that a plan lists."""
        prune.prune(self._context, planned)


def release_context(
    stack: Stack,
    *,
    mover: AliasMover | None = None,
    progress: Progress = lambda _: None,
    pause: float = 2,
    clock: Clock = utc_now,
) -> ReleaseContext:
    """Return the context of one stack's release operations, under this process's credentials.

    Without a `mover` this process moves aliases itself. `pause` is the seconds between polls; the journal goes by
    `clock`.
    """
    function = PredictFunction(clients.client("lambda"), stack.function, pause=min(pause, 1))
    return ReleaseContext(
        stack=stack,
        function=function,
        deployments=Deployments(clients.client("codedeploy"), stack.application, stack.group, pause=pause),
        alarms=CanaryAlarms(clients.client("cloudwatch"), stack.canary_alarms),
        # A rollback works without the journal, so it must not wait long for it.
        journal=Journal(
            S3Objects(clients.client("s3", connect_timeout=3, read_timeout=10, attempts=2), stack.bucket),
            stack.name,
            clock=clock,
        ),
        by=cache(clients.caller),
        move=(mover or function).move,
        progress=progress,
    )


def opened(stack: Stack, *, progress: Progress = lambda _: None, pause: float = 2, clock: Clock = utc_now) -> Releases:
    """Return a stack's release operations, under this process's credentials; for the rest see `release_context`."""
    return Releases(release_context(stack, progress=progress, pause=pause, clock=clock), clients.client("cloudwatch"))
