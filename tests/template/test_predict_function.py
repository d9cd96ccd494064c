"""The predict function, its versions and aliases, its layers."""

import json

import pytest

from tests.template.stack import ROOT, Stack, translate

SERVING = ["CommonLayer", "OnnxLayer", "SklearnLayer"]
LAYERS = [*SERVING, "AwsLayer", "TrainLayer"]


@pytest.fixture
def stack() -> Stack:
    return translate()


def test_versions_and_aliases_never_change_their_text(stack: Stack) -> None:
    """CloudFormation moves an alias when its text changes: any edit here would send callers back to version 1."""
    assert {name: stack.raw["Resources"][name] for name in ("BootstrapVersion", "LiveAlias", "PreviousAlias")} == {
        "BootstrapVersion": {
            "Type": "AWS::Lambda::Version",
            "Properties": {
                "FunctionName": {"Ref": "PredictFunction"},
                "Description": "The version before the first release. It holds no model and answers 503",
            },
        },
        "LiveAlias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "PredictFunction"},
                "FunctionVersion": {"Fn::GetAtt": ["BootstrapVersion", "Version"]},
                "Name": "live",
                "Description": "The release that callers reach. Only fairlead release and rollback move it",
            },
        },
        "PreviousAlias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "PredictFunction"},
                "FunctionVersion": {"Fn::GetAtt": ["BootstrapVersion", "Version"]},
                "Name": "previous",
                "Description": "The release that a rollback goes to. Only fairlead release moves it",
            },
        },
    }


def test_nothing_else_publishes_a_version_or_moves_an_alias(stack: Stack) -> None:
    assert list(stack.of_type("AWS::Lambda::Version")) == ["BootstrapVersion"]
    assert sorted(stack.of_type("AWS::Lambda::Alias")) == ["LiveAlias", "PreviousAlias"]


def test_the_stack_policy_denies_updates_of_versions_and_aliases(stack: Stack) -> None:
    policy = json.loads((ROOT / "stack-policy.json").read_text())
    [denied] = [entry for entry in policy["Statement"] if entry["Effect"] == "Deny"]

    frozen = stack.of_type("AWS::Lambda::Version").keys() | stack.of_type("AWS::Lambda::Alias").keys()
    assert set(denied["Resource"]) == {f"LogicalResourceId/{name}" for name in frozen}
    assert (denied["Action"], denied["Principal"]) == ("Update:*", "*")


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_function_and_layers_run_on_the_architecture_asked_for(architecture: str) -> None:
    stack = translate(Architecture=architecture)

    assert stack.properties("PredictFunction")["Architectures"] == [architecture]
    for layer in LAYERS:
        assert stack.properties(layer)["CompatibleArchitectures"] == [architecture]


@pytest.mark.parametrize("snap_start", ["None", "PublishedVersions"])
def test_snapstart_is_a_parameter_and_an_output(snap_start: str) -> None:
    stack = translate(SnapStart=snap_start)

    assert stack.properties("PredictFunction")["SnapStart"] == {"ApplyOn": snap_start}
    assert stack.outputs["SnapStart"] == snap_start


def test_snapstart_is_off_unless_asked_for(stack: Stack) -> None:
    assert stack.outputs["SnapStart"] == "None"


def test_the_function_serves_from_common_and_onnx(stack: Stack) -> None:
    function = stack.properties("PredictFunction")

    assert function["Layers"] == [stack.outputs["CommonLayerArn"], stack.outputs["OnnxLayerArn"]]
    assert (function["Runtime"], function["Handler"]) == ("python3.13", "app.handler")


def test_old_layer_versions_stay_for_the_releases_that_were_frozen_on_them(stack: Stack) -> None:
    layers = stack.of_type("AWS::Lambda::LayerVersion")

    assert len(layers) == len(LAYERS)
    assert {layer["DeletionPolicy"] for layer in layers.values()} == {"Retain"}


def test_the_function_gives_up_no_later_than_its_caller(stack: Stack) -> None:
    """API Gateway cuts a request off after 29 seconds."""
    assert stack.properties("PredictFunction")["Timeout"] <= 29


@pytest.mark.parametrize("mode", ["PassThrough", "Active"])
def test_every_function_is_traced_where_a_parameter_asks_for_it(mode: str) -> None:
    functions = translate(Tracing=mode).of_type("AWS::Lambda::Function")

    assert functions
    assert {function["Properties"]["TracingConfig"]["Mode"] for function in functions.values()} == {mode}


def test_request_lines_and_metrics_pass_the_log_level(stack: Stack) -> None:
    logging = stack.properties("PredictFunction")["LoggingConfig"]

    assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", "INFO")
    assert logging["SystemLogLevel"] == "INFO", "the hook reads platform.report"
    assert logging["LogGroup"] == "<PredictLogs>"


def test_every_log_group_has_a_retention_time() -> None:
    groups = translate(LogRetentionDays="7").of_type("AWS::Logs::LogGroup")

    assert sorted(groups) == [
        *("ApiLogs", "FeedbackLogs", "IntakeLogs", "MonitorLogs", "MoveLogs", "PredictLogs"),
        *("ProveLogs", "RecordLogs", "RedriveLogs", "RespondLogs", "RetrainLogs", "VerifyLogs"),
    ]
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {"7"}


def test_releases_start_from_the_function_s_own_environment(stack: Stack) -> None:
    environment = stack.properties("PredictFunction")["Environment"]["Variables"]

    assert json.loads(stack.outputs["BaseEnvironment"]) == environment


def test_no_model_is_named_before_the_first_release(stack: Stack) -> None:
    base = json.loads(stack.outputs["BaseEnvironment"])

    assert [base[f"FAIRLEAD_{name}"] for name in ("MODEL", "VERSION", "MANIFEST_SHA256")] == ["", "", ""]


def test_a_deployed_function_has_no_endpoint_override(stack: Stack) -> None:
    """`sam local` hands over only variables that the template names; CloudFormation drops this one."""
    variables = stack.raw["Resources"]["PredictFunction"]["Properties"]["Environment"]["Variables"]

    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AWS::NoValue"}


def test_outputs_are_the_ones_the_command_line_reads(stack: Stack) -> None:
    assert stack.outputs.keys() == {
        *("FairleadVersion", "ApiUrl", "BucketName", "PredictFunctionName", "BaseEnvironment", "SnapStart"),
        *(f"{layer}Arn" for layer in SERVING),
        *("CallerPolicyArn", "FeedbackPolicyArn", "PublisherPolicyArn", "OperatorPolicyArn"),
        *("DeploymentApplication", "DeploymentGroup", "DeploymentStrategy", "CustomStrategy"),
        *("CanaryAlarms", "VerifyFunctionName"),
        *("LedgerTable", "DeadLetterBucket", "FeedbackFunctionName", "RetrainFunctionName", "DecisionsTopicArn"),
    }


def test_every_parameter_teaches(stack: Stack) -> None:
    short = [name for name, facts in stack.raw["Parameters"].items() if len(facts.get("Description", "")) < 40]

    assert short == []


def test_predict_shares_the_account_s_concurrency_unless_some_is_reserved() -> None:
    assert "ReservedConcurrentExecutions" not in translate().properties("PredictFunction")
    reserved = translate(ReservedConcurrency="50").properties("PredictFunction")
    assert reserved["ReservedConcurrentExecutions"] == "50"


def test_functions_with_an_s3_reader_of_their_own_know_how_the_partition_s_addresses_end() -> None:
    """They have no boto3, and `amazonaws.com` is wrong in China, in the sovereign cloud and in isolated regions."""
    stack = translate()

    for name in ("PredictFunction", "ProveFunction"):
        assert stack.properties(name)["Environment"]["Variables"]["FAIRLEAD_URL_SUFFIX"] == "<AWS::URLSuffix>"
    assert json.loads(stack.outputs["BaseEnvironment"])["FAIRLEAD_URL_SUFFIX"] == "<AWS::URLSuffix>"
