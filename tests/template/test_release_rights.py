"""CodeDeploy, its hook and the record function: each does its one thing to this stack's function."""

import json

from tests.template.rights import ALARMS, BUCKET, FUNCTION, JOURNAL, LOG, REGION, REGISTRY, TRACE, actions, allowed
from tests.template.stack import translate

GROUP = f"arn:<AWS::Partition>:codedeploy:{REGION}:deploymentgroup:fairlead/fairlead-live"


def test_codedeploy_moves_live_of_this_function_and_calls_this_hook() -> None:
    """AWS's own policy for it has UpdateAlias and the hook's prefix on every function of the account."""
    assert {sid: (entry["Action"], entry["Resource"]) for sid, entry in allowed("CodeDeployRole").items()} == {
        "MoveLive": (["lambda:GetAlias", "lambda:UpdateAlias"], FUNCTION),
        "SeeProvisionedConcurrency": ("lambda:GetProvisionedConcurrencyConfig", f"{FUNCTION}:*"),
        "RunHook": ("lambda:InvokeFunction", "<VerifyFunction.Arn>"),
        "SeeAlarms": ("cloudwatch:DescribeAlarms", ALARMS),
    }


def test_only_this_account_s_codedeploy_runs_as_its_role() -> None:
    [trust] = translate().properties("CodeDeployRole")["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "codedeploy.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}},
    }


def test_the_group_uses_that_role_and_nothing_names_aws_s_own() -> None:
    stack = translate()

    assert stack.properties("DeploymentGroup")["ServiceRoleArn"] == "<CodeDeployRole.Arn>"
    assert "AWSCodeDeploy" not in json.dumps(stack.raw)


def test_verify_calls_releases_answers_deployments_and_records() -> None:
    statements = allowed("VerifyRole")

    assert statements["CallReleases"]["Resource"] == f"{FUNCTION}:*"
    assert statements["SeeDeployment"]["Resource"] == GROUP
    assert statements["AnswerDeployment"]["Resource"] == "*"
    assert statements["ReadRegistry"]["Resource"] == [*REGISTRY, JOURNAL]
    assert statements["WriteJournal"]["Resource"] == JOURNAL
    assert statements["ListJournal"]["Condition"] == {"StringLike": {"s3:prefix": "journal/fairlead/moves/"}}
    assert actions("VerifyRole") == {
        *("s3:GetObject", "s3:ListBucket", "s3:PutObject", "lambda:GetFunctionConfiguration", "lambda:InvokeFunction"),
        *("codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus", *LOG, *TRACE),
    }


def test_record_reads_deployments_and_writes_the_journal_only() -> None:
    statements = allowed("RecordRole")

    assert statements["ReadJournal"]["Resource"] == statements["WriteJournal"]["Resource"] == JOURNAL
    assert statements["SeeReleases"]["Resource"] == [FUNCTION, f"{FUNCTION}:*"]
    assert statements["SeeDeployments"]["Resource"] == GROUP
    assert statements["ListJournal"]["Condition"] == {"StringLike": {"s3:prefix": "journal/fairlead/moves/"}}
    assert statements["KeepFailedEvents"]["Resource"] == "<SetAside.Arn>/*"
    assert actions("RecordRole") == {
        *("s3:GetObject", "s3:ListBucket", "s3:PutObject", "lambda:GetFunctionConfiguration", "lambda:GetAlias"),
        *("codedeploy:GetDeployment", "codedeploy:ListDeployments", "lambda:InvokeFunction", *LOG, *TRACE),
    }
    assert statements["HaveLivePutBack"]["Resource"] == "<MoveFunction.Arn>"


def test_each_function_writes_its_own_log() -> None:
    for name in ("Verify", "Record", "Move"):
        group = translate().properties(f"{name}Logs")["LogGroupName"]
        assert group == f"/aws/lambda/{translate().properties(f'{name}Function')['FunctionName']}"
        assert allowed(f"{name}Role")["WriteOwnLog"]["Resource"].endswith(f":log-group:{group}:*")


def test_move_moves_both_aliases_and_sees_whether_a_release_can_serve() -> None:
    statements = allowed("MoveRole")

    assert {sid: (entry["Action"], entry["Resource"]) for sid, entry in statements.items()} == {
        "MoveAliases": (["lambda:GetAlias", "lambda:UpdateAlias"], FUNCTION),
        "CallReleases": (["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], f"{FUNCTION}:*"),
        "ReadRegistry": ("s3:GetObject", [f"{BUCKET}/models/*", f"{BUCKET}/blobs/*", JOURNAL]),
        "ListRecordsAndBlobs": ("s3:ListBucket", BUCKET),
        "WriteOwnLog": (sorted(LOG), f"arn:<AWS::Partition>:logs:{REGION}:log-group:/aws/lambda/fairlead-move:*"),
        "Trace": (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
    }
    assert statements["ListRecordsAndBlobs"]["Condition"] == {
        "StringLike": {"s3:prefix": ["journal/fairlead/moves/", "models/*/retired/", "models/*/versions/*", "blobs/*"]}
    }
