"""Shared context of all deployments: records, clock and delays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fairlead_local.clock import Clock
from fairlead_local.codedeploy.records import Deployment
from fairlead_local.codedeploy.store import Store

Event = Literal["START", "SUCCESS", "FAILURE", "STOP"]
Publish = Callable[[Deployment, Event], None]


@dataclass
class Pace:
    """CodeDeploy's delays in seconds of the cloud's clock.

    `begin` before a deployment starts, `stop` until it has stopped, `look` between two checks of its alarms, `hook` the
    timeout of a hook.
    """

    begin: float = 0.1
    stop: float = 0.5
    look: float = 10.0
    hook: float = 3600.0


@dataclass(frozen=True)
class DeploymentContext:
    """Records, clock and delays; `undo` starts a rollback deployment."""

    store: Store
    clock: Clock
    pace: Pace
    publish: Publish
    undo: Callable[[Deployment], Deployment]
