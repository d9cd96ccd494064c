"""CodeDeploy: its handlers, its events, and the role that it assumes."""

import time
from collections.abc import Callable
from typing import Any

from fairlead_local.account import REGION
from fairlead_local.aws_variants import AwsVariants
from fairlead_local.clock import Clock
from fairlead_local.codedeploy.applications import Applications
from fairlead_local.codedeploy.aws_calls import Assume
from fairlead_local.codedeploy.context import Event, Pace
from fairlead_local.codedeploy.deployments import Deployments
from fairlead_local.codedeploy.groups import Groups
from fairlead_local.codedeploy.queries import Queries
from fairlead_local.codedeploy.records import Deployment
from fairlead_local.codedeploy.store import Store
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler

DETAIL_TYPE = "CodeDeploy Deployment State-change Notification"


class CodeDeploy:
    """The service; `pace` may be changed at any time."""

    def __init__(self, clock: Clock, variants: AwsVariants, *, publish: Callable[..., Any], assume: Assume) -> None:
        self.pace = Pace()
        self._assume = assume
        self._publish_event = publish
        store = self.store = Store(clock.now)
        self._deployments = Deployments(store, clock, variants, pace=self.pace, assume=assume, publish=self._publish)
        self._parts = (Applications(store), Groups(store, self._trusts), self._deployments, Queries(store))

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        operations: dict[str, Handler] = {}
        for part in self._parts:
            operations |= part.handlers()
        return operations

    def group_of(self, deployment_id: str) -> str | None:
        """Return a deployment's group as `application/group`, on which IAM grants rights to deployments."""
        with self.store.lock:
            found = self.store.deployments.get(deployment_id)
            return f"{found.group.application}/{found.group.name}" if found else None

    def stop_all(self, seconds: float) -> None:
        """Stop the deployments that run, roll them back, and wait until that is done, at most so long."""
        end = time.monotonic() + seconds
        self._deployments.stop_all()
        while time.monotonic() < end and any(not one.over for one in list(self.store.deployments.values())):
            time.sleep(0.05)

    def _trusts(self, role: str) -> bool:
        """Return whether a role exists and CodeDeploy may assume it."""
        try:
            self._assume(role)
        except ServiceError:
            return False
        return True

    def _publish(self, deployment: Deployment, event: Event) -> None:
        group = deployment.group
        application = group.arn.replace("deploymentgroup:", "application:").rsplit("/", 1)[0]
        detail = {
            "instanceGroupId": group.id,
            "region": REGION,
            "application": group.application,
            "deploymentId": deployment.id,
            "state": event,
            "deploymentGroup": group.name,
        }
        self._publish_event("aws.codedeploy", DETAIL_TYPE, detail, resources=[application, group.arn])
