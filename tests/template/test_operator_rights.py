"""Operators release, roll back, retire and prune this stack's releases, and touch nothing beside."""

from tests.template.rights import (
    BOTH_JOURNALS,
    BUCKET,
    FUNCTION,
    REGION,
    REGISTRY,
    STACK,
    actions,
    allowed,
    denied,
    many,
)
from tests.template.stack import translate

CODEDEPLOY = f"arn:<AWS::Partition>:codedeploy:{REGION}"
LAYERS = [f"arn:<AWS::Partition>:lambda:{REGION}:layer:fairlead-{name}:*" for name in ("common", "onnx", "sklearn")]


def test_operators_read_the_registry_and_write_retirements_and_records() -> None:
    assert {action for action in actions("OperatorPolicy") if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
    }
    assert allowed("OperatorPolicy")["RetireAndRecord"] == {
        "Sid": "RetireAndRecord",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": [f"{BUCKET}/models/*/retired/*", BOTH_JOURNALS],
    }
    assert allowed("OperatorPolicy")["ReadRegistry"]["Resource"] == [*REGISTRY, BOTH_JOURNALS]
    assert allowed("OperatorPolicy")["ListRegistry"]["Resource"] == BUCKET


def test_operators_touch_this_function_only() -> None:
    statements = allowed("OperatorPolicy")

    assert statements["Release"]["Resource"] == [FUNCTION, f"{FUNCTION}:*"]
    assert statements["SetFairleadLayersOnly"]["Resource"] == FUNCTION
    assert statements["CallAndPruneVersions"] == {
        "Sid": "CallAndPruneVersions",
        "Effect": "Allow",
        "Action": ["lambda:DeleteFunction", "lambda:InvokeFunction"],
        "Resource": f"{FUNCTION}:*",
    }
    assert {action for action in actions("OperatorPolicy") if action.startswith("lambda:")} == {
        *("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetAlias", "lambda:GetLayerVersion"),
        *("lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction"),
        *("lambda:ListAliases", "lambda:ListVersionsByFunction", "lambda:DeleteFunction"),
        "lambda:GetAccountSettings",
    }


def test_operators_prune_versions_and_never_the_function_or_its_first_version() -> None:
    """Unqualified, DeleteFunction takes the whole function; version 1 is CloudFormation's."""
    granted = [one for one in allowed("OperatorPolicy").values() if "lambda:DeleteFunction" in many(one["Action"])]
    assert [one["Resource"] for one in granted] == [f"{FUNCTION}:*"]
    assert denied("OperatorPolicy") == {
        "BootstrapVersionStays": {
            "Sid": "BootstrapVersionStays",
            "Effect": "Deny",
            "Action": "lambda:DeleteFunction",
            "Resource": "<BootstrapVersion>",
        }
    }


def test_operators_start_and_stop_deployments_of_this_group_and_change_no_group() -> None:
    statements = allowed("OperatorPolicy")

    assert statements["Deploy"]["Resource"] == f"{CODEDEPLOY}:deploymentgroup:<DeploymentApplication>/<DeploymentGroup>"
    assert statements["OnEverything"]["Resource"] == "*"  # CodeDeploy knows no resources for StopDeployment
    assert statements["DescribeDeployment"]["Resource"] == f"{CODEDEPLOY}:application:<DeploymentApplication>"
    assert statements["ReadStrategies"]["Resource"] == [
        f"{CODEDEPLOY}:deploymentconfig:CodeDeployDefault.Lambda*",
        f"{CODEDEPLOY}:deploymentconfig:<CustomStrategy>",
    ]
    assert {action for action in actions("OperatorPolicy") if action.startswith("codedeploy:")} == {
        *("codedeploy:CreateDeployment", "codedeploy:StopDeployment", "codedeploy:GetDeployment"),
        *("codedeploy:ListDeployments", "codedeploy:GetDeploymentConfig"),
        *("codedeploy:RegisterApplicationRevision", "codedeploy:GetApplicationRevision"),
    }


def test_operators_change_the_two_canary_alarms_and_no_other() -> None:
    statements = allowed("OperatorPolicy")

    assert statements["PointCanaryAlarms"]["Resource"] == ["<CanaryErrorsAlarm.Arn>", "<CanaryLatencyAlarm.Arn>"]
    # Only a caller who may describe all alarms can describe composite ones, and `fairlead monitor` shows them.
    assert "cloudwatch:DescribeAlarms" in statements["OnEverything"]["Action"]
    assert {action for action in actions("OperatorPolicy") if action.startswith("cloudwatch:")} == {
        *("cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState"),
        *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"),
    }


def test_operators_set_only_fairlead_s_own_layers() -> None:
    """A layer is code that runs as predict: a foreign one would hand predict's role to its author."""
    statement = allowed("OperatorPolicy")["SetFairleadLayersOnly"]

    assert statement["Action"] == "lambda:UpdateFunctionConfiguration"
    assert statement["Condition"] == {"ForAllValues:StringLike": {"lambda:Layer": LAYERS}}
    assert allowed("OperatorPolicy")["ReadFairleadLayers"]["Resource"] == LAYERS


def test_those_layers_are_the_stack_s_own() -> None:
    stack = translate()
    names = [stack.properties(layer)["LayerName"] for layer in ("CommonLayer", "OnnxLayer", "SklearnLayer")]

    assert [arn.split(":")[-2] for arn in LAYERS] == names


def test_operators_have_only_the_read_rights_that_the_doctor_needs() -> None:
    """Quotas have no resource; the rest is this stack's."""
    topic = "arn:aws:sns:eu-west-1:123456789012:alarms"
    statements = allowed("OperatorPolicy", AlarmTopicArn=topic)

    assert statements["OnEverything"]["Action"] == [
        *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "codedeploy:StopDeployment"),
        "lambda:GetAccountSettings",
    ]
    assert statements["ReadLogRole"]["Action"] == "apigateway:GET"
    assert statements["ReadLogRole"]["Resource"] == "arn:<AWS::Partition>:apigateway:<AWS::Region>::/account"
    assert statements["FindStack"]["Action"] == ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"]
    assert statements["FindStack"]["Resource"] == STACK
    assert statements["ReadPolicyHolders"]["Action"] == "iam:ListEntitiesForPolicy"
    assert statements["ReadPolicyHolders"]["Resource"] == "arn:<AWS::Partition>:iam::<AWS::AccountId>:policy/fairlead/*"
    assert statements["ReadOwnGroups"]["Resource"] == "arn:<AWS::Partition>:iam::<AWS::AccountId>:user/${aws:username}"
    assert statements["ReadSubscribers"]["Action"] == "sns:ListSubscriptionsByTopic"
    assert statements["ReadSubscribers"]["Resource"] == ["<DecisionsTopic>", topic]
    assert allowed("OperatorPolicy")["ReadSubscribers"]["Resource"] == ["<DecisionsTopic>"]
