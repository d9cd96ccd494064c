"""Policy evaluation without a cloud: wildcards, variables, conditions, and unsupported conditions."""

import logging
from typing import Any

import pytest

from fairlead_local.iam.conditions import UnsupportedError, hold
from fairlead_local.iam.policies import AccessRequest, decide, statements

BUCKET = "arn:aws:s3:::registry"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def said(*given: dict[str, Any], action: str = "s3:GetObject", resource: str | None = f"{BUCKET}/k") -> str:
    return decide(statements({"Statement": list(given)}), AccessRequest(action, resource, {"aws:username": ("anna",)}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "denied"),
        ([ALLOW], "allowed"),
        ([ALLOW, DENY], "explicitly denied"),
        ([DENY, ALLOW], "explicitly denied"),
        ([{**ALLOW, "Action": "S3:getobject"}], "allowed"),
        ([{**ALLOW, "Action": ["s3:PutObject", "s3:Get*"]}], "allowed"),
        ([{**ALLOW, "Action": "s3:GetObjec?"}], "allowed"),
        ([{**ALLOW, "Action": "s3:GetObject?"}], "denied"),
        ([{**ALLOW, "Resource": BUCKET}], "denied"),
        ([{**ALLOW, "Resource": f"{BUCKET.upper()}/*"}], "denied"),
        ([{**ALLOW, "Resource": f"{BUCKET}/[a-z]"}], "denied"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "NotResource": f"{BUCKET}/models/*"}], "allowed"),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], "denied"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": f"{BUCKET}/*"}], "denied"),
    ],
)
def test_explicit_deny_wins_over_allow(given: list[dict[str, Any]], expected: str) -> None:
    assert said(*given) == expected


def test_policy_variables_are_filled_in_without_wildcards() -> None:
    own = {**ALLOW, "Resource": f"{BUCKET}/${{aws:username}}/*"}

    assert said(own, resource=f"{BUCKET}/anna/k") == "allowed"
    assert said(own, resource=f"{BUCKET}/bert/k") == "denied"
    assert said({**ALLOW, "Resource": f"{BUCKET}/${{aws:PrincipalTag/team}}"}) == "denied"
    assert said({**ALLOW, "Resource": f"{BUCKET}/${{*}}"}, resource=f"{BUCKET}/*") == "allowed"
    assert said({**ALLOW, "Resource": f"{BUCKET}/${{*}}"}) == "denied"


def test_unknown_resource_is_allowed_by_a_statement_on_all_resources_only() -> None:
    assert said({**ALLOW, "Resource": "*"}, resource=None) == "allowed"
    assert said(ALLOW, resource=None) == "denied"
    assert said({**ALLOW, "Resource": "arn:*"}, resource=None) == "denied"
    assert said({**ALLOW, "Resource": "*"}, {**ALLOW, "Effect": "Deny"}, resource=None) == "explicitly denied"


LAYERS = ("layer:onnx:1", "layer:common:2")
CONTEXT = {
    "lambda:layer": LAYERS,
    "s3:prefix": ("models/a/",),
    "aws:sourcearn": ("arn:aws:codedeploy:us-east-1:123456789012:application:fairlead",),
    "aws:securetransport": ("true",),
    "s3:max-keys": ("10",),
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "s3:prefix", "models/a/", True),
        ("StringEquals", "s3:prefix", ["x", "models/a/"], True),
        ("StringEquals", "s3:prefix", "models/*", False),
        ("StringEquals", "s3:delimiter", "/", False),
        ("StringEqualsIgnoreCase", "s3:Prefix", "MODELS/A/", True),
        ("StringNotEquals", "s3:prefix", ["x", "models/a/"], False),
        ("StringNotEquals", "s3:delimiter", "/", True),
        ("StringLike", "s3:prefix", "models/?/", True),
        ("StringNotLike", "s3:prefix", "models/*", False),
        ("StringLikeIfExists", "s3:delimiter", "x", True),
        ("StringLikeIfExists", "s3:prefix", "x", False),
        ("ForAllValues:StringLike", "lambda:Layer", ["layer:onnx:*", "layer:common:*"], True),
        ("ForAllValues:StringLike", "lambda:Layer", "layer:onnx:*", False),
        ("ForAllValues:StringLike", "s3:delimiter", "x", True),
        ("ForAnyValue:StringLike", "lambda:Layer", "layer:onnx:*", True),
        ("ForAnyValue:StringLike", "s3:delimiter", "*", False),
        ("ForAllValues:StringNotLike", "lambda:Layer", "layer:evil:*", True),
        ("ForAnyValue:StringNotLike", "lambda:Layer", "layer:onnx:*", True),
        ("Null", "s3:delimiter", "true", True),
        ("Null", "s3:delimiter", "false", False),
        ("Null", "s3:prefix", True, False),
        ("Bool", "aws:SecureTransport", "false", False),
        ("Bool", "aws:SecureTransport", True, True),
        ("ArnLike", "aws:SourceArn", "arn:aws:codedeploy:*:*:application:fair*", True),
        ("ArnLike", "aws:SourceArn", "arn:aws:*:application:fairlead", False),
        ("ArnNotEquals", "aws:SourceArn", "arn:aws:codedeploy:us-east-1:123456789012:application:other", True),
        ("NumericLessThanEquals", "s3:max-keys", "10", True),
        ("NumericGreaterThan", "s3:max-keys", 10, False),
        ("NumericEquals", "s3:prefix", "1", False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, holds: bool) -> None:
    assert hold({operator: {key: wanted}}, CONTEXT, lambda _: True) is holds


def test_all_conditions_must_hold() -> None:
    both = {"StringLike": {"s3:prefix": "models/*"}, "Bool": {"aws:SecureTransport": "true"}}

    assert hold(both, CONTEXT, lambda _: True)
    assert not hold({**both, "Null": {"s3:prefix": "true"}}, CONTEXT, lambda _: True)


@pytest.mark.parametrize(
    "condition", [{"DateLessThan": {"aws:CurrentTime": "2030"}}, {"Bool": {"aws:Strange": "true"}}]
)
def test_unsupported_condition_denies_and_is_logged(
    condition: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(effect: str) -> str:
        policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"} | more for more in mores[effect]]}
        return decide(
            statements(policy), AccessRequest("s3:GetObject", BUCKET, CONTEXT, lambda key: key != "aws:strange")
        )

    mores: dict[str, list[dict[str, Any]]] = {
        "Allow": [{"Condition": condition}],
        "Deny": [{}, {"Effect": "Deny", "Condition": condition}],
    }
    with caplog.at_level(logging.ERROR):
        assert (answer("Allow"), answer("Deny")) == ("denied", "explicitly denied")
    assert "does not support the condition" in caplog.text
    with pytest.raises(UnsupportedError):
        hold(condition, CONTEXT, lambda key: key != "aws:strange")
