"""Applications, groups and deployments as CodeDeploy's API shows them."""

from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.codedeploy import appspec
from fairlead_local.codedeploy.records import PLATFORM, Application, Config, Deployment, Group, Step
from fairlead_local.times import moment

STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
COUNTS = {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}


def application(record: Application) -> dict[str, Any]:
    """ApplicationInfo."""
    return {
        "applicationId": record.id,
        "applicationName": record.name,
        "createTime": moment(record.created),
        "linkedToGitHub": False,
        "computePlatform": PLATFORM,
    }


def config(record: Config) -> dict[str, Any]:
    """DeploymentConfigInfo."""
    return {
        "deploymentConfigId": record.id,
        "deploymentConfigName": record.name,
        "createTime": moment(record.created),
        "computePlatform": PLATFORM,
        "trafficRoutingConfig": record.routing,
    }


def group(record: Group, deployments: list[Deployment]) -> dict[str, Any]:
    """Return DeploymentGroupInfo; `deployments` are the group's, newest first."""
    shown = {
        "applicationName": record.application,
        "deploymentGroupId": record.id,
        "deploymentGroupName": record.name,
        "deploymentStyle": STYLE,
        "triggerConfigurations": [],
        "computePlatform": PLATFORM,
        **record.settings,
    }
    if deployments:
        shown["lastAttemptedDeployment"] = _last(deployments[0])
    succeeded = [deployment for deployment in deployments if deployment.status == "Succeeded"]
    if succeeded:
        shown["lastSuccessfulDeployment"] = _last(succeeded[0])
        shown["targetRevision"] = revision(succeeded[0].revision)
    return shown


def revision(given: dict[str, Any]) -> dict[str, Any]:
    """Return a revision without its AppSpec's text, which only GetApplicationRevision shows."""
    kind = given["revisionType"]
    return {"revisionType": kind, appspec.CONTENT[kind]: {"sha256": appspec.digest(appspec.content(given))}}


def deployment(record: Deployment) -> dict[str, Any]:
    """DeploymentInfo."""
    shown: dict[str, Any] = {
        "applicationName": record.group.application,
        "deploymentGroupName": record.group.name,
        "deploymentConfigName": record.config.name,
        "deploymentId": record.id,
        "revision": revision(record.revision),
        "status": record.status,
        "createTime": moment(record.created),
        "deploymentOverview": _overview(record),
        "creator": record.creator,
        "ignoreApplicationStopFailures": False,
        "autoRollbackConfiguration": record.auto_rollback,
        "updateOutdatedInstancesOnly": False,
        "deploymentStyle": STYLE,
        "instanceTerminationWaitTimeStarted": False,
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": PLATFORM,
    }
    if record.description:
        shown["description"] = record.description
    if record.previous_revision:
        shown["previousRevision"] = revision(record.previous_revision)
    if record.error:
        shown["errorInformation"] = dict(zip(("code", "message"), record.error, strict=True))
    if record.rollback_info:
        shown["rollbackInfo"] = record.rollback_info
    return shown | _times(record)


def target(record: Deployment) -> dict[str, Any]:
    """Return DeploymentTarget: the function and alias."""
    spec = record.spec
    statuses = {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}
    updated = max(at for step in record.steps.values() for at in (step.started, step.ended, record.created) if at)
    function = {
        "functionName": spec.function,
        "functionAlias": spec.alias,
        "currentVersion": spec.current,
        "targetVersion": spec.target,
        "targetVersionWeight": record.weight,
    }
    shown = {
        "deploymentId": record.id,
        "targetId": record.target_id,
        "targetArn": function_arn(spec.function, spec.alias),
        "status": statuses.get(record.status, record.status),
        "lastUpdatedAt": moment(updated),
        "lifecycleEvents": [_step(step) for step in record.steps.values()],
        "lambdaFunctionInfo": function,
    }
    return {"deploymentTargetType": "LambdaTarget", "lambdaTarget": shown}


def _step(step: Step) -> dict[str, Any]:
    shown: dict[str, Any] = {"lifecycleEventName": step.name, "status": step.status}
    if step.started is not None:
        shown["startTime"] = moment(step.started)
    if step.ended is not None:
        shown["endTime"] = moment(step.ended)
    if step.problem:
        shown["diagnostics"] = {"errorCode": "UnknownError", "scriptName": "", "message": step.problem, "logTail": ""}
    return shown


def _times(record: Deployment) -> dict[str, Any]:
    times = {"startTime": record.started, "completeTime": record.ended}
    return {name: moment(at) for name, at in times.items() if at is not None}


def _overview(record: Deployment) -> dict[str, int]:
    now = COUNTS.get(record.status, record.status)
    return {name: int(name == now) for name in ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")}


def _last(record: Deployment) -> dict[str, Any]:
    shown = {"deploymentId": record.id, "status": record.status, "createTime": moment(record.created)}
    if record.ended is not None:
        shown["endTime"] = moment(record.ended)
    return shown
