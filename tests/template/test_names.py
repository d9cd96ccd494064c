"""Every resource's name fits AWS's limits for the longest stack name that the documentation allows.

CloudFormation names a resource without a name of its own <stack>-<logical id>-<13 characters>, and cuts the first two
to fit. A cut name no longer matches the pattern that the GitHub roles have rights on.
"""

import json
import re
from typing import Any

import pytest

from tests.template.stack import NAMES, ROOT, Stack, translate

LONGEST = "f" * 17 + "-" + "e" * 17
SUFFIX = "x" * 13
WORD = r"[A-Za-z0-9_-]+"
NAMED: dict[str, tuple[str, int, str]] = {
    # type: property of the name, characters at most, what they may be
    "AWS::ApiGateway::RestApi": ("Name", 1024, r".+"),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255, r"[ -~]+"),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", 255, r"[ -~]+"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255, WORD),
    "AWS::CodeDeploy::Application": ("ApplicationName", 100, r"[ -~]+"),
    "AWS::CodeDeploy::DeploymentConfig": ("DeploymentConfigName", 100, r"[ -~]+"),
    "AWS::CodeDeploy::DeploymentGroup": ("DeploymentGroupName", 100, r"[ -~]+"),
    "AWS::DynamoDB::Table": ("TableName", 255, r"[A-Za-z0-9_.-]{3,}"),
    "AWS::Events::Rule": ("Name", 64, r"[A-Za-z0-9_.-]+"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128, r"[A-Za-z0-9_+=,.@-]+"),
    "AWS::IAM::Role": ("RoleName", 64, r"[A-Za-z0-9_+=,.@-]+"),
    "AWS::Lambda::Function": ("FunctionName", 64, WORD),
    "AWS::Lambda::LayerVersion": ("LayerName", 140, WORD),
    "AWS::Logs::LogGroup": ("LogGroupName", 512, r"[A-Za-z0-9_/.#-]+"),
    "AWS::S3::Bucket": ("BucketName", 63, r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "AWS::SNS::Topic": ("TopicName", 256, WORD),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80, WORD),
}
UNNAMED = {
    *("AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage", "AWS::Lambda::Alias", "AWS::Lambda::Version"),
    *("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Logs::SubscriptionFilter"),
    *("AWS::IAM::Policy", "AWS::S3::BucketPolicy"),
}
"""Parts of another resource, with a name of the template's or an id of AWS's."""


def named(stack: str) -> Stack:
    """The template with everything switched on, in a stack of this name."""
    given = {"CustomCanaryPercent": "99", "CustomCanaryMinutes": "2880", "RetrainSchedule": "rate(7 days)"}
    given |= {"BatchInput": "rows/in/", "BatchOutput": "rows/out/"}
    made = translate(ReleaseCandidates="custom", **given)
    defaults = {name: str(facts["Default"]) for name, facts in made.raw["Parameters"].items()}
    values = NAMES | defaults | given | {"ReleaseCandidates": "custom", "AWS::StackName": stack}
    return Stack(made.raw, values)


def name_of(stack: str, logical_id: str, resource: dict[str, Any]) -> str:
    """The name that a resource has, or gets from CloudFormation."""
    kind = resource["Type"]
    given = resource["Properties"].get(NAMED[kind][0])
    if kind == "AWS::ApiGateway::RestApi":
        given = resource["Properties"]["Body"]["info"]["title"]
    generated = f"{stack}-{logical_id}-{SUFFIX}"
    return str(given or (generated.lower() if kind == "AWS::S3::Bucket" else generated))


@pytest.fixture(scope="module")
def longest() -> dict[str, dict[str, Any]]:
    return named(LONGEST).resources


def test_every_kind_of_resource_is_looked_at(longest: dict[str, dict[str, Any]]) -> None:
    assert {resource["Type"] for resource in longest.values()} <= NAMED.keys() | UNNAMED


def test_every_name_fits_its_service_for_the_longest_stack_name(longest: dict[str, dict[str, Any]]) -> None:
    wrong = {}
    for logical_id, resource in longest.items():
        if resource["Type"] in NAMED:
            _, most, characters = NAMED[resource["Type"]]
            name = name_of(LONGEST, logical_id, resource)
            if len(name) > most or not re.fullmatch(characters, name):
                wrong[logical_id] = (name, len(name), most)

    assert wrong == {}


def test_a_stack_name_of_one_character_more_is_too_long() -> None:
    role = named(LONGEST).of_type("AWS::IAM::Role")

    assert max(len(name_of(LONGEST + "e", name, one)) for name, one in role.items()) == 65


def test_the_documented_length_is_that_of_the_longest_name_allowed() -> None:
    pattern = re.search(
        r"StackName:\n    Type: String\n    AllowedPattern: '([^']+)'", (ROOT / "bootstrap-ci.yaml").read_text()
    )
    text = (ROOT / "docs/how-to/deploy-to-aws.md").read_text()

    assert pattern is not None
    assert re.fullmatch(pattern[1], LONGEST)
    assert not re.fullmatch(pattern[1], LONGEST + "e")
    assert not re.fullmatch(pattern[1], "f" + LONGEST)
    assert f"{len(LONGEST)} characters at most" in text


def test_descriptions_of_functions_and_policies_fit(longest: dict[str, dict[str, Any]]) -> None:
    """Lambda takes 256 characters, IAM and alarms take more."""
    texts = [
        one["Properties"].get("Description", "") for one in longest.values() if one["Type"] == "AWS::Lambda::Function"
    ]

    assert max(map(len, texts)) <= 256
    assert json.dumps(texts).isascii()


@pytest.mark.parametrize("name", ["fairlead", "fairlead-dev", "risk-canaries", "canary"])
def test_a_stack_named_after_project_and_environment_is_made(name: str) -> None:
    assert "StackNameIsRefused" not in named(name).resources


@pytest.mark.parametrize("name", ["risk-eu-2", "risk-canary", "risk--eu", "a-b-c-d"])
def test_a_stack_whose_name_another_stack_s_rights_or_names_could_reach_fails_with_the_reason(name: str) -> None:
    made = named(name).resources["StackNameIsRefused"]

    assert made["Type"] == "AWS::Logs::LogGroup"
    text = made["Properties"]["LogGroupName"]
    assert text.startswith(f"the stack name {name} has two hyphens")
    assert not re.fullmatch(NAMED["AWS::Logs::LogGroup"][2], text), "CloudWatch Logs refuses it"


def test_no_two_stacks_whose_names_are_allowed_have_a_resource_of_one_name() -> None:
    """`risk` and `risk-canary` would both have an alarm `risk-canary-errors`."""

    def names(stack: str) -> set[tuple[str, str]]:
        """Names by type; the two types of alarms share their names."""
        found = {key: one for key, one in named(stack).resources.items() if one["Type"] in NAMED}
        return {(one["Type"].replace("Composite", ""), name_of(stack, key, one)) for key, one in found.items()}

    own = names("risk")
    words = {name.split("-")[1] for _, name in own if name.startswith("risk-") and name.islower()}
    allowed = [f"risk-{word}" for word in words if "StackNameIsRefused" not in named(f"risk-{word}").resources]

    assert {"risk-record", "risk-custom"} <= set(allowed)
    assert [stack for stack in allowed if own & names(stack)] == []
