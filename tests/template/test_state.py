"""Resources that hold state keep their logical ids: CloudFormation replaces a renamed resource by an empty one."""

from tests.template.stack import translate

STATE = {
    "AWS::S3::Bucket": ["Registry", "SetAside"],
    "AWS::DynamoDB::Table": ["Ledger"],
    "AWS::Logs::LogGroup": [
        *("ApiLogs", "FeedbackLogs", "IntakeLogs", "MonitorLogs", "PredictLogs", "ProveLogs", "RecordLogs"),
        *("RedriveLogs", "ReleaseLogs", "RespondLogs", "RetrainLogs", "VerifyLogs"),
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
    "AWS::IAM::ManagedPolicy": ["CallerPolicy", "FeedbackPolicy", "OperatorPolicy", "PublisherPolicy"],
    "AWS::KMS::Key": [],
    "AWS::SecretsManager::Secret": [],
    "AWS::SQS::Queue": [],
}


def test_logical_ids_of_resources_with_state_are_frozen() -> None:
    stack = translate(ReleaseCandidates="canary-10-5m")

    assert {kind: sorted(stack.of_type(kind)) for kind in STATE} == STATE
    assert "PredictFunction" in stack.of_type("AWS::Lambda::Function")


def test_resources_with_data_outlive_the_stack() -> None:
    resources = translate().raw["Resources"]

    for name in ("Registry", "SetAside", "Ledger"):
        assert (resources[name]["DeletionPolicy"], resources[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")
