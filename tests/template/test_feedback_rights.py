"""Each function of the feedback loop may do its one thing; respond may go back, retrain publish, neither release."""

import pytest

from tests.template.rights import (
    BUCKET,
    FUNCTION,
    JOURNAL,
    LOG,
    REGION,
    RETRAINING,
    STACK,
    TRACE,
    allowed,
    documents,
    many,
)
from tests.template.stack import translate

LEDGER = f"arn:<AWS::Partition>:dynamodb:{REGION}:table/<Ledger>"
WRITE = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}
FAILED = "<SetAside.Arn>/aws/lambda/async/fairlead-feedback/*"
VERSIONS = [f"{BUCKET}/models/*/versions/*", f"{BUCKET}/blobs/*"]
GROUP = f"arn:<AWS::Partition>:codedeploy:{REGION}:deploymentgroup:<DeploymentApplication>/fairlead-live"
API = f"arn:<AWS::Partition>:execute-api:{REGION}:<Api>/prod"

KEEP = {
    "ReadVersions": ({"s3:GetObject"}, VERSIONS),
    "ListVersions": ({"s3:ListBucket"}, [BUCKET]),
    "WriteLedger": (WRITE, [LEDGER]),
}
DEAD_LETTERS = {
    "KeepFailedEvents": ({"s3:PutObject"}, ["<SetAside.Arn>/*"]),
    "ListSetAside": ({"s3:ListBucket"}, ["<SetAside.Arn>"]),
}
RIGHTS = {
    "Feedback": {**KEEP, **DEAD_LETTERS},
    "Redrive": {
        **KEEP,
        "SetAside": ({"s3:PutObject"}, ["<SetAside.Arn>/setaside/*"]),
        "ListSetAside": ({"s3:ListBucket"}, ["<SetAside.Arn>"]),
        "TakeFailedEvents": ({"s3:GetObject", "s3:DeleteObject"}, [FAILED]),
    },
    "Intake": KEEP,
    "Monitor": {
        "ReadVersions": ({"s3:GetObject"}, [f"{BUCKET}/models/*", f"{BUCKET}/blobs/*"]),
        "ReadLedger": ({"dynamodb:Query"}, [LEDGER]),
        "SeeReleases": ({"lambda:GetAlias", "lambda:GetFunctionConfiguration"}, [FUNCTION, f"{FUNCTION}:*"]),
        "SeeAlarms": ({"cloudwatch:DescribeAlarms"}, ["*"]),
        "PutAlarmsAgain": ({"lambda:InvokeFunction"}, ["<RespondFunction.Arn>"]),
    },
    "Respond": {
        "FindStack": ({"cloudformation:DescribeStacks"}, [STACK]),
        "ReadRegistry": ({"s3:GetObject"}, [f"{BUCKET}/models/*", f"{BUCKET}/blobs/*", JOURNAL]),
        "ListRecordsAndBlobs": ({"s3:ListBucket"}, [BUCKET]),
        "WriteJournal": ({"s3:PutObject"}, [JOURNAL]),
        "HaveLiveMoved": ({"lambda:InvokeFunction"}, ["<MoveFunction.Arn>"]),
        "SeeReleases": ({"lambda:GetAlias", "lambda:GetFunctionConfiguration"}, [FUNCTION, f"{FUNCTION}:*"]),
        "AskReleases": ({"lambda:InvokeFunction"}, [f"{FUNCTION}:*"]),
        "StopDeployments": ({"codedeploy:StopDeployment"}, ["*"]),
        "SeeDeployments": ({"codedeploy:ListDeployments", "codedeploy:GetDeployment"}, [GROUP]),
        "ReadMetrics": ({"cloudwatch:GetMetricData"}, ["*"]),
        "ReadLedger": ({"dynamodb:Query"}, [LEDGER, f"{LEDGER}/index/slots"]),
        "StartRetraining": ({"lambda:InvokeFunction"}, ["<RetrainFunction.Arn>"]),
        "Tell": ({"sns:Publish"}, ["<DecisionsTopic>"]),
    },
    "Retrain": {
        "ReadRegistry": ({"s3:GetObject"}, [f"{BUCKET}/models/*", f"{BUCKET}/blobs/*", RETRAINING]),
        "Publish": ({"s3:PutObject"}, [f"{BUCKET}/blobs/*", f"{BUCKET}/models/*/versions/*", RETRAINING]),
        "ListRegistry": ({"s3:ListBucket"}, [BUCKET]),
        "ReadLedger": ({"dynamodb:Query"}, [LEDGER, f"{LEDGER}/index/slots"]),
        "Prove": ({"lambda:InvokeFunction"}, ["<ProveFunction.Arn>"]),
        "SeeWhatIsLive": ({"lambda:GetAlias", "lambda:GetFunctionConfiguration"}, [FUNCTION, f"{FUNCTION}:*"]),
        "FindStack": ({"cloudformation:DescribeStacks"}, [STACK]),
        **DEAD_LETTERS,
    },
    "Prove": {"ReadBlobs": ({"s3:GetObject"}, [f"{BUCKET}/blobs/*"])},
}
LISTS = {
    "ListVersions": "models/*/versions/*",
    "ListRecordsAndBlobs": ["journal/fairlead/moves/", "models/*/retired/", "models/*/versions/*", "blobs/*"],
    "ListRegistry": ["models/*", "journal/fairlead/retrain/"],
}


@pytest.mark.parametrize("name", RIGHTS)
def test_each_function_may_do_exactly_this(name: str) -> None:
    granted = {
        sid: (set(many(entry["Action"])), many(entry["Resource"])) for sid, entry in allowed(f"{name}Role").items()
    }
    group = translate().properties(f"{name}Logs")["LogGroupName"]

    assert granted == {
        **RIGHTS[name],
        "WriteOwnLog": (LOG, [f"arn:<AWS::Partition>:logs:{REGION}:log-group:{group}:*"]),
        "Trace": (TRACE, ["*"]),
    }


@pytest.mark.parametrize("name", RIGHTS)
def test_functions_of_the_loop_log_under_their_own_name(name: str) -> None:
    function = translate().properties(f"{name}Function")

    assert translate().properties(f"{name}Logs")["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"
    assert function["LoggingConfig"] == {
        "LogGroup": f"<{name}Logs>",
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


def test_only_functions_that_need_it_may_list_the_registry() -> None:
    found = {
        (name, sid): entry["Condition"]
        for name in RIGHTS
        for sid, entry in allowed(f"{name}Role").items()
        if many(entry["Action"]) == ["s3:ListBucket"] and entry["Resource"] == BUCKET
    }

    assert {name for name, _ in found} == {"Feedback", "Redrive", "Intake", "Respond", "Retrain"}
    assert found == {(name, sid): {"StringLike": {"s3:prefix": LISTS[sid]}} for name, sid in found}


def test_respond_goes_back_and_never_forward() -> None:
    """It publishes no version, changes no function and starts no deployment: what it makes live was live before."""
    forward = {
        *("lambda:PublishVersion", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        *("lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteFunction", "codedeploy:CreateDeployment"),
        *("codedeploy:UpdateDeploymentGroup", "cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState"),
    }
    granted = {action for entry in allowed("RespondRole").values() for action in many(entry["Action"])}

    assert granted & forward == set()


def test_predict_writes_to_no_ledger_and_callers_outcomes_reach_no_other_role() -> None:
    writers = {
        name
        for name, statements in documents(translate()).items()
        for entry in statements
        if {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(many(entry["Action"]))
    }

    assert writers == {"FeedbackRole", "RedriveRole", "IntakeRole"}


def test_no_function_deletes_from_the_ledger() -> None:
    deleting = [
        name
        for name, statements in documents(translate()).items()
        for entry in statements
        if any("dynamodb:Delete" in action or "dynamodb:BatchWrite" in action for action in many(entry["Action"]))
    ]

    assert deleting == []


def test_reporters_report_and_read_the_signature_and_call_nothing_else() -> None:
    assert documents(translate())["FeedbackPolicy"] == [
        {
            "Sid": "Report",
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": [f"{API}/POST/feedback", f"{API}/GET/model"],
        }
    ]


def test_operators_read_the_ledger_redrive_and_have_candidates_trained() -> None:
    statements = allowed("OperatorPolicy")

    assert (statements["ReadLedger"]["Action"], statements["ReadLedger"]["Resource"]) == (
        "dynamodb:Query",
        [LEDGER, f"{LEDGER}/index/slots"],
    )
    assert (statements["RedriveAndRetrain"]["Action"], statements["RedriveAndRetrain"]["Resource"]) == (
        "lambda:InvokeFunction",
        ["<RedriveFunction.Arn>", "<RetrainFunction.Arn>"],
    )
