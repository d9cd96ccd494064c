"""Aliases: at most two versions, optimistic locking, and versions that an alias protects."""

import json
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.support import ROLE, publish, refusal, update


def test_a_stale_alias_revision_is_refused(functions: Any, name: str) -> None:
    functions.publish_version(FunctionName=name)
    alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    moved = functions.update_alias(FunctionName=name, Name="live", Description="moved", RevisionId=alias["RevisionId"])

    refused = refusal(
        functions.update_alias, "UpdateAlias", functions, FunctionName=name, Name="live", RevisionId=alias["RevisionId"]
    )

    assert (refused["code"], refused["status"]) == ("PreconditionFailedException", 412)
    assert moved["RevisionId"] != alias["RevisionId"]


@pytest.mark.parametrize(
    ("version", "weights", "reason"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "cannot be greater than 1"),
        ("1", {"2": 1.5}, "between 0.0 and 1.0"),
        ("$LATEST", {"1": 0.5}, "$LATEST is not supported"),
        ("1", {"1": 0.5}, "already included"),
    ],
)
def test_an_alias_has_at_most_two_published_versions(
    functions: Any, name: str, version: str, weights: dict[str, float], reason: str
) -> None:
    for description in ("one", "two", "three"):
        publish(functions, name, description)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    refused = refusal(
        functions.update_alias, "UpdateAlias", functions, FunctionName=name, Name="live", FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": weights},
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterValueException"
    assert reason in refused["message"]


def test_two_versions_of_an_alias_have_the_same_role(cloud: LocalCloud, functions: Any, name: str) -> None:
    publish(functions, name, "one")
    role = cloud.client("iam").get_role(RoleName=ROLE.rsplit("/", maxsplit=1)[-1])["Role"]
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    other = cloud.client("iam").create_role(RoleName=f"other-{name}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    update(functions, name, Role=other)
    publish(functions, name, "two")
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    refused = refusal(
        functions.update_alias, "UpdateAlias", functions, FunctionName=name, Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterValueException"
    assert "same execution role" in refused["message"]
    assert functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")["FunctionVersion"] == "2"


def test_weights_stay_until_an_empty_routing_config(functions: Any, name: str) -> None:
    publish(functions, name, "one")
    publish(functions, name, "two")
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    kept = functions.update_alias(FunctionName=name, Name="live", Description="no routing given")
    cleared = functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})

    assert kept["RoutingConfig"] == weights
    assert "RoutingConfig" not in cleared


def test_an_alias_needs_a_version_that_exists(functions: Any, name: str) -> None:
    refused = refusal(
        functions.create_alias, "CreateAlias", functions, FunctionName=name, Name="live", FunctionVersion="9"
    )

    assert (refused["code"], refused["status"]) == ("ResourceNotFoundException", 404)


def test_a_version_an_alias_points_to_cannot_be_deleted(functions: Any, name: str) -> None:
    publish(functions, name, "one")
    publish(functions, name, "two")
    weights = {"AdditionalVersionWeights": {"2": 0.0}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    for version in ("1", "2"):
        refused = refusal(functions.delete_function, "DeleteFunction", functions, FunctionName=name, Qualifier=version)
        assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)

    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(FunctionName=name, Qualifier="1")
    assert publish(functions, name, "three") == "3", "numbers are never used again"
