"""The feedback loop: what keeps predictions and outcomes, what feeds it, and what happens to what fails."""

import json
import re
from typing import Any

import pytest

from tests.template.stack import Stack, translate

LOOP = ["Feedback", "Redrive", "Intake", "Monitor", "Respond"]
KEEPING = {"FAIRLEAD_BUCKET": "<Registry>", "FAIRLEAD_LEDGER": "<Ledger>", "FAIRLEAD_LEDGER_DAYS": "90"}
COLLECTING = {**KEEPING, "FAIRLEAD_SETASIDE": "<SetAside>", "FAIRLEAD_LOG_GROUPS": "<PredictLogs>"}
SETTINGS = {
    "Feedback": COLLECTING,
    "Redrive": {**COLLECTING, "FAIRLEAD_FUNCTION": "<FeedbackFunction>", "FAIRLEAD_RETRAIN": "<RetrainFunction>"},
    "Intake": KEEPING,
    "Monitor": {
        "FAIRLEAD_BUCKET": "<Registry>",
        "FAIRLEAD_LEDGER": "<Ledger>",
        "FAIRLEAD_FUNCTION": "<PredictFunction>",
        "FAIRLEAD_RESPOND": "<RespondFunction.Arn>",
        "FAIRLEAD_DRIFT_LOOKS": "12",
    },
    "Respond": {
        "FAIRLEAD_STACK": "fairlead",
        "FAIRLEAD_BUCKET": "<Registry>",
        "FAIRLEAD_LEDGER": "<Ledger>",
        "FAIRLEAD_TOPIC": "<DecisionsTopic>",
        "FAIRLEAD_RETRAIN": "<RetrainFunction>",
        "FAIRLEAD_MOVE": "<MoveFunction>",
        "FAIRLEAD_RESPONSE": "act",
        "FAIRLEAD_ERROR_SHARE": "0.05",
        "FAIRLEAD_LATENCY_MS": "1000",
    },
}


@pytest.fixture
def stack() -> Stack:
    return translate()


def permissions(stack: Stack, principal: str) -> list[dict[str, Any]]:
    found = [entry["Properties"] for entry in stack.of_type("AWS::Lambda::Permission").values()]
    return [entry for entry in found if entry["Principal"] == principal]


def test_the_ledger_is_keyed_as_its_code_is(stack: Stack) -> None:
    table = stack.properties("Ledger")

    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert table["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "slots",
            "KeySchema": [
                {"AttributeName": "slot", "KeyType": "HASH"},
                {"AttributeName": "pk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ]
    assert table["AttributeDefinitions"] == [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "slot")
    ]


def test_ledger_is_on_demand_expires_items_and_can_be_restored(stack: Stack) -> None:
    table = stack.properties("Ledger")

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_dead_letter_bucket_is_encrypted_private_and_its_owner_s(stack: Stack) -> None:
    bucket = stack.properties("SetAside")

    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_dead_letters_are_written_and_read_with_tls_only(stack: Stack) -> None:
    policy = stack.properties("SetAsidePolicy")

    assert policy["Bucket"] == "<SetAside>"
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["<SetAside.Arn>", "<SetAside.Arn>/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_dead_letters_are_kept_as_long_as_the_ledger() -> None:
    """It holds rows of callers. Without versions, what has expired is gone."""
    bucket = translate(LedgerDays="7").properties("SetAside")

    assert bucket["LifecycleConfiguration"] == {
        "Rules": [{"Id": "expire", "Status": "Enabled", "ExpirationInDays": "7"}]
    }
    assert "VersioningConfiguration" not in bucket


def test_feedback_reads_captured_lines_of_predict_s_log_group(stack: Stack) -> None:
    assert stack.properties("CaptureSubscription") == {
        "LogGroupName": "<PredictLogs>",
        "FilterPattern": '{ $.event = "capture" }',
        "DestinationArn": "<FeedbackFunction.Arn>",
    }


def test_no_other_group_is_subscribed_so_no_function_can_feed_itself(stack: Stack) -> None:
    [subscription] = stack.of_type("AWS::Logs::SubscriptionFilter").values()
    writers = {
        name
        for name, function in stack.of_type("AWS::Lambda::Function").items()
        if function["Properties"]["LoggingConfig"]["LogGroup"] == subscription["Properties"]["LogGroupName"]
    }

    assert writers == {"PredictFunction"}


def test_only_that_log_group_may_call_feedback_and_may_before_it_is_subscribed(stack: Stack) -> None:
    """`PredictLogs.Arn` ends in `:*`, as the source of CloudWatch Logs' calls does."""
    assert permissions(stack, "logs.amazonaws.com") == [
        {
            "FunctionName": "<FeedbackFunction>",
            "Action": "lambda:InvokeFunction",
            "Principal": "logs.amazonaws.com",
            "SourceArn": "<PredictLogs.Arn>",
            "SourceAccount": "<AWS::AccountId>",
        }
    ]
    assert stack.resources["CaptureSubscription"]["DependsOn"] == "LogsMayCallFeedback"


def test_a_batch_that_fails_three_times_is_kept(stack: Stack) -> None:
    config = stack.properties("FeedbackFunctionEventInvokeConfig")

    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "<SetAside.Arn>"}}


@pytest.mark.parametrize(("name", "retries"), [("Redrive", 0), ("Monitor", 1), ("Respond", 2)])
def test_scheduled_calls_are_not_retried_and_alarm_calls_are(stack: Stack, name: str, retries: int) -> None:
    assert stack.properties(f"{name}FunctionEventInvokeConfig")["MaximumRetryAttempts"] == retries


@pytest.mark.parametrize(("name", "rate"), [("Redrive", "rate(15 minutes)"), ("Monitor", "rate(5 minutes)")])
def test_clocks_tick_and_may_call_their_function_only(stack: Stack, name: str, rate: str) -> None:
    rule = stack.properties(f"{name}FunctionTick")

    assert rule["ScheduleExpression"] == rate
    assert [target["Arn"] for target in rule["Targets"]] == [f"<{name}Function.Arn>"]
    assert [
        entry for entry in permissions(stack, "events.amazonaws.com") if entry["FunctionName"] == f"<{name}Function>"
    ] == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": f"<{name}Function>",
            "Principal": "events.amazonaws.com",
            "SourceArn": f"<{name}FunctionTick.Arn>",
        }
    ]


def test_only_the_alarms_whose_action_respond_is_may_call_it(stack: Stack) -> None:
    acting = [
        name
        for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items()
        if "<RespondFunction.Arn>" in alarm["Properties"].get("AlarmActions", ())
    ]

    assert len(acting) == 4
    permitted = permissions(stack, "lambda.alarms.cloudwatch.amazonaws.com")
    assert sorted(permitted, key=lambda one: str(one["SourceArn"])) == [
        {
            "FunctionName": "<RespondFunction>",
            "Action": "lambda:InvokeFunction",
            "Principal": "lambda.alarms.cloudwatch.amazonaws.com",
            "SourceArn": f"<{name}.Arn>",
            "SourceAccount": "<AWS::AccountId>",
        }
        for name in sorted(acting)
    ]


@pytest.mark.parametrize("name", LOOP)
def test_functions_of_the_loop_have_their_settings(stack: Stack, name: str) -> None:
    assert stack.properties(f"{name}Function")["Environment"]["Variables"] == {
        **SETTINGS[name],
        "POWERTOOLS_SERVICE_NAME": name.lower(),
        "POWERTOOLS_METRICS_NAMESPACE": "Fairlead/fairlead",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


@pytest.mark.parametrize("name", LOOP)
def test_functions_of_the_loop_operate_aws_and_load_no_model(stack: Stack, name: str) -> None:
    [aws] = [key for key in stack.of_type("AWS::Lambda::LayerVersion") if key.startswith("AwsLayer")]
    function = stack.properties(f"{name}Function")

    assert function["FunctionName"] == f"fairlead-{name.lower()}"
    assert function["Layers"] == [stack.outputs["CommonLayerArn"], f"<{aws}>"]


def test_intake_gives_up_no_later_than_its_caller(stack: Stack) -> None:
    assert stack.properties("IntakeFunction")["Timeout"] <= 29


def test_redrive_has_the_time_that_it_keeps_for_ending(stack: Stack) -> None:
    """It begins nothing with less than a minute left."""
    assert stack.properties("RedriveFunction")["Timeout"] == 900


@pytest.mark.parametrize("mode", ["act", "dry-run"])
def test_whether_it_acts_is_a_parameter(mode: str) -> None:
    stack = translate(ResponseMode=mode)

    assert stack.properties("RespondFunction")["Environment"]["Variables"]["FAIRLEAD_RESPONSE"] == mode


def test_capture_rate_is_a_parameter_that_releases_freeze() -> None:
    stack = translate(CaptureRate="0.1", CaptureDrop="name,postcode")
    base = json.loads(stack.outputs["BaseEnvironment"])

    assert (base["FAIRLEAD_CAPTURE_RATE"], base["FAIRLEAD_CAPTURE_DROP"]) == ("0.1", "name,postcode")
    assert base["FAIRLEAD_PSEUDONYM_KEY"] == "<AWS::StackId>"
    assert base == stack.properties("PredictFunction")["Environment"]["Variables"]


@pytest.mark.parametrize("names", ["", "name,postcode", "größe, Straße 1"])
def test_dropped_fields_fit_into_the_output_that_is_json(names: str) -> None:
    pattern = translate().raw["Parameters"]["CaptureDrop"]["AllowedPattern"]

    assert re.fullmatch(pattern, names)
    assert json.loads(translate(CaptureDrop=names).outputs["BaseEnvironment"])["FAIRLEAD_CAPTURE_DROP"] == names


@pytest.mark.parametrize("names", ['a"b', "a\\b"])
def test_a_name_that_would_break_that_json_is_refused(names: str) -> None:
    assert not re.fullmatch(translate().raw["Parameters"]["CaptureDrop"]["AllowedPattern"], names)


def test_outputs_hold_every_name_that_users_and_commands_need(stack: Stack) -> None:
    names = ("LedgerTable", "DeadLetterBucket", "FeedbackFunctionName", "DecisionsTopicArn")

    assert [stack.outputs[name] for name in names] == [
        "<Ledger>",
        "<SetAside>",
        "<FeedbackFunction>",
        "<DecisionsTopic>",
    ]
    assert stack.properties("DecisionsTopic") == {"TopicName": "fairlead-decisions"}
