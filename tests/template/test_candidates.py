"""Candidates and clocks: what a stack has more where it releases candidates, or retrains on a schedule."""

import pytest

from tests.template.rights import (
    BUCKET,
    FUNCTION,
    JOURNAL,
    LOG,
    REGION,
    STACK,
    TRACE,
    allowed,
    callers,
    documents,
    many,
)
from tests.template.stack import Stack, translate

CANARY = {"ReleaseCandidates": "canary-10-15m"}
CODEDEPLOY = f"arn:<AWS::Partition>:codedeploy:{REGION}"
GROUP = f"{CODEDEPLOY}:deploymentgroup:<DeploymentApplication>/<DeploymentGroup>"
LAYERS = [f"arn:<AWS::Partition>:lambda:{REGION}:layer:fairlead-{name}:*" for name in ("common", "onnx")]
LOGS = f"arn:<AWS::Partition>:logs:{REGION}:log-group:/aws/lambda/fairlead-release:*"
RIGHTS = {
    "FindStack": ({"cloudformation:DescribeStacks"}, [STACK]),
    "ReadManifestsAndJournal": ({"s3:GetObject"}, [f"{BUCKET}/models/*/versions/*", JOURNAL]),
    "ListJournalAndRetirements": ({"s3:ListBucket"}, [BUCKET]),
    "WriteJournal": ({"s3:PutObject"}, [JOURNAL]),
    "SeeReleases": (
        {"lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration"},
        [FUNCTION, f"{FUNCTION}:*"],
    ),
    "PublishRelease": ({"lambda:PublishVersion"}, [FUNCTION]),
    "SetFairleadLayersOnly": ({"lambda:UpdateFunctionConfiguration"}, [FUNCTION]),
    "ReadFairleadLayers": ({"lambda:GetLayerVersion"}, LAYERS),
    "WakeReleases": ({"lambda:InvokeFunction"}, [f"{FUNCTION}:*"]),
    "HavePreviousMoved": ({"lambda:InvokeFunction"}, ["<MoveFunction.Arn>"]),
    "Deploy": ({"codedeploy:CreateDeployment", "codedeploy:GetDeployment", "codedeploy:ListDeployments"}, [GROUP]),
    "DescribeDeployment": (
        {"codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"},
        [f"{CODEDEPLOY}:application:<DeploymentApplication>"],
    ),
    "ReadStrategies": (
        {"codedeploy:GetDeploymentConfig"},
        [
            f"{CODEDEPLOY}:deploymentconfig:CodeDeployDefault.Lambda*",
            f"{CODEDEPLOY}:deploymentconfig:<CustomStrategy>",
        ],
    ),
    "PointCanaryAlarms": (
        {"cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState"},
        ["<CanaryErrorsAlarm.Arn>", "<CanaryLatencyAlarm.Arn>"],
    ),
    "SeeAlarms": ({"cloudwatch:DescribeAlarms"}, [f"arn:<AWS::Partition>:cloudwatch:{REGION}:alarm:*"]),
    "Tell": ({"sns:Publish"}, ["<DecisionsTopic>"]),
    "WriteOwnLog": (LOG, [LOGS]),
    "Trace": (TRACE, ["*"]),
}
MORE = {"ReleaseFunction", "ReleaseFunctionEventInvokeConfig", "ReleaseLogs", "ReleaseRole", "ReleaseFailedAlarm"}


@pytest.fixture
def stack() -> Stack:
    return translate(**CANARY)


def test_operators_release_candidates_by_default(stack: Stack) -> None:
    plain = translate()

    assert stack.resources.keys() - plain.resources.keys() == MORE | {"RetrainMayHandOver"}
    assert "FAIRLEAD_RELEASE" not in plain.properties("RetrainFunction")["Environment"]["Variables"]


def test_retrain_may_hand_over_and_gets_no_right_beside(stack: Stack) -> None:
    assert stack.properties("RetrainFunction")["Environment"]["Variables"]["FAIRLEAD_RELEASE"] == "<ReleaseFunction>"
    assert stack.properties("RetrainMayHandOver")["Roles"] == ["<RetrainRole>"]
    assert documents(stack)["RetrainMayHandOver"] == [
        {
            "Sid": "HandOver",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": "<ReleaseFunction.Arn>",
        }
    ]
    assert documents(stack)["RetrainRole"] == documents(translate())["RetrainRole"]


def test_no_other_function_may_call_it(stack: Stack) -> None:
    assert callers(stack, "ReleaseFunction") == {"RetrainMayHandOver"}


def test_it_may_do_exactly_this() -> None:
    granted = {
        sid: (set(many(entry["Action"])), many(entry["Resource"]))
        for sid, entry in allowed("ReleaseRole", **CANARY).items()
    }

    assert granted == RIGHTS


def test_only_lambda_runs_as_it(stack: Stack) -> None:
    [trust] = stack.properties("ReleaseRole")["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_it_reads_no_blob_so_no_estimator_and_no_training_rows() -> None:
    """Blobs are named by digests: no condition could tell a report from an estimator."""
    readable = [
        resource
        for entry in allowed("ReleaseRole", **CANARY).values()
        if any(action.startswith("s3:") for action in many(entry["Action"]))
        for resource in many(entry["Resource"])
    ]

    assert not [resource for resource in readable if "blobs" in resource or resource.endswith("Arn>/*")]


def test_it_sets_the_layers_of_the_onnx_engine_and_no_other(stack: Stack) -> None:
    statements = allowed("ReleaseRole", **CANARY)
    names = [stack.properties(layer)["LayerName"] for layer in ("CommonLayer", "OnnxLayer")]

    assert statements["SetFairleadLayersOnly"]["Condition"] == {"ForAllValues:StringLike": {"lambda:Layer": LAYERS}}
    assert [arn.split(":")[-2] for arn in LAYERS] == names
    assert statements["ListJournalAndRetirements"]["Condition"] == {
        "StringLike": {"s3:prefix": ["journal/fairlead/moves/", "models/*/retired/"]}
    }


def test_it_stops_nothing_deletes_nothing_and_moves_live_by_codedeploy_alone() -> None:
    granted = {action for actions, _ in RIGHTS.values() for action in actions}

    assert not granted & {"codedeploy:StopDeployment", "lambda:DeleteFunction", "lambda:UpdateFunctionCode"}
    assert "lambda:UpdateAlias" not in granted


@pytest.mark.parametrize("mode", ["act", "dry-run"])
def test_release_function_has_strategy_topic_and_mode(mode: str) -> None:
    function = translate(**CANARY, ResponseMode=mode).properties("ReleaseFunction")

    assert function["Environment"]["Variables"] == {
        "FAIRLEAD_STACK": "fairlead",
        "FAIRLEAD_TOPIC": "<DecisionsTopic>",
        "FAIRLEAD_STRATEGY": "canary-10-15m",
        "FAIRLEAD_MOVE": "<MoveFunction>",
        "FAIRLEAD_RESPONSE": mode,
        "POWERTOOLS_SERVICE_NAME": "release",
        "POWERTOOLS_METRICS_NAMESPACE": "Fairlead/fairlead",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    assert function["FunctionName"] == "fairlead-release"


def test_release_function_has_the_aws_layer_and_no_layer_that_loads_models(stack: Stack) -> None:
    [aws] = [key for key in stack.of_type("AWS::Lambda::LayerVersion") if key.startswith("AwsLayer")]

    assert stack.properties("ReleaseFunction")["Layers"] == [stack.outputs["CommonLayerArn"], f"<{aws}>"]
    assert stack.properties("ReleaseFunctionEventInvokeConfig")["MaximumRetryAttempts"] == 2


def test_its_failure_puts_its_alarm_into_alarm(stack: Stack) -> None:
    alarm = stack.properties("ReleaseFailedAlarm")

    assert (alarm["MetricName"], alarm["Threshold"]) == ("Errors", 0)
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "<ReleaseFunction>"}]


def test_live_is_retrained_on_a_schedule_where_one_is_given() -> None:
    stack = translate(RetrainSchedule="cron(0 3 ? * MON *)")

    assert stack.resources.keys() - translate().resources.keys() == {"RetrainClock", "ClockMayCallRetrain"}
    assert stack.properties("RetrainClock")["ScheduleExpression"] == "cron(0 3 ? * MON *)"
    assert stack.properties("RetrainClock")["Targets"] == [{"Id": "Retrain", "Arn": "<RetrainFunction.Arn>"}]
    assert stack.properties("ClockMayCallRetrain") == {
        "FunctionName": "<RetrainFunction>",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": "<RetrainClock.Arn>",
    }
