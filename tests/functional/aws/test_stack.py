"""Reading a stack's outputs, through moto's CloudFormation and, for its errors, botocore's stubber."""

from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from fairlead.aws import stack
from fairlead.aws.clients import client
from fairlead.errors import NotFoundError, ReleaseError, SettingsError, StorageError
from fairlead.registry.connection import open_registry
from fairlead.settings import Operator
from tests.functional.stacks import create_stack

OUTPUTS = {
    "ApiUrl": "https://abc.execute-api.eu-west-1.amazonaws.com/v1",
    "BucketName": "registry",
    "PredictFunctionName": "fairlead-predict",
    "CommonLayerArn": "arn:aws:lambda:eu-west-1:123456789012:layer:fairlead-common:3",
    "OnnxLayerArn": "arn:aws:lambda:eu-west-1:123456789012:layer:fairlead-onnx:2",
    "SklearnLayerArn": "arn:aws:lambda:eu-west-1:123456789012:layer:fairlead-sklearn:1",
    "BaseEnvironment": '{"FAIRLEAD_BUCKET": "registry", "POWERTOOLS_LOG_LEVEL": "INFO"}',
    "DeploymentApplication": "fairlead",
    "DeploymentGroup": "fairlead-live",
    "DeploymentStrategy": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    "CustomStrategy": "fairlead-custom-20-percent-5-minutes",
    "CanaryAlarms": "fairlead-canary-errors,fairlead-canary-latency",
    "VerifyFunctionName": "CodeDeployHook_fairlead-verify",
    "LedgerTable": "fairlead-Ledger-1A2B3C",
}
pytestmark = pytest.mark.usefixtures("moto")


def deploy(name: str, outputs: dict[str, str], **more: str) -> None:
    create_stack(client("cloudformation"), name, outputs, **more)


def answering(**facts: Any) -> Any:
    made = client("cloudformation")
    stub = Stubber(made)
    described = {"StackName": "fairlead", "CreationTime": "2026-11-23T00:00:00Z", "StackStatus": "CREATE_COMPLETE"}
    stub.add_response("describe_stacks", {"Stacks": [described | facts]})
    stub.activate()
    return made


def test_the_outputs_become_facts() -> None:
    deploy("fairlead", OUTPUTS)

    found = stack.find(Operator(stack="fairlead"))

    assert found.api_url == OUTPUTS["ApiUrl"]
    assert (found.bucket, found.function) == ("registry", "fairlead-predict")
    assert found.common_layer == OUTPUTS["CommonLayerArn"]
    assert found.engine_layers == {"onnx": OUTPUTS["OnnxLayerArn"], "sklearn": OUTPUTS["SklearnLayerArn"]}
    assert found.environment == {"FAIRLEAD_BUCKET": "registry", "POWERTOOLS_LOG_LEVEL": "INFO"}
    assert (found.application, found.group, found.hook) == (
        "fairlead",
        "fairlead-live",
        "CodeDeployHook_fairlead-verify",
    )
    assert found.strategy == OUTPUTS["DeploymentStrategy"]
    assert found.custom_strategy == OUTPUTS["CustomStrategy"]
    assert found.canary_alarms == ("fairlead-canary-errors", "fairlead-canary-latency")
    found.require_settled()


def test_settings_win_over_outputs() -> None:
    deploy("fairlead", OUTPUTS)

    found = stack.find(Operator(bucket="other", api_url="http://127.0.0.1:5700/prod"))

    assert (found.bucket, found.api_url) == ("other", "http://127.0.0.1:5700/prod")


def test_a_stack_that_is_not_there_says_how_to_make_one() -> None:
    with pytest.raises(NotFoundError, match="no stack 'fairlead'") as caught:
        stack.find(Operator())
    assert "sam build && sam deploy" in caught.value.hint


def test_a_stack_without_our_outputs_is_not_ours() -> None:
    deploy("other", {"Something": "else"})

    with pytest.raises(NotFoundError, match=r"stack 'other' \(CREATE_COMPLETE\) has no output ApiUrl") as caught:
        stack.find(Operator(stack="other"))
    assert "--stack" in caught.value.hint


def test_a_stack_of_an_older_fairlead_is_to_be_deployed_again() -> None:
    deploy("older", {key: value for key, value in OUTPUTS.items() if key != "DeploymentApplication"})

    with pytest.raises(NotFoundError, match="has no output DeploymentApplication") as caught:
        stack.find(Operator(stack="older"))
    assert "sam deploy" in caught.value.hint


@pytest.mark.parametrize(("output", "value"), [("BaseEnvironment", "A=b"), ("BatchConcurrency", "many")])
def test_an_output_that_cannot_be_read_is_named(output: str, value: str) -> None:
    deploy("fairlead", OUTPUTS | {output: value})

    with pytest.raises(SettingsError, match=f"{output} of stack 'fairlead'"):
        stack.find(Operator())


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_an_unsettled_stack_can_be_read_but_not_released_to(status: str) -> None:
    outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]

    found = stack.read(answering(StackStatus=status, Outputs=outputs), "fairlead")

    assert found.bucket == "registry"
    with pytest.raises(ReleaseError, match=status):
        found.require_settled()


def test_a_role_that_may_not_describe_stacks_learns_so() -> None:
    made = client("cloudformation")
    with Stubber(made) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied", "No.", 403)
        with pytest.raises(StorageError, match="cloudformation:DescribeStacks"):
            stack.read(made, "fairlead")


def test_the_registry_is_the_stacks_bucket_unless_a_setting_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = client("s3")
    for bucket in ("registry", "other"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="registry", Key="models/churn/versions/1.json", Body=b"")
    s3.put_object(Bucket="other", Key="models/penguins/versions/1.json", Body=b"")
    deploy("fairlead", OUTPUTS)

    assert open_registry().models() == ["churn"]
    monkeypatch.setenv("FAIRLEAD_BUCKET", "other")
    assert open_registry().models() == ["penguins"]


def test_stacks_that_may_not_be_listed_name_the_right_on_all_of_them() -> None:
    made = client("cloudformation")
    stub = Stubber(made)
    stub.add_client_error("describe_stacks", "AccessDenied", "User is not authorized")
    stub.activate()

    with pytest.raises(StorageError, match="cloudformation:DescribeStacks") as caught:
        stack.every(made)
    assert "on all stacks (Resource '*')" in caught.value.hint


def test_every_stack_of_the_template_is_listed_by_name_and_no_other() -> None:
    for name, description in (("risk", "Fairlead: ours"), ("churn", "Fairlead: ours"), ("shop", "Ours alone")):
        deploy(name, {}, description=description)

    assert [one["StackName"] for one in stack.every(client("cloudformation"))] == ["churn", "risk"]


def test_the_template_s_description_begins_as_stacks_are_found() -> None:
    text = (Path(__file__).parents[3] / "template.yaml").read_text()
    assert text.partition("Description: >-")[2].strip().startswith(stack.DESCRIPTION)
