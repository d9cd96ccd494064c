"""The rights of each role, and no wildcard without a reason."""

import json
import re

import pytest

from tests.template.rights import BUCKET, LOG, REGISTRY, STACK, TRACE, actions, allowed, documents, many
from tests.template.stack import translate

WILDCARDS = {
    ("PredictRole", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("PredictRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("PredictRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("CallerPolicy", "Call"): "any path of this stage but feedback's: a mistyped one must be a 404, not a 403",
    ("PublisherPolicy", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("PublisherPolicy", "CreateVersions"): "keys are made at run time, under these two prefixes",
    ("PublisherPolicy", "SeeWhatIsLive"): "each release is a new version number of this function",
    ("PublisherPolicy", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("OperatorPolicy", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("OperatorPolicy", "RetireAndRecord"): "models, versions and records are made at run time",
    ("OperatorPolicy", "OnEverything"): "alarms of both kinds, metrics, StopDeployment and quotas have no resources",
    ("OperatorPolicy", "ReadPolicyHolders"): "CloudFormation ends a policy's name with an id of its own",
    ("OperatorPolicy", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("OperatorPolicy", "Release"): "each release is a new version number of this function",
    ("OperatorPolicy", "ReadFairleadLayers"): "each deploy makes new version numbers of these layers",
    ("OperatorPolicy", "CallAndPruneVersions"): "each release is a new version number of this function",
    ("OperatorPolicy", "ReadStrategies"): "CodeDeploy's own strategies for Lambda, which hold no secrets",
    ("CodeDeployRole", "SeeProvisionedConcurrency"): "each release is a new version number of this function",
    ("CodeDeployRole", "SeeAlarms"): "IAM decides DescribeAlarms on all alarms, whichever are named",
    ("VerifyRole", "ReadRegistry"): "keys are made at run time, under these three prefixes",
    ("VerifyRole", "WriteJournal"): "records are numbered at run time",
    ("VerifyRole", "CallReleases"): "each release is a new version number of this function",
    ("VerifyRole", "AnswerDeployment"): "CodeDeploy has no resources for it",
    ("VerifyRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("VerifyRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("RecordRole", "ReadJournal"): "records are numbered at run time",
    ("RecordRole", "WriteJournal"): "records are numbered at run time",
    ("RecordRole", "SeeReleases"): "each release is a new version number of this function",
    ("RecordRole", "KeepFailedEvents"): "Lambda asks for the whole bucket when it is named as a destination",
    ("RecordRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("RecordRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("MoveRole", "CallReleases"): "each release is a new version number of this function",
    ("MoveRole", "ReadRegistry"): "keys are made at run time, under these three prefixes",
    ("MoveRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("MoveRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("FeedbackRole", "ReadVersions"): "keys are made at run time, under these two prefixes",
    ("FeedbackRole", "KeepFailedEvents"): "Lambda asks for the whole bucket when it is named as a destination",
    ("FeedbackRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("FeedbackRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("RedriveRole", "ReadVersions"): "keys are made at run time, under these two prefixes",
    ("RedriveRole", "SetAside"): "a dead letter is named by its digest",
    ("RedriveRole", "TakeFailedEvents"): "Lambda names failed events by time",
    ("RedriveRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("RedriveRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("IntakeRole", "ReadVersions"): "keys are made at run time, under these two prefixes",
    ("IntakeRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("IntakeRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("MonitorRole", "ReadVersions"): "keys are made at run time, under these two prefixes",
    ("MonitorRole", "SeeReleases"): "each release is a new version number of this function",
    ("MonitorRole", "SeeAlarms"): "composite alarms are described to those who may describe all",
    ("MonitorRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("MonitorRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("RespondRole", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("RespondRole", "ReadRegistry"): "keys are made at run time, under these three prefixes",
    ("RespondRole", "WriteJournal"): "records are numbered at run time",
    ("RespondRole", "SeeReleases"): "each release is a new version number of this function",
    ("RespondRole", "AskReleases"): "each release is a new version number of this function",
    ("RespondRole", "StopDeployments"): "CodeDeploy has no resources for StopDeployment",
    ("RespondRole", "ReadMetrics"): "CloudWatch has no resources for GetMetricData",
    ("RespondRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("RespondRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("RetrainRole", "ReadRegistry"): "keys are made at run time, under these three prefixes",
    ("RetrainRole", "Publish"): "keys are made at run time, under these three prefixes",
    ("RetrainRole", "SeeWhatIsLive"): "each release is a new version number of this function",
    ("RetrainRole", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("RetrainRole", "KeepFailedEvents"): "Lambda asks for the whole bucket when it is named as a destination",
    ("RetrainRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("RetrainRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("ProveRole", "ReadBlobs"): "blobs are named by their digests",
    ("ProveRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("ProveRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
}


FUNCTION_ROLES = [
    *("PredictRole", "VerifyRole", "RecordRole", "MoveRole"),
    *("FeedbackRole", "RedriveRole", "IntakeRole", "MonitorRole", "RespondRole"),
    *("RetrainRole", "ProveRole"),
]


def test_no_action_is_a_wildcard() -> None:
    found = [action for name in documents(translate()) for action in actions(name) if "*" in action]

    assert found == []


def test_every_wildcard_resource_has_its_reason() -> None:
    found = {
        (name, entry["Sid"])
        for name, statements in documents(translate()).items()
        for entry in statements
        if any("*" in resource for resource in many(entry["Resource"]))
    }

    assert found == WILDCARDS.keys()


def test_only_actions_without_resources_are_granted_on_all() -> None:
    found = {
        action
        for statements in documents(translate()).values()
        for entry in statements
        if "*" in many(entry["Resource"])
        for action in many(entry["Action"])
    }

    assert found == {
        *(*TRACE, "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "lambda:GetAccountSettings"),
        *("codedeploy:StopDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"),
    }


def test_policies_fit_into_iam() -> None:
    """A managed policy takes 6,144 characters, blanks aside. The stack's name is the longest, ARNs are real ones."""
    known = {"<AWS::Region>": 14, "<AWS::AccountId>": 12, "<AWS::Partition>": 10, "<Registry>": 63, "<Ledger>": 56}
    stack = translate(AlarmTopicArn=f"arn:aws-us-gov:sns:us-gov-west-1:123456789012:{'t' * 60}")
    for name, policy in stack.of_type("AWS::IAM::ManagedPolicy").items():
        text = json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":")).replace("fairlead", "f" * 35)
        # Other references are ARNs of functions, alarms and topics: 52 characters, stack and name.
        text = re.sub(r"<[^>]+>", lambda found: "x" * known.get(found[0], 52 + 35 + 15), text)
        assert len(text) < 6144, (name, len(text))


def test_no_policy_of_aws_is_attached() -> None:
    """AWS's basic execution role may create log groups anywhere, its X-Ray role read sampling rules."""
    roles = translate().of_type("AWS::IAM::Role")

    assert sorted(roles) == ["CodeDeployRole", *sorted(FUNCTION_ROLES)]
    assert all("ManagedPolicyArns" not in role["Properties"] for role in roles.values())


def test_a_boundary_limits_every_role() -> None:
    boundary = "arn:aws:iam::123456789012:policy/ci-fairlead-Boundary-1A2B3C"
    limited = translate(PermissionsBoundary=boundary, ReleaseCandidates="canary-10-5m").of_type("AWS::IAM::Role")
    roles = translate().of_type("AWS::IAM::Role")

    assert {role["Properties"].get("PermissionsBoundary") for role in limited.values()} == {boundary}
    assert all("PermissionsBoundary" not in role["Properties"] for role in roles.values())


def test_predict_reads_blobs_and_manifests_and_writes_its_log_and_traces() -> None:
    assert allowed("PredictRole")["ReadRegistry"]["Resource"] == REGISTRY
    assert actions("PredictRole") == {"s3:GetObject", "s3:ListBucket", *LOG, *TRACE}
    group = translate().properties("PredictLogs")["LogGroupName"]
    assert allowed("PredictRole")["WriteOwnLog"]["Resource"].endswith(f":log-group:{group}:*")


def test_predict_lists_retirements_and_nothing_else() -> None:
    """Predict must be able to distinguish a version that is not retired from a missing right."""
    assert allowed("PredictRole")["ListRetirements"] == {
        "Sid": "ListRetirements",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
        "Condition": {"StringLike": {"s3:prefix": "models/*/retired/"}},
    }


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_only_lambda_runs_as_a_function(role: str) -> None:
    [trust] = translate().properties(role)["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_callers_call_this_stage_but_report_no_outcomes() -> None:
    [entry] = documents(translate(StageName="dev"))["CallerPolicy"]
    stage = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/dev"

    assert entry["Action"] == "execute-api:Invoke"
    assert entry["Resource"] == [
        *(
            f"{stage}/GET/*",
            f"{stage}/POST/predict*",
            f"{stage}/POST/versions/*",
            f"{stage}/POST/v2/models/*",
            f"{stage}/POST/invocations",
        ),
        *(f"{stage}/{method}/*" for method in ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")),
    ]


MORE_TAGS = ("-2", "-3", "-4")


def test_publishers_create_and_read_and_never_delete_or_release() -> None:
    assert actions("PublisherPolicy") == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "cloudformation:DescribeStacks",
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
    }
    assert allowed("PublisherPolicy")["ReadRegistry"]["Resource"] == REGISTRY
    assert allowed("PublisherPolicy")["CreateVersions"]["Resource"] == [
        f"{BUCKET}/blobs/*",
        *(f"{BUCKET}/models/${{aws:PrincipalTag/fairlead-model{more}}}/versions/*" for more in ("", *MORE_TAGS)),
    ]
    assert allowed("PublisherPolicy")["List"]["Resource"] == BUCKET
    assert allowed("PublisherPolicy")["FindStack"]["Resource"] == STACK


def test_policies_are_given_out_by_output() -> None:
    stack = translate()

    assert {f"<{name}>" for name in stack.of_type("AWS::IAM::ManagedPolicy")} == {
        stack.outputs[f"{who}PolicyArn"] for who in ("Caller", "Feedback", "Publisher", "Operator")
    }
