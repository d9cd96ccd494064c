"""A test's operator: releases of one stack, for one actor after the other, at a time that the test sets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from fairlead.aws.alias_mover import AliasMover
from fairlead.aws.codedeploy import Deployments
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.stack import Stack
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft, Record
from fairlead.registry.store import Registry
from fairlead.releases.canary_alarms import CanaryAlarms
from fairlead.releases.context import ReleaseContext, reconciled_snapshot
from fairlead.releases.facade import Releases
from fairlead.releases.move import Mover
from fairlead.releases.release import Released
from testkit.memory import Memory
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.strict_lambda import NAME, StrictLambda

MOVE = "fairlead-move"


@dataclass
class Desk:
    """Makes Releases over the same cloud; `said` is what they announced, `now` moves only when a test moves it."""

    stack: Stack
    lambda_: StrictLambda
    deploys: FakeDeploys
    cloudwatch: Any
    memory: Memory
    said: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def context(self, by: str = "ada", stack: Stack | None = None, *, asks: bool = False) -> ReleaseContext:
        """Return an operator's context; with `asks` a function's, whose aliases the move function moves."""
        stack = stack or self.stack
        function = PredictFunction(self.lambda_.client, NAME, pause=0)
        return ReleaseContext(
            stack=stack,
            function=function,
            move=(self.mover() if asks else function).move,
            deployments=Deployments(self.deploys.client, stack.application, stack.group, sleep=lambda _: None),
            alarms=CanaryAlarms(self.cloudwatch, stack.canary_alarms),
            journal=self.journal(),
            by=lambda: by,
            progress=self.said.append,
            sleep=lambda _: None,
        )

    def mover(self) -> AliasMover:
        """Return a client of the move function, which works on the same cloud."""
        mover = Mover(
            PredictFunction(self.lambda_.client, NAME, pause=0),
            self.journal(),
            Registry(self.memory),
            progress=self.said.append,
            sleep=lambda _: None,
        )
        self.lambda_.functions.setdefault(MOVE, lambda event: msgspec.to_builtins(mover.answer(event)))
        return AliasMover(self.lambda_.client, MOVE)

    def releases(self, by: str = "ada", stack: Stack | None = None) -> Releases:
        return Releases(self.context(by, stack), self.cloudwatch)

    def journal(self) -> Journal:
        return Journal(self.memory, "fairlead", clock=lambda: self.now, sleep=lambda _: None)

    def records(self) -> list[Record]:
        """The journal, oldest first."""
        return list(self.journal().records())[::-1]

    def kinds(self) -> list[str]:
        return [f"{one.kind} {one.alias}".strip() for one in self.records()]

    def record(self, **draft: Any) -> None:
        """Write a record as another part of the system would."""
        self.journal().append(Draft(**draft))

    def reconcile(self) -> None:
        """Reconcile the journal a while later, as the next command does first."""
        self.now += timedelta(hours=1)
        reconciled_snapshot(self.context("reconcile"))


def ship(releases: Releases, registry: Registry, version: int, model: str = "churn", **options: Any) -> Released:
    """Release and wait until it is live."""
    return releases.follow(releases.release(registry, model, version, **options))
