"""Stacks with CodeDeploy's application, configuration and group, and EventBridge's rules."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.conformance import conforming
from tests.local.support import until

STACK = "deploying"
TRUST = {"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}


def template(*, minutes: int = 3, alarm: bool = True, targets: int = 1) -> str:
    function = "arn:aws:lambda:us-east-1:123456789012:function:any"
    group: dict[str, Any] = {
        "ApplicationName": {"Ref": "App"},
        "DeploymentGroupName": "live",
        "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "DeploymentConfigName": {"Ref": "Plan"},
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
        "AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]},
    }
    if alarm:
        group["AlarmConfiguration"] = {"Enabled": "true", "Alarms": [{"Name": "any"}]}
    rule = {
        "EventPattern": {"source": ["aws.codedeploy"], "detail": {"application": [{"Ref": "App"}]}},
        "Targets": [
            {"Id": f"t{n}", "Arn": function, "RetryPolicy": {"MaximumRetryAttempts": "5"}} for n in range(targets)
        ],
    }
    canary = {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": "20", "CanaryInterval": minutes}}
    resources = {
        "Role": ("IAM::Role", {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}}),
        "App": ("CodeDeploy::Application", {"ApplicationName": {"Ref": "AWS::StackName"}, "ComputePlatform": "Lambda"}),
        "Plan": ("CodeDeploy::DeploymentConfig", {"ComputePlatform": "Lambda", "TrafficRoutingConfig": canary}),
        "Group": ("CodeDeploy::DeploymentGroup", group),
        "Rule": ("Events::Rule", rule),
    }
    return json.dumps(
        {
            "Resources": {
                name: {"Type": f"AWS::{kind}", "Properties": given} for name, (kind, given) in resources.items()
            },
            "Outputs": {"RuleArn": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}}, "Plan": {"Value": {"Ref": "Plan"}}},
        }
    )


def settled(stacks: Any) -> dict[str, Any]:
    """The stack once nothing is in progress."""

    def done() -> dict[str, Any] | None:
        stack: dict[str, Any] = stacks.describe_stacks(StackName=STACK)["Stacks"][0]
        return stack if "PROGRESS" not in stack["StackStatus"] else None

    found: dict[str, Any] = until(done)
    return found | {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def gone(get: Callable[..., Any], **where: str) -> bool:
    """Return whether CodeDeploy no longer has the resource that `get` reads."""
    try:
        get(**where)
    except ClientError as error:
        return str(error.response["Error"]["Code"]).endswith("DoesNotExistException")
    return False


@pytest.fixture(scope="module")
def stacks(cloud: LocalCloud) -> Any:
    return cloud.client("cloudformation")


def test_stack_of_codedeploy_and_eventbridge_is_created_updated_and_deleted(cloud: LocalCloud, stacks: Any) -> None:
    codedeploy, events = conforming(cloud, "codedeploy"), conforming(cloud, "events")
    where = {"applicationName": STACK, "deploymentGroupName": "live"}

    stacks.create_stack(StackName=STACK, TemplateBody=template(targets=2), Capabilities=["CAPABILITY_IAM"])
    made = settled(stacks)
    group = codedeploy.get_deployment_group(**where)["deploymentGroupInfo"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert group["deploymentConfigName"] == made["Plan"]
    assert group["alarmConfiguration"] == {"enabled": True, "alarms": [{"name": "any"}]}
    plan = codedeploy.get_deployment_config(deploymentConfigName=made["Plan"])["deploymentConfigInfo"]
    assert plan["trafficRoutingConfig"]["timeBasedCanary"] == {"canaryPercentage": 20, "canaryInterval": 3}
    name = made["RuleArn"].rsplit("/", 1)[-1]

    changed = template(minutes=4, alarm=False)
    stacks.update_stack(StackName=STACK, TemplateBody=changed, Capabilities=["CAPABILITY_IAM"])
    updated = settled(stacks)
    group = codedeploy.get_deployment_group(**where)["deploymentGroupInfo"]
    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    assert group["deploymentConfigName"] == updated["Plan"] != made["Plan"], "a plan is replaced, never changed"
    assert gone(codedeploy.get_deployment_config, deploymentConfigName=made["Plan"])
    assert not group["alarmConfiguration"]["enabled"]
    missing = events.remove_targets(Rule=name, Ids=["t0", "t1"])["FailedEntries"]
    assert [failed["TargetId"] for failed in missing] == ["t1"], "the second target went with the update"

    stacks.update_stack(StackName=STACK, TemplateBody=template(minutes=4), Capabilities=["CAPABILITY_IAM"])
    settled(stacks)
    stacks.delete_stack(StackName=STACK)
    until(lambda: gone(codedeploy.get_application, applicationName=STACK))
    until(lambda: name not in [rule["Name"] for rule in events.list_rules()["Rules"]])
    until(lambda: gone(codedeploy.get_deployment_config, deploymentConfigName=updated["Plan"]))


def test_rollback_of_an_update_goes_back_to_the_resources_that_it_had_replaced(cloud: LocalCloud, stacks: Any) -> None:
    """The old one is deleted last, so it is still there: making another of its name would fail."""

    def named(minutes: int, *, fails: bool = False) -> str:
        made = json.loads(template(minutes=minutes))
        made["Resources"]["Plan"]["Properties"]["DeploymentConfigName"] = f"canary-{minutes}"
        planted = {"Type": "AWS::Logs::LogGroup", "DependsOn": "Group", "Properties": {"LogGroupName": "no name"}}
        made["Resources"] |= {"Planted": planted} if fails else {}
        return json.dumps(made)

    codedeploy = cloud.client("codedeploy")
    stacks.create_stack(StackName=STACK, TemplateBody=named(3), Capabilities=["CAPABILITY_IAM"])
    assert settled(stacks)["Plan"] == "canary-3"
    made = codedeploy.get_deployment_config(deploymentConfigName="canary-3")["deploymentConfigInfo"]

    stacks.update_stack(StackName=STACK, TemplateBody=named(4, fails=True), Capabilities=["CAPABILITY_IAM"])
    rolled_back = settled(stacks)

    assert (rolled_back["StackStatus"], rolled_back["Plan"]) == ("UPDATE_ROLLBACK_COMPLETE", "canary-3")
    where = {"applicationName": STACK, "deploymentGroupName": "live"}
    assert codedeploy.get_deployment_group(**where)["deploymentGroupInfo"]["deploymentConfigName"] == "canary-3"
    kept = codedeploy.get_deployment_config(deploymentConfigName="canary-3")["deploymentConfigInfo"]
    assert kept["deploymentConfigId"] == made["deploymentConfigId"]
    assert gone(codedeploy.get_deployment_config, deploymentConfigName="canary-4")

    stacks.update_stack(StackName=STACK, TemplateBody=named(5), Capabilities=["CAPABILITY_IAM"])
    assert settled(stacks)["StackStatus"] == "UPDATE_COMPLETE"
    assert gone(codedeploy.get_deployment_config, deploymentConfigName="canary-3")
    stacks.delete_stack(StackName=STACK)
    until(lambda: gone(codedeploy.get_deployment_config, deploymentConfigName="canary-5"))
