"""Snapshots of a running deployment: old and new release side by side."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws.codedeploy import Deployment
from fairlead.errors import NotFoundError
from fairlead.journal.records import Record, parse_deployment
from fairlead.model.release import Release
from fairlead.releases import metrics
from fairlead.releases.canary_alarms import Alarm
from fairlead.releases.context import ReleaseContext
from fairlead.releases.metrics import Traffic

NOT_YET = "not yet"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two releases: its share of calls now (0–1), and its traffic since the deployment's start."""

    release: Release
    share: float
    traffic: Traffic


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment at one moment. `hook` is the hook's result, NOT_YET before; `old` is None if it was deleted."""

    at: datetime
    deployment: Deployment
    old: Side | None
    new: Side | None
    hook: str
    alarms: list[Alarm]


def watch(context: ReleaseContext, cloudwatch: Any, number: str, *, pause: float = 3) -> Iterator[Snapshot]:
    """Yield a snapshot of a deployment every `pause` seconds until it has ended, and a last one of its end."""
    while True:
        deployment = context.deployments.read(number)
        snapshot = _snapshot(context, cloudwatch, deployment, context.journal.now())
        yield snapshot
        if not deployment.running:
            return
        context.sleep(pause)


def _snapshot(context: ReleaseContext, cloudwatch: Any, deployment: Deployment, at: datetime) -> Snapshot:
    described = parse_deployment(deployment.description)
    pair = (described.after, described.target) if described else ()
    live = context.function.alias("live")
    shares = {live.version: 1 - sum(live.weights.values())} | live.weights
    met = (
        metrics.read(
            cloudwatch,
            pair,
            stack=context.stack.name,
            function=context.function.name,
            since=deployment.created,
            until=at,
        )
        if pair
        else {}
    )
    old, new = (_side(context, release, shares, met) for release in pair) if pair else (None, None)
    return Snapshot(
        at=at,
        deployment=deployment,
        old=old,
        new=new,
        hook=_hook(context.journal.tail(), deployment.id),
        alarms=context.alarms.read(),
    )


def _side(context: ReleaseContext, release: str, shares: dict[str, float], met: dict[str, Traffic]) -> Side | None:
    try:
        facts = context.function.release(release)
    except NotFoundError:
        return None
    return Side(release=facts, share=shares.get(release, 0.0), traffic=met[release])


def _hook(tail: list[Record], number: str) -> str:
    """Return the hook's result from the journal."""
    for record in tail:
        if record.deployment == number and record.key.endswith(":verify"):
            return record.kind + (f": {record.why}" if record.why else "")
    return NOT_YET
