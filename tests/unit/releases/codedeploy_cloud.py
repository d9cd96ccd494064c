"""CodeDeploy, Lambda and the move function in memory, and a recorder of their events."""

import json
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fairlead.aws.alias_mover import AliasMover
from fairlead.aws.codedeploy import Deployments
from fairlead.aws.lambda_function import Alias, PredictFunction
from fairlead.errors import CallError
from fairlead.journal.alias_state import ObservedAliases
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described, Record, describe_deployment
from fairlead.releases.codedeploy_events import Recorder
from fairlead.releases.restore import Restorer
from fairlead.settings import Recording
from tests.journals import Clock, release

HERE = Recording(
    stack="fairlead",
    bucket="registry",
    function="fairlead-predict",
    application="fairlead",
    group="fairlead-live",
    move="fairlead-move",
)
EVENTS = sorted((Path(__file__).parents[3] / "events").glob("codedeploy-state-change*.json"))
ALARM = "One or more alarms have been activated: <fairlead-canary-errors>"


class Cloud:
    """CodeDeploy and Lambda's reading calls, and what becomes of deployments; time is the clock's."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.deployments: dict[str, dict[str, Any]] = {}
        self.live: tuple[str, dict[str, float]] = ("13", {})
        self.deleted: set[str] = set()

    def get_deployment(self, deploymentId: str) -> dict[str, Any]:
        if deploymentId not in self.deployments:
            raise ClientError({"Error": {"Code": "DeploymentDoesNotExistException"}}, "GetDeployment")
        return {"deploymentInfo": dict(self.deployments[deploymentId])}

    def list_deployments(self, createTimeRange: dict[str, Any], **_: Any) -> dict[str, Any]:
        begun = createTimeRange["start"]
        return {"deployments": [number for number, one in self.deployments.items() if one["createTime"] >= begun]}

    def get_alias(self, **_: str) -> dict[str, Any]:
        version, weights = self.live
        routing = {"AdditionalVersionWeights": weights}
        return {"Name": "live", "FunctionVersion": version, "RevisionId": "r", "RoutingConfig": routing}

    def get_function_configuration(self, Qualifier: str, **_: str) -> dict[str, Any]:
        if Qualifier in self.deleted:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetFunctionConfiguration")
        held = release(int(Qualifier))
        variables = {
            "FAIRLEAD_MODEL": held.model or "",
            "FAIRLEAD_VERSION": str(held.version),
            "FAIRLEAD_MANIFEST_SHA256": held.digest.removeprefix("sha256:"),
        }
        return {
            "Version": Qualifier,
            "RevisionId": "r",
            "CodeSha256": held.code_sha256,
            "LastModified": held.modified,
            "Environment": {"Variables": variables},
        }

    def start(self, number: str, was: int, now: int, **more: Any) -> None:
        described = Described(model="churn", version=now - 1, target=str(now), after=str(was))
        self.deployments[number] = {
            "deploymentId": number,
            "status": "InProgress",
            "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "description": describe_deployment(described),
            "creator": "user",
            "createTime": self.clock.now,
            "startTime": self.clock.now,
            **more,
        }

    def shift(self, was: int, now: int) -> None:
        self.live = (str(was), {str(now): 0.1})

    def end(self, number: str, status: str, live: int, **more: Any) -> None:
        self.deployments[number] |= {"status": status, "completeTime": self.clock.now, **more}
        self.live = (str(live), {})

    def undo(self, number: str, by: str, was: int, now: int, code: str, message: str) -> None:
        """Stop a deployment; CodeDeploy starts another one that undoes it, and ends it."""
        self.end(number, "Stopped", was, errorInformation={"code": code, "message": message})
        self.deployments[number]["rollbackInfo"] = {"rollbackDeploymentId": by}
        self.clock.pass_(seconds=1)
        undoes = {"rollbackTriggeringDeploymentId": number}
        self.start(by, now, was, description="undo", creator="codeDeployRollback", rollbackInfo=undoes)
        self.clock.pass_(seconds=1)
        self.end(by, "Succeeded", was)


class MoveFunction(AliasMover):
    """Moves live as it is asked; `fails` has it fail that many times first."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(None, "fairlead-move")
        self.cloud = cloud
        self.moved_to: list[str] = []
        self.fails = 0

    def move(self, alias: Alias, version: str) -> Alias:
        self.moved_to.append(version)
        if self.fails:
            self.fails -= 1
            raise CallError("fairlead-move failed")
        self.cloud.live = (version, {})
        return msgspec.structs.replace(alias, version=version, weights={})


def over(cloud: Cloud, kept: Journal, mover: MoveFunction | None = None) -> Recorder:
    client: Any = cloud
    function, deployments = PredictFunction(client, HERE.function), Deployments(client, "fairlead", "fairlead-live")
    restorer = Restorer(function, deployments, kept, mover or MoveFunction(cloud), by=lambda: "record")
    return Recorder(HERE, function, deployments, kept, restorer)


def event(number: str = "d-1", state: str = "START", **detail: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(EVENTS[0].read_text())
    given["detail"] |= {"deploymentId": number, "state": state, **detail}
    return given


def seen(cloud: Cloud) -> ObservedAliases:
    version, weights = cloud.live
    return ObservedAliases(live=release(int(version)), weights=weights, previous=None)


def facts(record: Record) -> tuple[str, str, str, str]:
    return record.kind, str(record.was and record.was.release), str(record.now and record.now.release), record.key
