"""The subject of CodeDeploy's tests: a function with versions, an alias, a hook, and a deployment group."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead_local.cloud import LocalCloud
from tests.emulator.conformance import conforming
from tests.local.support import archive, create, publish, until

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
HOOK = """
import json, os, pathlib, time
def handler(event, context):
    half = pathlib.Path(os.environ["ASKED"] + f".{time.time_ns()}")
    half.write_text(json.dumps(event))
    half.rename(f"{half}.json")  # two calls may come at once
    if os.environ.get("CRASHES"):
        raise RuntimeError("as asked")
"""


@dataclass(frozen=True)
class Ground:
    """Function, application and hook of one test, all of one name; the alias `live` is on version 1 of three."""

    cloud: LocalCloud
    name: str
    role: str
    folder: Path
    codedeploy: Any
    functions: Any

    @property
    def hook(self) -> str:
        return f"CodeDeployHook_{self.name}"

    @property
    def alarm(self) -> str:
        return f"{self.name}-red"

    def add_group(self, config: str = CANARY, **settings: Any) -> None:
        """A group whose one alarm is quiet, and which rolls back on failure and alarm."""
        self.codedeploy.create_deployment_group(
            **{
                "applicationName": self.name,
                "deploymentGroupName": "live",
                "serviceRoleArn": self.role,
                "deploymentConfigName": config,
                "alarmConfiguration": {"enabled": True, "alarms": [{"name": self.alarm}]},
                "autoRollbackConfiguration": {
                    "enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
                },
                **settings,
            }
        )  # fmt: skip

    def spec(self, current: str, target: str, *, hook: bool = False, after: bool = False) -> str:
        properties = {"Name": self.name, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
        spec: dict[str, Any] = {
            "version": 0.0, "Resources": [{"live": {"Type": "AWS::Lambda::Function", "Properties": properties}}]
        }  # fmt: skip
        spec["Hooks"] = [{"BeforeAllowTraffic": self.hook}] if hook else []
        spec["Hooks"] += [{"AfterAllowTraffic": self.hook}] if after else []
        return json.dumps(spec)

    def deploy(self, current: str, target: str, *, hook: bool = False, after: bool = False, **more: Any) -> str:
        """CreateDeployment; the id."""
        content = self.spec(current, target, hook=hook, after=after)
        made = self.codedeploy.create_deployment(
            applicationName=self.name,
            deploymentGroupName="live",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
            **more,
        )
        return str(made["deploymentId"])

    def info(self, deployment: str) -> dict[str, Any]:
        found: dict[str, Any] = self.codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        return found

    def ended(self, deployment: str) -> dict[str, Any]:
        """Return a deployment's description after its end."""

        def over() -> dict[str, Any] | None:
            found = self.info(deployment)
            return found if found["status"] in ("Succeeded", "Failed", "Stopped") else None

        found: dict[str, Any] = until(over)
        return found

    def steps(self, deployment: str) -> dict[str, str]:
        """Lifecycle events and their statuses."""
        return {step["lifecycleEventName"]: step["status"] for step in self.target(deployment)["lifecycleEvents"]}

    def target(self, deployment: str) -> dict[str, Any]:
        where = {"deploymentId": deployment, "targetId": f"{self.name}:live"}
        found = self.codedeploy.get_deployment_target(**where)["deploymentTarget"]
        shown: dict[str, Any] = found["lambdaTarget"]
        return shown

    def alias(self) -> tuple[str, dict[str, float]]:
        """Return the version and the weights of `live`."""
        found = self.functions.get_alias(FunctionName=self.name, Name="live")
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def shifted(self, version: str, weights: dict[str, float]) -> None:
        """Wait for the alias to be there."""
        until(lambda: self.alias() == (version, weights))

    def hook_event(self) -> dict[str, Any]:
        """The oldest event the hook was called with and no earlier call returned."""
        until(lambda: any(self.folder.glob("asked.*.json")))
        path = min(self.folder.glob("asked.*.json"))
        found: dict[str, Any] = json.loads(path.read_text())
        path.unlink()
        return found

    def answer(self, event: dict[str, str], status: str) -> None:
        """The behaviour of a hook."""
        self.codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )

    def ring(self, state: str = "ALARM") -> None:
        self.cloud.client("cloudwatch").set_alarm_state(AlarmName=self.alarm, StateValue=state, StateReason="the test")


def prepare(cloud: LocalCloud, name: str, folder: Path, *, crashes: bool = False) -> Ground:
    """Create everything but the deployment group."""
    functions, codedeploy = cloud.client("lambda"), conforming(cloud, "codedeploy")
    create(functions, name)
    for description in ("one", "two", "three"):
        publish(functions, name, description)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    codedeploy.create_application(applicationName=name, computePlatform="Lambda")
    ground = Ground(cloud, name, make_role(cloud, name), folder, codedeploy, functions)
    variables = {"ASKED": str(folder / "asked")} | ({"CRASHES": "1"} if crashes else {})
    create(functions, ground.hook, Code={"ZipFile": archive(app=HOOK)}, Environment={"Variables": variables})
    add_alarm(cloud, ground.alarm)
    return ground


def make_role(cloud: LocalCloud, name: str, *, service: str = "codedeploy.amazonaws.com") -> str:
    """A role with the rights a deployment of the function needs, trusted to a service."""
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = "arn:aws:lambda:us-east-1:123456789012:function"
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
            "Resource": f"{arn}:{name}*",
        },
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"{arn}:CodeDeployHook_{name}"},
        {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"},
    ]
    made = iam.create_role(RoleName=f"deploys-{name}", AssumeRolePolicyDocument=_document([trust]))
    iam.put_role_policy(RoleName=f"deploys-{name}", PolicyName="rights", PolicyDocument=_document(statements))
    return str(made["Role"]["Arn"])


def add_alarm(cloud: LocalCloud, name: str) -> None:
    """An alarm whose state only the test sets."""
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="tests", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
