"""What the course of a deployment needs around it."""

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
    """Seconds of the clock that CodeDeploy takes.

    `begin` until a deployment is under way, `stop` until it has stopped when asked to, `look` between two looks at its
    alarms, `hook` at most for a hook's answer.
    """

    begin: float = 0.1
    stop: float = 0.5
    look: float = 10.0
    hook: float = 3600.0


@dataclass(frozen=True)
class DeploymentContext:
    """The records and the clock; `undo` starts a rollback deployment."""

    store: Store
    clock: Clock
    pace: Pace
    publish: Publish
    undo: Callable[[Deployment], Deployment]
