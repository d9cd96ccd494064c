"""bootstrap-ci.yaml: who may deploy from GitHub, and with which rights."""

import fnmatch
import json
import re
from typing import Any

import pytest

from fairlead_local.cloudformation import templates
from tests.template.rights import documents
from tests.template.stack import EVERYTHING, ROOT, Reader, translate

PROVIDER = "arn:<AWS::Partition>:iam::<AWS::AccountId>:oidc-provider/token.actions.githubusercontent.com"
ACCOUNT = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>"
NAMES = {
    "StackName": "fairlead-dev",
    "AWS::StackName": "ci-fairlead-dev",
    "Owner": "owner",
    "OwnerId": "583231",
    "Repository": "name",
    "RepositoryId": "1296269",
    "Environment": "dev",
    "BatchInput": "rows/in/",
    "BatchOutput": "rows/out/",
}
TEMPLATE = json.loads(json.dumps(templates.parse((ROOT / "bootstrap-ci.yaml").read_text())))
RESOURCES: dict[str, Any] = Reader(TEMPLATE, NAMES)(TEMPLATE["Resources"])


def trust(role: str) -> dict[str, Any]:
    [statement] = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return dict(statement)


def statements(role: str) -> dict[str, dict[str, Any]]:
    policies = RESOURCES[role]["Properties"].get("Policies", [])
    return {entry["Sid"]: entry for policy in policies for entry in policy["PolicyDocument"]["Statement"]}


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(role: str) -> set[str]:
    return {a for entry in statements(role).values() if entry["Effect"] == "Allow" for a in many(entry["Action"])}


def test_roles_trust_jobs_of_one_environment_of_one_repository() -> None:
    """In both forms of the subject: repositories made, renamed or moved since 2026-07-15 have numbers in theirs."""
    for role, environment in (("DeployRole", "dev"), ("RollbackRole", "dev-rollback"), ("PublishRole", "dev-publish")):
        assert trust(role) == {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": [
                        f"repo:owner/name:environment:{environment}",
                        f"repo:owner@583231/name@1296269:environment:{environment}",
                    ],
                }
            },
        }


def test_only_cloudformation_works_as_the_stack_s_role() -> None:
    """Without aws:SourceAccount, which is documented for extensions alone; iam:PassRole guards the role."""
    assert trust("StackRole") == {
        "Effect": "Allow",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_rolling_back_has_the_operators_rights_and_no_others() -> None:
    assert RESOURCES["RollbackRole"]["Properties"]["ManagedPolicyArns"] == ["<OperatorPolicyArn>"]
    assert actions("RollbackRole") == set()


def test_publishing_has_the_publishers_rights_on_one_model() -> None:
    assert RESOURCES["PublishRole"]["Properties"]["ManagedPolicyArns"] == ["<PublisherPolicyArn>"]
    assert RESOURCES["PublishRole"]["Properties"]["Tags"] == [{"Key": "fairlead-model", "Value": "<Model>"}]
    assert actions("PublishRole") == set()


def test_deploying_starts_cloudformation_and_changes_nothing_itself() -> None:
    assert {action.split(":")[0] for action in actions("DeployRole")} == {"cloudformation", "s3", "iam"}
    assert statements("DeployRole")["HandStackRole"]["Resource"] == "<StackRole.Arn>"
    assert {action for action in actions("DeployRole") if action.startswith("iam:")} == {"iam:PassRole"}


def test_cloudformation_cannot_move_an_alias_attach_a_policy_or_change_retained_data() -> None:
    granted = actions("StackRole")

    assert "lambda:UpdateAlias" not in granted
    assert "lambda:InvokeFunction" not in granted
    assert not {"iam:AttachRolePolicy", "iam:CreateUser", "iam:CreateAccessKey"} & granted
    assert statements("StackRole")["Buckets"]["Resource"] == [
        f"arn:<AWS::Partition>:s3:::fairlead-dev-{bucket}-*" for bucket in ("registry", "setaside")
    ]
    assert not {"s3:PutObject", "s3:DeleteObject"} & granted
    assert not {f"dynamodb:{word}" for word in ("Query", "GetItem", "PutItem", "UpdateItem")} & granted


def test_cloudformation_may_make_the_resources_of_the_feedback_loop() -> None:
    names = {sid: statements("StackRole")[sid]["Resource"] for sid in ("Ledger", "Decisions", "Dashboard")}

    assert names == {
        "Ledger": [f"{ACCOUNT.format('dynamodb')}:table/fairlead-dev-Ledger-*{part}" for part in ("", "/index/slots")],
        "Decisions": f"{ACCOUNT.format('sns')}:fairlead-dev-decisions",
        "Dashboard": "arn:<AWS::Partition>:cloudwatch::<AWS::AccountId>:dashboard/fairlead-dev",
    }
    assert {
        *("dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive"),
        *("dynamodb:UpdateContinuousBackups", "sns:CreateTopic", "cloudwatch:PutDashboard"),
        *("cloudwatch:PutCompositeAlarm", "logs:PutSubscriptionFilter", "events:PutRule"),
    } <= actions("StackRole")


@pytest.mark.parametrize(
    "resource", ["Boundary", "JobBoundary", "DeployRole", "PublishRole", "RollbackRole", "StackRole"]
)
def test_no_right_on_names_reaches_the_roles_that_start_cloudformation(resource: str) -> None:
    """A stack `ci-fairlead` would have rights on `ci-fairlead-dev-StackRole-…`, were it not for the path."""
    assert RESOURCES[resource]["Properties"]["Path"] == "/fairlead-ci/"
    kind = "policy" if resource.endswith("Boundary") else "role"
    arn = f"arn:<AWS::Partition>:iam::<AWS::AccountId>:{kind}/fairlead-ci/ci-fairlead-dev-{resource}-x"
    reader = Reader(TEMPLATE, NAMES | {"StackName": "ci-fairlead"})
    for entry in reader(TEMPLATE["Resources"])["StackRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        assert not any(fnmatch.fnmatchcase(arn, one) for one in many(entry["Resource"]) if one != "*")


def test_every_role_that_cloudformation_writes_has_the_boundary() -> None:
    within = statements("StackRole")["RolesWithinBoundary"]

    assert within["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": "<Boundary>"}}
    assert {"iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy"} <= set(within["Action"])
    assert not set(within["Action"]) & set(statements("StackRole")["Roles"]["Action"])
    assert "iam:DeleteRolePermissionsBoundary" not in actions("StackRole")


def test_the_boundary_has_the_actions_of_the_stack_s_roles_and_no_others() -> None:
    roles = {
        action
        for name, entries in documents(translate(**EVERYTHING)).items()
        if name.endswith("Role")
        for entry in entries
        for action in many(entry["Action"])
    }
    boundary = RESOURCES["Boundary"]["Properties"]["PolicyDocument"]["Statement"]

    assert {action for entry in boundary for action in entry["Action"]} == roles
    assert all("fairlead-dev" in one or "CodeDeployDefault" in one for one in boundary[0]["Resource"])


def test_the_boundary_reaches_the_folders_of_batch_as_the_batch_role_does_and_none_without_both() -> None:
    def reached(entries: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
        return {
            (action, resource, json.dumps(entry.get("Condition")))
            for entry in entries
            for action in many(entry["Action"])
            for resource in many(entry["Resource"])
            if resource.startswith("arn:<AWS::Partition>:s3:::rows")
        }

    boundary = RESOURCES["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    assert reached(boundary) == reached(documents(translate(**EVERYTHING))["BatchRole"]) != set()
    for without in ("BatchInput", "BatchOutput"):
        bare = Reader(TEMPLATE, NAMES | {without: ""})(TEMPLATE["Resources"])["Boundary"]["Properties"]
        assert reached(bare["PolicyDocument"]["Statement"]) == set()


def test_cloudformation_makes_the_state_machine_and_starts_no_execution() -> None:
    machine = statements("StackRole")["BatchMachine"]
    assert machine["Resource"] == f"{ACCOUNT.format('states')}:stateMachine:fairlead-dev-batch"
    assert not {action for action in actions("StackRole") if action.endswith("Execution")}
    passed = statements("StackRole")["HandRoles"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert passed == ["lambda.amazonaws.com", "codedeploy.amazonaws.com", "states.amazonaws.com"]


def test_jobs_get_no_more_by_a_policy_of_the_stack_than_they_have_today() -> None:
    """CloudFormation writes OperatorPolicy, which both roles have: a template could put every right into it."""
    template = translate(ReleaseCandidates="canary-10-5m", AlarmTopicArn="arn:aws:sns:us-east-1:123456789012:alarms")
    operator = {
        a
        for entry in documents(template)["OperatorPolicy"]
        if entry["Effect"] == "Allow"
        for a in many(entry["Action"])
    }
    boundary = {entry["Sid"]: entry for entry in RESOURCES["JobBoundary"]["Properties"]["PolicyDocument"]["Statement"]}

    for role in ("DeployRole", "RollbackRole"):
        assert RESOURCES[role]["Properties"]["PermissionsBoundary"] == "<JobBoundary>"
    operator -= {"iam:ListGroupsForUser"}  # of users: a role is in no group
    assert {a for entry in boundary.values() for a in many(entry["Action"])} == operator | actions("DeployRole")
    assert any(str(one).endswith(":policy/fairlead-dev/*") for one in boundary["OnNamesOfTheStack"]["Resource"])
    everywhere = many(boundary["OnEverything"]["Action"])
    assert not {a for a in everywhere if not a.split(":")[1].startswith(("Describe", "Get", "List"))} - {
        "codedeploy:StopDeployment"
    }
    assert boundary["HandStackRole"] == statements("DeployRole")["HandStackRole"]
    assert {sid for sid, entry in boundary.items() if "*" in many(entry["Resource"])} == {"OnEverything"}


@pytest.mark.parametrize("name", ["fairlead", "fairlead-dev-2", "Fairlead-dev", f"{'f' * 18}-dev", "1airlead-dev"])
def test_a_stack_s_name_that_could_begin_another_s_or_is_too_long_is_refused(name: str) -> None:
    """With one hyphen in each name, no name and a hyphen begin another name."""
    pattern = TEMPLATE["Parameters"]["StackName"]["AllowedPattern"]

    assert re.fullmatch(pattern, "fairlead-dev")
    assert not re.fullmatch(pattern, name)


def test_an_environment_that_begins_a_resource_s_name_of_the_project_s_own_stack_is_refused() -> None:
    """The rights of `risk-record` are on `risk-record-*`, and the stack `risk` has an alarm `risk-record-lost`."""
    pattern = TEMPLATE["Parameters"]["StackName"]["AllowedPattern"]
    written = (ROOT / "template.yaml").read_text()
    words = set(re.findall(r"\$\{AWS::StackName\}-([a-z0-9]+)-", written))

    assert {"record", "canary", "custom"} <= words
    assert [word for word in sorted(words) if re.fullmatch(pattern, f"risk-{word}")] == []
    assert re.fullmatch(pattern, "risk-recordings")


def test_an_api_of_another_stack_is_out_of_reach_by_its_tag() -> None:
    """IfExists: while the API is created, and should API Gateway not say the tag, the right is as it was."""
    assert statements("StackRole")["Api"]["Condition"] == {
        "StringEqualsIfExists": {"aws:ResourceTag/aws:cloudformation:stack-name": "fairlead-dev"}
    }


def test_logs_of_the_api_are_those_of_this_stack_alone() -> None:
    """`fairlead-dev*` would be `fairlead-dev2` too."""
    groups = [one for one in statements("StackRole")["Logs"]["Resource"] if "/aws/apigateway/" in one]

    assert [one.partition("/aws/apigateway/")[2] for one in groups] == ["fairlead-dev", "fairlead-dev:*"]


def test_rights_are_limited_to_names_that_begin_with_the_stacks() -> None:
    """Resources without a name of the stack: APIs have ids, describing is a right on all, transforms are AWS's."""
    unnamed = {
        (role, sid)
        for role in ("DeployRole", "StackRole")
        for sid, entry in statements(role).items()
        for resource in many(entry["Resource"])
        if "fairlead-dev" not in resource and resource != "<StackRole.Arn>"
    }

    assert unnamed == {
        *((role, "Translate") for role in ("DeployRole", "StackRole")),
        *(("DeployRole", sid) for sid in ("ReadTemplate", "FindArtifactBucket", "ListArtifacts")),
        *(("StackRole", sid) for sid in ("Api", "NewBasePath", "FindAlarms", "FindLogs", "Deployments")),
    }


def test_no_right_is_a_whole_service() -> None:
    assert [action for role in ("DeployRole", "StackRole") for action in actions(role) if action.endswith(":*")] == []


def test_policies_fit_into_a_role() -> None:
    """Inline policies of a role: 10,240 characters."""
    for role in ("DeployRole", "StackRole"):
        text = json.dumps(RESOURCES[role]["Properties"]["Policies"], separators=(",", ":"))
        assert len(text.replace("<AWS::Region>", "ap-southeast-2").replace("<AWS::AccountId>", "1" * 12)) < 10_240
