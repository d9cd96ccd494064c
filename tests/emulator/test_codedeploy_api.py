"""CodeDeploy's operations; every answer is checked against botocore's model."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.deployments import AT_ONCE, CANARY, Ground, make_role, prepare


@pytest.fixture(scope="module")
def ground(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = prepare(cloud, "api-of-codedeploy", tmp_path_factory.mktemp("codedeploy"))
    made.add_group(AT_ONCE)
    return made


@pytest.fixture(scope="module")
def api(ground: Ground) -> Any:
    return ground.codedeploy


def code_of(call: Any, **parameters: Any) -> str:
    """The code a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def revision(text: str, **more: str) -> dict[str, Any]:
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": text, **more}}


def test_application_is_created_shown_and_deleted(api: Any) -> None:
    made = api.create_application(applicationName="one", computePlatform="Lambda", tags=[{"Key": "a", "Value": "b"}])

    shown = api.get_application(applicationName="one")["application"]
    assert (shown["applicationId"], shown["computePlatform"]) == (made["applicationId"], "Lambda")
    assert (
        code_of(api.create_application, applicationName="one", computePlatform="Lambda")
        == "ApplicationAlreadyExistsException"
    )
    api.delete_application(applicationName="one")
    api.delete_application(applicationName="one")
    assert code_of(api.get_application, applicationName="one") == "ApplicationDoesNotExistException"


def test_configurations_for_lambda_are_predefined(api: Any) -> None:
    canaries = {f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes" for minutes in (5, 10, 15, 30)}
    linear = {
        f"CodeDeployDefault.LambdaLinear10PercentEvery{each}"
        for each in ("1Minute", "2Minutes", "3Minutes", "10Minutes")
    }
    for name in canaries | linear | {AT_ONCE}:
        assert (
            api.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]["computePlatform"] == "Lambda"
        )
    shown = api.get_deployment_config(deploymentConfigName=CANARY)["deploymentConfigInfo"]
    assert shown["trafficRoutingConfig"] == {
        "type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}
    }  # fmt: skip
    assert code_of(api.delete_deployment_config, deploymentConfigName=CANARY) == "InvalidOperationException"


def test_own_configuration_is_deleted_unless_a_group_uses_it(api: Any, ground: Ground) -> None:
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 30, "linearInterval": 2}}
    own = {"deploymentConfigName": "own", "computePlatform": "Lambda", "trafficRoutingConfig": routing}
    api.create_deployment_config(**own)

    assert code_of(api.create_deployment_config, **own) == "DeploymentConfigAlreadyExistsException"
    ground.add_group("own", deploymentGroupName="with own")
    assert code_of(api.delete_deployment_config, deploymentConfigName="own") == "DeploymentConfigInUseException"
    api.delete_deployment_group(applicationName=ground.name, deploymentGroupName="with own")
    api.delete_deployment_config(deploymentConfigName="own")
    assert code_of(api.get_deployment_config, deploymentConfigName="own") == "DeploymentConfigDoesNotExistException"


@pytest.mark.parametrize(
    "routing",
    [
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 100, "canaryInterval": 5}},
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 0}},
        {"type": "TimeBasedLinear"},
        {"type": "Sometimes"},
    ],
)
def test_invalid_configuration_of_traffic_is_refused(api: Any, routing: dict[str, Any]) -> None:
    given = {"deploymentConfigName": "bad", "computePlatform": "Lambda", "trafficRoutingConfig": routing}

    assert code_of(api.create_deployment_config, **given) == "InvalidTrafficRoutingConfigurationException"


def test_group_shows_its_settings_and_deployments(api: Any, ground: Ground) -> None:
    where = {"applicationName": ground.name, "deploymentGroupName": "shown"}
    ground.add_group(CANARY, deploymentGroupName="shown", tags=[{"Key": "a", "Value": "b"}])

    shown = api.get_deployment_group(**where)["deploymentGroupInfo"]
    assert (shown["deploymentConfigName"], shown["serviceRoleArn"]) == (CANARY, ground.role)
    assert shown["alarmConfiguration"]["alarms"] == [{"name": ground.alarm}]
    assert shown["autoRollbackConfiguration"]["events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
    assert shown["deploymentStyle"] == {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    api.update_deployment_group(
        applicationName=ground.name, currentDeploymentGroupName="shown", deploymentConfigName=AT_ONCE
    )
    updated = api.get_deployment_group(**where)["deploymentGroupInfo"]
    assert updated["deploymentConfigName"] == AT_ONCE
    assert updated["alarmConfiguration"] == shown["alarmConfiguration"], "what is not given stays"
    api.delete_deployment_group(**where)
    assert code_of(api.get_deployment_group, **where) == "DeploymentGroupDoesNotExistException"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"deploymentGroupName": "live"}, "DeploymentGroupAlreadyExistsException"),
        ({"deploymentConfigName": "none"}, "DeploymentConfigDoesNotExistException"),
        ({"applicationName": "none"}, "ApplicationDoesNotExistException"),
        ({"serviceRoleArn": "arn:aws:iam::123456789012:role/none"}, "InvalidRoleException"),
        ({"alarmConfiguration": {"enabled": True}}, "InvalidAlarmConfigException"),
        (
            {"alarmConfiguration": {"enabled": True, "alarms": [{"name": str(n)} for n in range(11)]}},
            "AlarmsLimitExceededException",
        ),
        ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
        (
            {"deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}},
            "InvalidDeploymentStyleException",
        ),
        ({"autoScalingGroups": ["any"]}, "NotImplemented"),
    ],
)
def test_invalid_group_is_refused(ground: Ground, settings: dict[str, Any], code: str) -> None:
    assert code_of(ground.add_group, **{"deploymentGroupName": "new", **settings}) == code


def test_a_role_that_does_not_trust_codedeploy_is_refused(ground: Ground) -> None:
    other = make_role(ground.cloud, "for-lambda-only", service="lambda.amazonaws.com")

    assert code_of(ground.add_group, deploymentGroupName="new", serviceRoleArn=other) == "InvalidRoleException"


def test_a_role_without_the_right_fails_the_deployment(cloud: LocalCloud, new_name: str, tmp_path: Path) -> None:
    ground = prepare(cloud, new_name, tmp_path)
    other = make_role(cloud, "of-another-function")
    ground.add_group(AT_ONCE, serviceRoleArn=other)

    info = ground.ended(ground.deploy("1", "2"))

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "IAM_ROLE_PERMISSIONS")
    assert ground.alias() == ("1", {})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"applicationName": "none"}, "ApplicationDoesNotExistException"),
        ({"deploymentGroupName": "none"}, "DeploymentGroupDoesNotExistException"),
        ({"deploymentGroupName": None}, "DeploymentGroupNameRequiredException"),
        ({"deploymentConfigName": "none"}, "DeploymentConfigDoesNotExistException"),
        ({"description": "x" * 257}, "DescriptionTooLongException"),
        ({"revision": None}, "RevisionRequiredException"),
        ({"revision": revision("{")}, "InvalidRevisionException"),
        ({"revision": revision("version: 0.0")}, "InvalidRevisionException"),
        ({"revision": {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}}}, "NotImplemented"),
    ],
)
def test_invalid_deployment_is_refused_at_once(ground: Ground, change: dict[str, Any], code: str) -> None:
    where = {"applicationName": ground.name, "deploymentGroupName": "live"}
    asked = {**where, "revision": revision(ground.spec("1", "2")), **change}
    given = {name: value for name, value in asked.items() if value is not None}

    assert code_of(ground.codedeploy.create_deployment, **given) == code


def test_the_digest_of_the_appspec_is_checked(ground: Ground) -> None:
    given = revision(ground.spec("1", "2"), sha256="0" * 64)
    where = {"applicationName": ground.name, "deploymentGroupName": "live"}

    assert code_of(ground.codedeploy.create_deployment, **where, revision=given) == "InvalidRevisionException"


def test_deployment_is_described_without_its_appspec(ground: Ground, api: Any) -> None:
    text = ground.spec("1", "2")
    digest = hashlib.sha256(text.encode()).hexdigest()
    deployment = ground.deploy("1", "2", description="why")
    info = ground.ended(deployment)
    ground.ended(ground.deploy("2", "1"))

    required = {
        "applicationName", "deploymentGroupName", "deploymentConfigName", "deploymentId", "revision", "status",
        "createTime", "startTime", "completeTime", "deploymentOverview", "description", "creator",
        "autoRollbackConfiguration", "deploymentStyle", "computePlatform",
    }  # fmt: skip
    assert required <= set(info)
    assert (info["creator"], info["description"], info["computePlatform"]) == ("user", "why", "Lambda")
    assert info["deploymentOverview"]["Succeeded"] == 1
    assert info["revision"] == {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": digest}}
    found = api.get_application_revision(applicationName=ground.name, revision=info["revision"])
    assert found["revision"]["appSpecContent"]["content"] == text


@pytest.mark.parametrize("kind", ["AppSpecContent", "String"])
def test_the_appspec_may_be_yaml_and_of_the_older_kind(ground: Ground, kind: str) -> None:
    text = f"""
version: 0.0
Resources:
  - any:
      Type: AWS::Lambda::Function
      Properties: {{Name: {ground.name}, Alias: live, CurrentVersion: 1, TargetVersion: 1}}
"""
    member = {"AppSpecContent": "appSpecContent", "String": "string"}[kind]
    made = ground.codedeploy.create_deployment(
        applicationName=ground.name,
        deploymentGroupName="live",
        revision={"revisionType": kind, member: {"content": text}},
    )

    assert ground.ended(made["deploymentId"])["status"] == "Succeeded"


def test_deployments_are_listed_newest_first_by_status_and_time(ground: Ground, api: Any) -> None:
    where = {"applicationName": ground.name, "deploymentGroupName": "live"}
    good, bad = ground.deploy("1", "1"), ""
    ground.ended(good)
    bad = ground.deploy("3", "2")
    ground.ended(bad)

    assert api.list_deployments(**where)["deployments"][:2] == [bad, good]
    failed = api.list_deployments(**where, includeOnlyStatuses=["Failed"])["deployments"]
    assert bad in failed
    assert good not in failed
    assert api.list_deployments(**where, includeOnlyStatuses=["Queued"])["deployments"] == []
    now = datetime.fromtimestamp(ground.cloud.now(), UTC)
    hour = timedelta(hours=1)
    recent = api.list_deployments(**where, createTimeRange={"start": now - hour, "end": now + hour})["deployments"]
    assert bad in recent
    assert api.list_deployments(**where, createTimeRange={"start": now + hour})["deployments"] == []
    backwards = {"start": now, "end": now - hour}
    assert code_of(api.list_deployments, **where, createTimeRange=backwards) == "InvalidTimeRangeException"
    assert code_of(api.list_deployments, applicationName=ground.name) == "DeploymentGroupNameRequiredException"


def test_the_target_is_the_function_and_its_alias(ground: Ground, api: Any) -> None:
    deployment = ground.deploy("1", "1")
    ground.ended(deployment)

    shown = ground.target(deployment)
    assert {"deploymentId", "targetId", "targetArn", "status", "lastUpdatedAt", "lifecycleEvents"} <= set(shown)
    assert shown["lambdaFunctionInfo"] == {
        "functionName": ground.name, "functionAlias": "live", "currentVersion": "1", "targetVersion": "1",
        "targetVersionWeight": 100.0,
    }  # fmt: skip
    assert shown["targetArn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{ground.name}:live"
    refused = code_of(api.get_deployment_target, deploymentId=deployment, targetId="other")
    assert refused == "DeploymentTargetDoesNotExistException"


@pytest.mark.parametrize(
    ("call", "parameters", "code"),
    [
        ("get_deployment", {"deploymentId": "d-NOTHERE00"}, "DeploymentDoesNotExistException"),
        ("get_deployment", {"deploymentId": "x"}, "InvalidDeploymentIdException"),
        ("stop_deployment", {"deploymentId": "d-NOTHERE00"}, "DeploymentDoesNotExistException"),
        ("get_deployment_target", {"deploymentId": "d-NOTHERE00", "targetId": "x"}, "DeploymentDoesNotExistException"),
        (
            "get_deployment_group",
            {"applicationName": "no", "deploymentGroupName": "g"},
            "ApplicationDoesNotExistException",
        ),
        ("list_git_hub_account_token_names", {}, "NotImplemented"),
    ],
)
def test_missing_resources_have_the_models_error_codes(
    api: Any, call: str, parameters: dict[str, Any], code: str
) -> None:
    assert code_of(getattr(api, call), **parameters) == code


def test_hook_reports_its_result_once(ground: Ground, api: Any) -> None:
    deployment = ground.deploy("1", "1", hook=True)
    event = ground.hook_event()
    answer = api.put_lifecycle_event_hook_execution_status
    where = {
        "deploymentId": deployment, "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"]
    }  # fmt: skip

    assert code_of(answer, **where, status="Skipped") == "InvalidLifecycleEventHookExecutionStatusException"
    other = {**where, "lifecycleEventHookExecutionId": "other"}
    assert code_of(answer, **other, status="Succeeded") == "InvalidLifecycleEventHookExecutionIdException"
    taken = answer(**where, status="Succeeded")
    assert taken["lifecycleEventHookExecutionId"] == where["lifecycleEventHookExecutionId"]
    assert code_of(answer, **where, status="Failed") == "LifecycleEventAlreadyCompletedException"
    assert ground.ended(deployment)["status"] == "Succeeded"


def test_a_group_that_may_not_call_the_hook_fails_the_deployment(ground: Ground, api: Any) -> None:
    spec = json.loads(ground.spec("1", "1"))
    spec["Hooks"] = [{"BeforeAllowTraffic": ground.name}]  # a function, but not one the role may invoke
    made = api.create_deployment(
        applicationName=ground.name, deploymentGroupName="live", revision=revision(json.dumps(spec))
    )

    info = ground.ended(made["deploymentId"])

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "IAM_ROLE_PERMISSIONS")
