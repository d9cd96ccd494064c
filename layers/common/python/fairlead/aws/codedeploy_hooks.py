"""CodeDeploy's lifecycle hooks: reads the deployment that a hook must check, and sends the hook's answer."""

from typing import Any, Literal

import msgspec

from fairlead.aws import clients
from fairlead.errors import ReleaseError

Status = Literal["Succeeded", "Failed"]


class Execution(msgspec.Struct, frozen=True, rename="pascal"):
    """A hook's event: the deployment that asks, and the id of the execution that waits for an answer."""

    deployment_id: str
    lifecycle_event_hook_execution_id: str


class HookedDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment that a hook checks: its description, and its AppSpec's releases (empty if CodeDeploy omits them).

    `undoes` is the deployment that CodeDeploy rolls back by it; empty for a deployment that a user started.
    """

    description: str
    current: str = ""
    target: str = ""
    undoes: str = ""


class Hook:
    """The calls of a hook to CodeDeploy."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def order(self, execution: Execution) -> HookedDeployment:
        """Return the deployment that asks; raises ReleaseError, NotFoundError."""
        number = execution.deployment_id
        with clients.translated(f"read deployment {number} (codedeploy:GetDeployment)", otherwise=ReleaseError):
            facts = self._client.get_deployment(deploymentId=number)["deploymentInfo"]
        current, target = _versions(facts.get("revision") or {})
        undoes = (facts.get("rollbackInfo") or {}).get("rollbackTriggeringDeploymentId", "")
        return HookedDeployment(description=facts.get("description", ""), current=current, target=target, undoes=undoes)

    def answer(self, execution: Execution, status: Status) -> bool:
        """Send the answer to CodeDeploy; returns False if it has one already, which then stays."""
        from botocore.exceptions import ClientError

        doing = f"answer deployment {execution.deployment_id} (codedeploy:PutLifecycleEventHookExecutionStatus)"
        with clients.translated(doing, otherwise=ReleaseError):
            try:
                self._client.put_lifecycle_event_hook_execution_status(
                    deploymentId=execution.deployment_id,
                    lifecycleEventHookExecutionId=execution.lifecycle_event_hook_execution_id,
                    status=status,
                )
            except ClientError as error:
                if clients.error_code(error) != "LifecycleEventAlreadyCompletedException":
                    raise
                return False
        return True


class _Properties(msgspec.Struct, rename="pascal"):
    current_version: str = ""
    target_version: str = ""


class _Resource(msgspec.Struct, rename="pascal"):
    properties: _Properties


class _AppSpec(msgspec.Struct):
    resources: list[dict[str, _Resource]] = msgspec.field(name="Resources")


def _versions(revision: dict[str, Any]) -> tuple[str, str]:
    """Return current and target version of an AppSpec with one resource; both empty if it cannot be read."""
    shown = (revision.get("appSpecContent") or revision.get("string") or {}).get("content") or ""
    try:
        [resource] = msgspec.json.decode(shown, type=_AppSpec).resources
        [named] = resource.values()
    except (msgspec.DecodeError, ValueError):
        return "", ""
    return named.properties.current_version, named.properties.target_version
