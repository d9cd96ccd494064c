"""Resources that hold state keep their logical ids: CloudFormation replaces a renamed resource by an empty one."""

from typing import Any

import pytest

from fairlead_local.cloudformation import templates
from tests.template.stack import EVERYTHING, ROOT, translate

STATE = {
    "AWS::S3::Bucket": ["Registry", "SetAside"],
    "AWS::DynamoDB::Table": ["Ledger"],
    "AWS::Logs::LogGroup": [
        *("ApiLogs", "BatchLogs", "FeedbackLogs", "IntakeLogs", "MonitorLogs", "MoveLogs", "PredictLogs", "ProveLogs"),
        *("RecordLogs", "RedriveLogs", "ReleaseLogs", "RespondLogs", "RetrainLogs", "VerifyLogs"),
    ],
    # Subscriptions, callers' address, deployment history.
    "AWS::SNS::Topic": ["DecisionsTopic"],
    "AWS::ApiGateway::RestApi": ["Api"],
    "AWS::CodeDeploy::Application": ["DeploymentApplication"],
    "AWS::CodeDeploy::DeploymentGroup": ["DeploymentGroup"],
    # The versions of predict are the releases, the aliases name them.
    "AWS::Lambda::Version": ["BootstrapVersion"],
    "AWS::Lambda::Alias": ["LiveAlias", "PreviousAlias"],
    # Attached to roles and users of the account.
    "AWS::IAM::ManagedPolicy": ["BatchPolicy", "CallerPolicy", "FeedbackPolicy", "OperatorPolicy", "PublisherPolicy"],
    "AWS::KMS::Key": [],
    "AWS::SecretsManager::Secret": [],
    "AWS::SQS::Queue": [],
}


def test_logical_ids_of_resources_with_state_are_frozen() -> None:
    stack = translate(**EVERYTHING)

    assert {kind: sorted(stack.of_type(kind)) for kind in STATE} == STATE
    assert "PredictFunction" in stack.of_type("AWS::Lambda::Function")


RETAINED = {"Registry", "RegistryPolicy", "SetAside", "SetAsidePolicy", "Ledger"}
NAMES = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::IAM::Role": "RoleName"}


def retained(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Resources that stay when their stack is deleted, by logical id, but for layers."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if "DeletionPolicy" in resource and resource["Type"] != "AWS::Lambda::LayerVersion"
    }


def template(file: str) -> dict[str, Any]:
    document: dict[str, Any] = (
        translate().raw if file == "template.yaml" else templates.parse((ROOT / file).read_text())
    )
    return document


FILES = pytest.mark.parametrize(
    "file", ["template.yaml", "bootstrap.yaml", "bootstrap-ci.yaml", "bootstrap-domain.yaml"]
)


def test_predict_s_role_is_never_replaced() -> None:
    """Lambda refuses weights of an alias between versions of different roles, so no release could have a canary."""
    properties = translate().properties("PredictRole")

    assert translate().properties("PredictFunction")["Role"] == "<PredictRole.Arn>"
    assert not {"RoleName", "Path"} & properties.keys()


DESCRIPTIONS = {
    "BatchPolicy": "Run batch jobs",
    "CallerPolicy": "Call the API",
    "FeedbackPolicy": "Report outcomes",
    "OperatorPolicy": "Release, roll back, read the history, retire and prune",
    "PublisherPolicy": (
        "Publish versions of the models that the holder's tags name. The registry itself refuses to replace a version"
    ),
}


def test_descriptions_of_attached_policies_are_frozen() -> None:
    """Another description replaces the policy; roles and users of the account would keep the old one, or none."""
    policies = translate(**EVERYTHING).of_type("AWS::IAM::ManagedPolicy")

    assert {name: policy["Properties"]["Description"] for name, policy in policies.items()} == DESCRIPTIONS
    assert {policy["Properties"]["Path"] for policy in policies.values()} == {"/fairlead/"}
    assert all("ManagedPolicyName" not in policy["Properties"] for policy in policies.values())


def test_resources_with_data_outlive_the_stack_and_so_do_the_rules_of_the_buckets() -> None:
    """A bucket that stays without its policy has no create-once rule and takes requests without TLS."""
    assert retained(translate().raw).keys() == RETAINED


@FILES
def test_a_retained_resource_goes_with_a_failed_creation_and_stays_when_the_stack_goes(file: str) -> None:
    """`Retain` also keeps what a rolled-back creation made, so each later creation fails at a name that exists.

    Layers have only `Retain` in SAM. A version of one that stays is in no way: the next has another number.
    """
    for name, resource in retained(template(file)).items():
        policies = (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        assert policies == ("RetainExceptOnCreate", "Retain"), name


@FILES
def test_no_retained_resource_has_a_name_of_its_own(file: str) -> None:
    """A stack that is deployed after another one was deleted would find the name taken."""
    for name, resource in retained(template(file)).items():
        assert NAMES.get(resource["Type"], "") not in resource["Properties"], name
