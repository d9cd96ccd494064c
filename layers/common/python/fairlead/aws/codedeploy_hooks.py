"""CodeDeploy's lifecycle hooks: what a deployment asks to be proved, and the one answer it waits for."""

from typing import Any, Literal

import msgspec

from fairlead.aws import clients
from fairlead.errors import ReleaseError

Status = Literal["Succeeded", "Failed"]


class Execution(msgspec.Struct, frozen=True, rename="pascal"):
    """The whole of a hook's event: which deployment asks, and under which id it waits for the answer."""

    deployment_id: str
    lifecycle_event_hook_execution_id: str


class HookedDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment is to do: its description, and the releases in its AppSpec where CodeDeploy shows that.

    `undoes` is the deployment that it rolls back, on CodeDeploy's own word; empty for one that somebody asked for.
    """

    description: str
    current: str = ""
    target: str = ""
    undoes: str = ""


class Hook:
    """One hook's side of CodeDeploy's API."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def order(self, execution: Execution) -> HookedDeployment:
        """Read the deployment that asks; raises ReleaseError, NotFoundError."""
        number = execution.deployment_id
        with clients.translated(f"read deployment {number} (codedeploy:GetDeployment)", otherwise=ReleaseError):
            facts = self._client.get_deployment(deploymentId=number)["deploymentInfo"]
        current, target = _versions(facts.get("revision") or {})
        undoes = (facts.get("rollbackInfo") or {}).get("rollbackTriggeringDeploymentId", "")
        return HookedDeployment(description=facts.get("description", ""), current=current, target=target, undoes=undoes)

    def answer(self, execution: Execution, status: Status) -> bool:
        """Tell CodeDeploy; False says that it has been told before, and that this answer counts for nothing."""
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
    """The current and the target version in an AppSpec of one resource; both empty where there is none to read."""
    shown = (revision.get("appSpecContent") or revision.get("string") or {}).get("content") or ""
    try:
        [resource] = msgspec.json.decode(shown, type=_AppSpec).resources
        [named] = resource.values()
    except (msgspec.DecodeError, ValueError):
        return "", ""
    return named.properties.current_version, named.properties.target_version
