"""The functions of a deployment: verify, CodeDeploy's hook, and record, which writes its moves into the journal."""

import pytest

from tests.template.stack import Stack, translate


@pytest.fixture
def stack() -> Stack:
    return translate()


def test_the_hook_has_the_name_that_codedeploy_asks_for(stack: Stack) -> None:
    function = stack.properties("VerifyFunction")

    assert function["FunctionName"] == "CodeDeployHook_fairlead-verify"
    assert stack.outputs["VerifyFunctionName"] == "<VerifyFunction>"


def test_the_hook_times_out_long_before_codedeploy_does(stack: Stack) -> None:
    """CodeDeploy waits for an hour, which is too long for an operator."""
    assert stack.properties("VerifyFunction")["Timeout"] == 180


@pytest.mark.parametrize("name", ["VerifyFunction", "RecordFunction", "MoveFunction"])
def test_functions_that_operate_aws_have_its_sdk_and_predict_has_not(stack: Stack, name: str) -> None:
    [aws] = [key for key in stack.of_type("AWS::Lambda::LayerVersion") if key.startswith("AwsLayer")]

    assert f"<{aws}>" in stack.properties(name)["Layers"]
    assert f"<{aws}>" not in stack.properties("PredictFunction")["Layers"]


@pytest.mark.parametrize(
    ("name", "service", "more"),
    [
        ("VerifyFunction", "verify", {"FAIRLEAD_LATENCY_MS": "500", "FAIRLEAD_COLD_START_MS": "10000"}),
        (
            "RecordFunction",
            "record",
            {
                "FAIRLEAD_APPLICATION": "<DeploymentApplication>",
                "FAIRLEAD_GROUP": "fairlead-live",
                "FAIRLEAD_MOVE": "<MoveFunction>",
            },
        ),
    ],
)
def test_functions_have_the_settings_that_they_read(
    stack: Stack, name: str, service: str, more: dict[str, str]
) -> None:
    assert stack.properties(name)["Environment"]["Variables"] == {
        "FAIRLEAD_BUCKET": "<Registry>",
        "FAIRLEAD_FUNCTION": "<PredictFunction>",
        "FAIRLEAD_STACK": "fairlead",
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": "Fairlead/fairlead",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **more,
    }


def test_a_killed_hook_runs_again_rather_than_leaving_a_deployment_waiting(stack: Stack) -> None:
    assert stack.properties("VerifyFunctionEventInvokeConfig")["MaximumRetryAttempts"] == 2


def test_failed_record_event_is_retried_and_then_kept(stack: Stack) -> None:
    config = stack.properties("RecordFunctionEventInvokeConfig")

    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "<SetAside.Arn>"}}


def test_record_hears_of_every_state_of_this_group_s_deployments(stack: Stack) -> None:
    [rule] = [one for one in stack.of_type("AWS::Events::Rule").values() if "EventPattern" in one["Properties"]]

    assert rule["Properties"]["EventPattern"] == {
        "source": ["aws.codedeploy"],
        "detail-type": ["CodeDeploy Deployment State-change Notification"],
        "detail": {"application": ["<DeploymentApplication>"], "deploymentGroup": ["fairlead-live"]},
    }
    assert [target["Arn"] for target in rule["Properties"]["Targets"]] == ["<RecordFunction.Arn>"]


def test_only_that_rule_may_call_record(stack: Stack) -> None:
    permissions = [entry["Properties"] for entry in stack.of_type("AWS::Lambda::Permission").values()]
    [rule] = [name for name, one in stack.of_type("AWS::Events::Rule").items() if "EventPattern" in one["Properties"]]

    assert [entry for entry in permissions if entry["FunctionName"] == "<RecordFunction>"] == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": "<RecordFunction>",
            "Principal": "events.amazonaws.com",
            "SourceArn": f"<{rule}.Arn>",
        }
    ]


def test_logs_are_json_at_info_in_groups_of_their_own(stack: Stack) -> None:
    for name in ("Verify", "Record", "Move"):
        assert stack.properties(f"{name}Function")["LoggingConfig"] == {
            "LogGroup": f"<{name}Logs>",
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "INFO",
        }
