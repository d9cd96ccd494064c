"""CodeDeploy's deployments of the alias `live`: start, read, stop, wait.

CodeDeploy runs one deployment of a group at a time: starting a second one raises ReleaseError and moves nothing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import NotFoundError, ReleaseError

RUNNING = ("Created", "Queued", "InProgress", "Ready", "Baking")
ABSENT = frozenset({"DeploymentDoesNotExistException", "InvalidDeploymentIdException"})
UNDEPLOYABLE = frozenset({"ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException"})
STOPPING = 0.2
SEE_STATUS = "`fairlead status` shows it; `fairlead rollback` ends it"


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment's task: move `alias` of `function` from Lambda version `current` to `target`."""

    function: str
    current: str
    target: str
    hook: str
    alias: str = "live"

    def appspec(self) -> str:
        """Return it as an AppSpec in JSON, the form that CodeDeploy takes."""
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": self.current,
            "TargetVersion": self.target,
        }
        resource = {self.alias: {"Type": "AWS::Lambda::Function", "Properties": properties}}
        spec = {"version": 0.0, "Resources": [resource], "Hooks": [{"BeforeAllowTraffic": self.hook}]}
        return msgspec.json.encode(spec).decode()


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment as CodeDeploy reports it. `reason` tells why it failed or was stopped; else it is empty.

    `rollback` is the id of the deployment that undoes this one, `undoes` of the one that it undoes; empty for none.
    """

    id: str
    status: str
    created: datetime
    configuration: str
    description: str = ""
    creator: str = "user"
    reason: str = ""
    rollback: str = ""
    undoes: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether it may still move the alias."""
        return self.status in RUNNING

    @property
    def stopped_by_hand(self) -> bool:
        """Whether a user stopped it, who then answers for the alias."""
        return self.reason.startswith("MANUAL_STOP")

    @property
    def succeeded(self) -> bool:
        """Whether the alias points at the target."""
        return self.status == "Succeeded"


class Deployments:
    """The deployments of one deployment group. While waiting, it polls every `pause` seconds."""

    def __init__(
        self,
        client: Any,
        application: str,
        group: str,
        *,
        pause: float = 2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._names = {"applicationName": application, "deploymentGroupName": group}
        self.group = group
        self._pause = pause
        self._sleep = sleep

    def running(self) -> Deployment | None:
        """Return the running deployment, None for none; raises ReleaseError."""
        with self._translated("list deployments", "ListDeployments"):
            found = self._client.list_deployments(**self._names, includeOnlyStatuses=list(RUNNING))
        for number in found["deployments"]:
            deployment = self.read(number)
            if deployment.running:  # it may have ended between the two calls
                return deployment
        return None

    def since(self, moment: datetime) -> set[str]:
        """Return the ids of the deployments that were created at this time or later; raises ReleaseError."""
        with self._translated("list deployments", "ListDeployments"):
            found = self._client.list_deployments(**self._names, createTimeRange={"start": moment})
        return set(found["deployments"])

    def read(self, number: str) -> Deployment:
        """Return one deployment; raises NotFoundError, ReleaseError."""
        with self._translated(f"read deployment {number}", "GetDeployment"):
            facts = self._client.get_deployment(deploymentId=number)["deploymentInfo"]
        return _deployment(facts)

    def start(self, shift: Shift, configuration: str, description: str) -> str:
        """Start a deployment and return its id; raises ReleaseError, also while another deployment is running."""
        content = {"content": shift.appspec()}
        with self._translated("start a deployment", "CreateDeployment"):
            started = self._client.create_deployment(
                **self._names,
                deploymentConfigName=configuration,
                description=description,
                revision={"revisionType": "AppSpecContent", "appSpecContent": content},
            )
        return str(started["deploymentId"])

    def stop(self, number: str) -> Deployment:
        """Stop a deployment without its automatic rollback; wait until it, and a rollback of it, has ended.

        A deployment that has ended is left unchanged. Raises ReleaseError.
        """
        from botocore.exceptions import ClientError

        with self._translated(f"stop deployment {number}", "StopDeployment"):
            try:
                self._client.stop_deployment(deploymentId=number, autoRollbackEnabled=False)
            except ClientError as error:
                if clients.error_code(error) != "DeploymentAlreadyCompletedException":
                    raise
        return self.wait(number, pause=min(self._pause, STOPPING))  # an operator waits for the rollback

    def wait(
        self, number: str, *, pause: float | None = None, on_poll: Callable[[Deployment], None] = lambda _: None
    ) -> Deployment:
        """Wait until a deployment, and its rollback if there is one, has ended; return the deployment.

        `pause` (seconds) replaces the usual polling interval; `on_poll` is called with each polled state.
        """
        pause = self._pause if pause is None else pause
        while True:
            deployment = self.read(number)
            on_poll(deployment)
            if not deployment.running:
                break
            self._sleep(pause)
        if deployment.rollback:
            self.wait(deployment.rollback, pause=pause)
        return deployment

    @contextmanager
    def _translated(self, doing: str, action: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with clients.translated(f"{doing} of {self.group} (codedeploy:{action})", otherwise=ReleaseError):
            try:
                yield
            except ClientError as error:
                code = clients.error_code(error)
                if code == "DeploymentLimitExceededException":
                    raise ReleaseError("another deployment is running", hint=SEE_STATUS) from error
                if code in ABSENT:
                    raise NotFoundError(f"could not {doing}: CodeDeploy has no deployment of this id") from error
                if code in UNDEPLOYABLE:
                    raise ReleaseError(
                        f"deployment group {self.group} does not exist", hint="repair the stack: run `sam deploy` again"
                    ) from error
                raise


def _deployment(facts: dict[str, Any]) -> Deployment:
    rollback = facts.get("rollbackInfo") or {}
    error = facts.get("errorInformation") or {}
    said = ": ".join(part for part in (error.get("code"), error.get("message")) if part)
    return Deployment(
        id=facts["deploymentId"],
        status=facts["status"],
        created=facts["createTime"],
        configuration=facts.get("deploymentConfigName", ""),
        description=facts.get("description", ""),
        creator=facts.get("creator", "user"),
        reason=said,
        rollback=rollback.get("rollbackDeploymentId", ""),
        undoes=rollback.get("rollbackTriggeringDeploymentId", ""),
        started=facts.get("startTime"),
        ended=facts.get("completeTime"),
    )
