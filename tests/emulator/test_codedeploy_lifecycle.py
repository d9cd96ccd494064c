"""The lifecycle of deployments: traffic, hooks, alarms, stops and rollbacks, on the clock."""

from pathlib import Path
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.emulator.deployments import AT_ONCE, CANARY, Ground, prepare
from tests.local.support import until


@pytest.fixture
def ground(cloud: LocalCloud, new_name: str, tmp_path: Path) -> Ground:
    return prepare(cloud, new_name, tmp_path)


def test_canary_shifts_its_share_and_then_all_traffic(ground: Ground) -> None:
    ground.add_group()
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})

    ground.cloud.advance(290)
    assert ground.alias() == ("1", {"2": 0.1})
    assert ground.info(deployment)["status"] == "InProgress"
    ground.cloud.advance(20)

    info = ground.ended(deployment)
    assert ground.alias() == ("2", {})
    assert info["status"] == "Succeeded"
    assert (info["completeTime"] - info["startTime"]).total_seconds() == pytest.approx(300, abs=5)
    assert set(ground.steps(deployment).values()) == {"Succeeded"}


def test_linear_shifting_adds_a_tenth_each_minute(ground: Ground) -> None:
    ground.add_group("CodeDeployDefault.LambdaLinear10PercentEvery1Minute")
    deployment = ground.deploy("1", "3")
    seen = []
    ground.shifted("1", {"3": 0.1})
    for _ in range(9):
        seen.append(ground.alias()[1]["3"])
        assert ground.target(deployment)["lambdaFunctionInfo"]["targetVersionWeight"] == pytest.approx(seen[-1] * 100)
        ground.cloud.advance(60)

    assert seen == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert (ground.ended(deployment)["status"], ground.alias()) == ("Succeeded", ("3", {}))


def test_all_at_once_shifts_immediately(ground: Ground) -> None:
    ground.add_group(AT_ONCE)

    assert ground.ended(ground.deploy("1", "2"))["status"] == "Succeeded"
    assert ground.alias() == ("2", {})


def test_deployment_may_override_its_groups_configuration(ground: Ground) -> None:
    ground.add_group(CANARY)
    deployment = ground.deploy("1", "2", deploymentConfigName=AT_ONCE)

    assert (ground.ended(deployment)["status"], ground.info(deployment)["deploymentConfigName"]) == (
        "Succeeded",
        AT_ONCE,
    )


def test_traffic_waits_for_the_hook_to_succeed(ground: Ground) -> None:
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2", hook=True)
    event = ground.hook_event()

    assert set(event) == {"DeploymentId", "LifecycleEventHookExecutionId"}
    assert event["DeploymentId"] == deployment
    assert ground.steps(deployment) == {
        "BeforeAllowTraffic": "InProgress", "AllowTraffic": "Pending", "AfterAllowTraffic": "Pending"
    }  # fmt: skip
    assert ground.alias() == ("1", {})
    ground.answer(event, "Succeeded")
    assert ground.ended(deployment)["status"] == "Succeeded"
    assert ground.alias() == ("2", {})


def test_failed_hook_fails_the_deployment_before_any_traffic(ground: Ground) -> None:
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2", hook=True)
    ground.answer(ground.hook_event(), "Failed")

    info = ground.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert ground.steps(deployment) == {
        "BeforeAllowTraffic": "Failed", "AllowTraffic": "Skipped", "AfterAllowTraffic": "Skipped"
    }  # fmt: skip
    assert ground.target(deployment)["lambdaFunctionInfo"]["targetVersionWeight"] == 0
    assert ground.ended(info["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"
    assert ground.alias() == ("1", {})


def test_failed_hook_after_traffic_rolls_back(ground: Ground) -> None:
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2", after=True)
    event = ground.hook_event()
    assert ground.alias() == ("2", {})
    ground.answer(event, "Failed")

    info = ground.ended(deployment)
    ground.ended(info["rollbackInfo"]["rollbackDeploymentId"])
    assert ground.steps(deployment)["AfterAllowTraffic"] == "Failed"
    assert ground.alias() == ("1", {})


@pytest.mark.parametrize("crashes", [False, True])
def test_hook_without_result_fails_after_an_hour(
    cloud: LocalCloud, new_name: str, tmp_path: Path, *, crashes: bool
) -> None:
    ground = prepare(cloud, new_name, tmp_path, crashes=crashes)
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2", hook=True)
    event = ground.hook_event()

    cloud.advance(3590)
    assert ground.info(deployment)["status"] == "InProgress"
    cloud.advance(11)

    info = ground.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    with pytest.raises(ground.codedeploy.exceptions.LifecycleEventAlreadyCompletedException):
        ground.answer(event, "Succeeded")
    assert ground.alias() == ("1", {})


def test_an_alarm_stops_the_deployment_and_rolls_it_back(ground: Ground) -> None:
    ground.add_group()
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})
    ground.ring()
    ground.cloud.advance(15)

    info = ground.ended(deployment)
    rollback = ground.ended(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert ground.alarm in info["errorInformation"]["message"]
    assert (rollback["status"], rollback["creator"]) == ("Succeeded", "codeDeployRollback")
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment
    assert ground.alias() == ("1", {}), "although the alarm is still in ALARM"


def test_alarm_in_alarm_stops_the_deployment_before_any_traffic(ground: Ground) -> None:
    ground.add_group()
    ground.ring()
    deployment = ground.deploy("1", "2", hook=True)

    info = ground.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert set(ground.steps(deployment).values()) == {"Skipped"}
    assert ground.alias() == ("1", {})
    ground.ended(info["rollbackInfo"]["rollbackDeploymentId"])
    ground.ring("OK")
    assert ground.ended(ground.deploy("1", "2", deploymentConfigName=AT_ONCE))["status"] == "Succeeded"


def test_no_rollback_without_the_groups_setting(ground: Ground) -> None:
    ground.add_group(autoRollbackConfiguration={"enabled": False})
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})
    ground.ring()
    ground.cloud.advance(15)

    assert "rollbackInfo" not in ground.ended(deployment)
    assert ground.alias() == ("1", {"2": 0.1})


def test_stop_without_rollback_takes_time_and_leaves_two_versions(ground: Ground) -> None:
    ground.add_group()
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})
    ground.cloud.set_pace(stop=600)
    try:
        stopping = ground.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=False)
        assert stopping["status"] == "Pending"
        ground.cloud.advance(590)
        assert ground.info(deployment)["status"] == "InProgress"
        assert ground.alias() == ("1", {"2": 0.1}), "no further shift while it stops"
        ground.cloud.advance(20)
    finally:
        ground.cloud.set_pace(stop=0.5)

    info = ground.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert "rollbackInfo" not in info
    assert ground.alias() == ("1", {"2": 0.1})
    refused = ground.ended(ground.deploy("1", "3"))
    assert (refused["status"], refused["errorInformation"]["code"]) == ("Failed", "INVALID_LAMBDA_CONFIGURATION")


def test_stop_with_rollback_restores_the_alias(ground: Ground) -> None:
    ground.add_group()
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})
    ground.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)

    rollback = ground.ended(deployment)["rollbackInfo"]["rollbackDeploymentId"]
    assert ground.ended(rollback)["status"] == "Succeeded"
    assert ground.alias() == ("1", {})


def test_ended_deployment_cannot_be_stopped(ground: Ground) -> None:
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2")
    ground.ended(deployment)

    with pytest.raises(ground.codedeploy.exceptions.DeploymentAlreadyCompletedException):
        ground.codedeploy.stop_deployment(deploymentId=deployment)


def test_second_deployment_of_a_group_is_refused(ground: Ground) -> None:
    ground.add_group()
    running = ground.deploy("1", "2")

    with pytest.raises(ground.codedeploy.exceptions.DeploymentLimitExceededException, match=running):
        ground.deploy("1", "3")


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        (("2", "3"), "INVALID_LAMBDA_CONFIGURATION"),  # the alias is on 1
        (("1", "1"), "INVALID_LAMBDA_CONFIGURATION"),
        (("1", "9"), "INVALID_LAMBDA_FUNCTION"),
        (("9", "1"), "INVALID_LAMBDA_CONFIGURATION"),
    ],
)
def test_invalid_deployment_fails_and_keeps_the_alias(ground: Ground, versions: tuple[str, str], code: str) -> None:
    ground.add_group()

    info = ground.ended(ground.deploy(*versions))

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", code)
    assert "rollbackInfo" not in info
    assert ground.alias() == ("1", {})


def test_alias_moved_during_a_deployment_fails_it_with_rollback(ground: Ground) -> None:
    ground.add_group()
    deployment = ground.deploy("1", "2")
    ground.shifted("1", {"2": 0.1})
    ground.functions.update_alias(
        FunctionName=ground.name, Name="live", FunctionVersion="3", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    ground.cloud.advance(301)

    info = ground.ended(deployment)
    ground.ended(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "INVALID_LAMBDA_CONFIGURATION")
    assert ground.alias() == ("1", {}), "a rollback overwrites another client's move of the alias"


def test_state_changes_are_published_to_eventbridge(ground: Ground) -> None:
    rules = ground.cloud.client("events")
    rule = rules.put_rule(
        Name=ground.name,
        EventPattern=f'{{"source": ["aws.codedeploy"], "detail": {{"application": ["{ground.name}"]}}}}',
    )["RuleArn"]
    hook = f"arn:aws:lambda:us-east-1:123456789012:function:{ground.hook}"
    rules.put_targets(Rule=ground.name, Targets=[{"Id": "it", "Arn": hook}])
    ground.functions.add_permission(
        FunctionName=ground.hook, StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=rule,
    )  # fmt: skip
    ground.add_group(AT_ONCE)
    deployment = ground.deploy("1", "2")
    seen: list[dict[str, Any]] = []

    def done() -> bool:
        seen.append(ground.hook_event())
        return "SUCCESS" in [event["detail"]["state"] for event in seen]

    until(done)
    event = seen[-1]
    assert (event["source"], event["detail-type"]) == (
        "aws.codedeploy",
        "CodeDeploy Deployment State-change Notification",
    )
    assert event["resources"][1] == f"arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:{ground.name}/live"
    assert set(event["detail"]) == {
        "region",
        "deploymentId",
        "instanceGroupId",
        "deploymentGroup",
        "state",
        "application",
    }
    assert event["detail"]["deploymentId"] == deployment


@pytest.mark.parametrize(("rollback_to", "version"), [("current version", "1"), ("last good revision", "2")])
def test_rollback_after_a_move_by_hand_goes_by_the_variant(ground: Ground, rollback_to: str, version: str) -> None:
    """Version 2 was deployed, and left without a deployment; then the deployment of version 3 fails."""
    ground.add_group(AT_ONCE)
    ground.ended(ground.deploy("1", "2"))
    ground.functions.update_alias(FunctionName=ground.name, Name="live", FunctionVersion="1")

    with ground.cloud.variants(rollback_to=rollback_to):
        deployment = ground.deploy("1", "3", after=True)
        ground.answer(ground.hook_event(), "Failed")
        ground.ended(ground.ended(deployment)["rollbackInfo"]["rollbackDeploymentId"])

    assert ground.alias() == (version, {})
