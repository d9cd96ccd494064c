"""The operations that create and stop deployments, and take the results of hooks."""

import json
from typing import Any

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.clock import Clock
from fairlead_local.codedeploy import appspec
from fairlead_local.codedeploy.appspec import AppSpec
from fairlead_local.codedeploy.aws_calls import Assume, AwsCalls
from fairlead_local.codedeploy.context import DeploymentContext, Pace, Publish
from fairlead_local.codedeploy.groups import DEFAULT_CONFIG, check_alarms, check_rollback
from fairlead_local.codedeploy.lifecycle import Lifecycle
from fairlead_local.codedeploy.records import Deployment
from fairlead_local.codedeploy.store import Store
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler

DESCRIPTION_LIMIT = 256


class Deployments:
    """The handlers that change deployments."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        variants: AwsVariants,
        *,
        pace: Pace,
        assume: Assume,
        publish: Publish,
    ) -> None:
        self._store = store
        self._variants = variants
        self._assume = assume
        self._context = DeploymentContext(store, clock, pace, publish, self._undo)
        self._lifecycles: dict[str, Lifecycle] = {}

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateDeployment": self.create,
            "StopDeployment": self.stop,
            "PutLifecycleEventHookExecutionStatus": self.answer,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateDeployment: invalid parameters are refused at once; other problems fail the deployment."""
        with self._store.lock:
            group = self._store.group(params.get("applicationName"), params.get("deploymentGroupName"))
            _check(params)
            spec = appspec.read(params["revision"])
            config = self._store.config(params.get("deploymentConfigName") or group.settings["deploymentConfigName"])
            running = self._store.running(group)
            if running:
                raise ServiceError(
                    "DeploymentLimitExceededException",
                    f"The Deployment Group '{group.name}' already has an active Deployment '{running.id}'",
                )
            watched = params.get("overrideAlarmConfiguration") or group.settings["alarmConfiguration"]
            deployment = Deployment(
                group,
                config,
                spec,
                params["revision"],
                self._store.now(),
                alarms=_alarms(watched),
                ignore_poll_failure=bool(watched.get("ignorePollAlarmFailure")),
                auto_rollback=params.get("autoRollbackConfiguration") or group.settings["autoRollbackConfiguration"],
                description=params.get("description", ""),
            )
            self._begin(deployment)
            return {"deploymentId": deployment.id}

    def stop(self, params: dict[str, Any]) -> dict[str, Any]:
        """StopDeployment: returns Pending; the deployment's status shows when it has stopped."""
        with self._store.lock:
            deployment = self._store.deployment(params.get("deploymentId"))
            if deployment.over:
                message = f"The deployment {deployment.id} has already completed"
                raise ServiceError("DeploymentAlreadyCompletedException", message)
            setting = deployment.auto_rollback
            by_setting = setting.get("enabled") and "DEPLOYMENT_STOP_ON_REQUEST" in setting.get("events", [])
            self._lifecycles[deployment.id].stop(roll_back=bool(params.get("autoRollbackEnabled", by_setting)))
            return {"status": "Pending", "statusMessage": "The deployment is being stopped"}

    def answer(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutLifecycleEventHookExecutionStatus: takes a hook's result, once."""
        with self._store.lock:
            deployment = self._store.deployment(params.get("deploymentId"))
            execution, status = params.get("lifecycleEventHookExecutionId", ""), params.get("status", "")
            if status not in ("Succeeded", "Failed"):
                message = f"A hook reports Succeeded or Failed, not {status!r}"
                raise ServiceError("InvalidLifecycleEventHookExecutionStatusException", message)
            steps = [step for step in deployment.steps.values() if execution and step.execution_id == execution]
            if not steps:
                message = f"No hook of {deployment.id} has the execution id given"
                raise ServiceError("InvalidLifecycleEventHookExecutionIdException", message)
            step = steps[0]
            if step.status != "InProgress" or deployment.over:
                raise ServiceError("LifecycleEventAlreadyCompletedException", f"{step.name} is already {step.status}")
            step.status, step.ended = status, self._store.now()
            self._lifecycles[deployment.id].answered(step)
            return {"lifecycleEventHookExecutionId": execution}

    def stop_all(self) -> None:
        """Stop every deployment that runs and roll it back, as an operator could."""
        with self._store.lock:
            running = [one.id for one in self._store.deployments.values() if not one.over and not one.is_rollback]
        for deployment_id in running:
            self.stop({"deploymentId": deployment_id, "autoRollbackEnabled": True})

    def _begin(self, deployment: Deployment) -> None:
        before = [old for old in self._store.of_group(deployment.group) if old.status == "Succeeded"]
        deployment.previous_revision = before[0].revision if before else None
        application = self._store.application(deployment.group.application)
        digest = appspec.digest(appspec.content(deployment.revision))
        application.revisions[digest] = deployment.revision
        self._store.deployments[deployment.id] = deployment
        aws = AwsCalls(self._assume, deployment.group.role, deployment.spec)
        self._lifecycles[deployment.id] = Lifecycle(self._context, deployment, aws)
        self._lifecycles[deployment.id].start()

    def _undo(self, failed: Deployment) -> Deployment:
        """Start a rollback: a deployment of its own, without hooks and alarms."""
        old = failed.spec
        spec = AppSpec(old.function, old.alias, current=old.target, target=self._way_back(failed), hooks={})
        deployment = Deployment(
            failed.group,
            self._store.config(DEFAULT_CONFIG),
            spec,
            {"revisionType": "AppSpecContent", "appSpecContent": {"content": _text(spec)}},
            self._store.now(),
            alarms=(),
            auto_rollback={"enabled": False, "events": []},
            description=f"Deployment rolled back automatically because deployment {failed.id} {failed.status.lower()}",
            creator="codeDeployRollback",
        )
        message = f"Deployment {failed.id} {failed.status.lower()} and was rolled back by deployment {deployment.id}"
        deployment.rollback_info = {"rollbackTriggeringDeploymentId": failed.id, "rollbackMessage": message}
        failed.rollback_info = {"rollbackDeploymentId": deployment.id, "rollbackMessage": message}
        self._begin(deployment)
        return deployment

    def _way_back(self, failed: Deployment) -> str:
        """Return the version that a rollback goes to."""
        if self._variants.rollback_to == "last good revision" and failed.previous_revision:
            return appspec.read(failed.previous_revision).target
        return failed.spec.current


def _check(params: dict[str, Any]) -> None:
    if "revision" not in params:
        raise ServiceError("RevisionRequiredException", "A revision is required.")
    if len(params.get("description", "")) > DESCRIPTION_LIMIT:
        message = f"The description is longer than {DESCRIPTION_LIMIT} characters"
        raise ServiceError("DescriptionTooLongException", message)
    unknown = sorted({"targetInstances", "ec2DeploymentOptions", "deploymentMode"} & params.keys())
    if unknown:
        raise ServiceError(
            "NotImplemented", f"the local cloud does not support deployments with {', '.join(unknown)}", status=501
        )
    check_alarms(params.get("overrideAlarmConfiguration"))
    check_rollback(params.get("autoRollbackConfiguration"))


def _alarms(setting: dict[str, Any]) -> tuple[str, ...]:
    return tuple(alarm["name"] for alarm in setting.get("alarms", [])) if setting.get("enabled") else ()


def _text(spec: AppSpec) -> str:
    properties = {
        "Name": spec.function, "Alias": spec.alias, "CurrentVersion": spec.current, "TargetVersion": spec.target
    }  # fmt: skip
    resource = {spec.alias: {"Type": "AWS::Lambda::Function", "Properties": properties}}
    return json.dumps({"version": 0.0, "Resources": [resource]})
