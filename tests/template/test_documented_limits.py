"""Limits that AWS documents, and what it does not support, of the properties that the templates use.

test_names.py holds names against their limits, test_state.py has retained resources, test_rights.py managed policies.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.rights import documents
from tests.template.stack import ROOT, Stack, source, translate

REFERENCE = 140
"""Characters that any ARN or generated name of the stack stays below; shorter ones by name."""
SHORT = {"<AWS::Partition>": 10, "<AWS::Region>": 14, "<AWS::AccountId>": 12, "<Registry>": 63, "<SetAside>": 63}
LONGEST = {
    name: "x" * facts.get("MaxLength", 4096)
    for name, facts in source()["Parameters"].items()
    if name in {"CaptureDrop", "TrustedReporters"}
}
"""Parameters that are lists; a parameter of CloudFormation has 4,096 bytes at most."""


@pytest.fixture(scope="module")
def everything() -> Stack:
    given = {"CustomCanaryPercent": "99", "CustomCanaryMinutes": "2880", "DriftLooks": "288"}
    return translate(
        ReleaseCandidates="custom",
        RetrainSchedule="rate(7 days)",
        Dashboard="on",
        SnapStart="PublishedVersions",
        **given,
    )


def length(text: str) -> int:
    """Return a text's length with every reference, and the stack's name, at its longest."""
    text = text.replace("fairlead", "f" * 35)
    return len(re.sub(r"<[^>]+>", lambda found: "x" * SHORT.get(found[0], REFERENCE), text))


def test_environments_fit_with_the_longest_lists() -> None:
    """4 KB for all variables: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    found = translate(ReleaseCandidates="canary-10-5m", **LONGEST).of_type("AWS::Lambda::Function")
    sizes = {
        name: sum(len(key) + length(str(value)) for key, value in one["Properties"]["Environment"]["Variables"].items())
        for name, one in found.items()
    }

    # A release adds the model's name, its version and a digest.
    assert {name: size for name, size in sizes.items() if size + 300 > 4096} == {}


def test_a_schedule_is_as_long_as_a_rule_takes() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    assert source()["Parameters"]["RetrainSchedule"]["MaxLength"] == 256


def test_templates_fit_into_cloudformation() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    raw = translate(ReleaseCandidates="canary-10-5m").raw

    assert len(json.dumps(raw)) < 1_000_000
    assert (len(raw["Parameters"]) <= 200, len(raw["Outputs"]) <= 200, len(raw["Resources"]) <= 500) == (True,) * 3
    described = [raw, *raw["Outputs"].values()]
    assert max(len(one.get("Description", "")) for one in described) <= 1024
    assert max(len(one.get("Description", "")) for one in raw["Parameters"].values()) <= 4000
    # `aws cloudformation deploy` sends it in the call.
    assert len((ROOT / "bootstrap-ci.yaml").read_bytes()) <= 51_200


def test_alarms_span_a_day_at_most_and_use_allowed_functions(everything: Stack) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html

    Periods times evaluation periods are a day at most, ten metrics at most, and no search.
    """
    for name, alarm in everything.of_type("AWS::CloudWatch::Alarm").items():
        given = alarm["Properties"]
        metrics = given.get("Metrics", [])
        periods = [one["MetricStat"]["Period"] for one in metrics if "MetricStat" in one] or [given["Period"]]
        assert max(periods) * int(given["EvaluationPeriods"]) <= 86_400, name
        assert len(metrics) <= 10, name
        assert not re.search(r"SEARCH|METRICS\(|ANOMALY|SELECT", json.dumps(metrics)), name
        assert len(given["AlarmDescription"]) <= 1024, name
        assert len(given.get("AlarmActions", [])) <= 5, name


def test_composite_alarms_have_a_rule_that_is_short_enough(everything: Stack) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""
    for alarm in everything.of_type("AWS::CloudWatch::CompositeAlarm").values():
        rule = alarm["Properties"]["AlarmRule"]
        assert length(rule) <= 10_240
        assert rule.count("ALARM(") <= 100


def test_snapstart_s_function_has_nothing_that_snapstart_lacks(everything: Stack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html: Python from 3.12 on, archives, 512 MB of /tmp."""
    [predict] = [
        one["Properties"]
        for one in everything.of_type("AWS::Lambda::Function").values()
        if one["Properties"].get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
    ]

    assert predict["Runtime"] == "python3.13"
    assert not {"EphemeralStorage", "FileSystemConfigs", "ImageConfig", "PackageType"} & predict.keys()
    held = [*everything.of_type("AWS::Lambda::Version").values(), *everything.of_type("AWS::Lambda::Alias").values()]
    assert all("ProvisionedConcurrencyConfig" not in one["Properties"] for one in held)


def test_buckets_receive_failed_events_only(everything: Stack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html: S3 takes no successes."""
    for config in everything.of_type("AWS::Lambda::EventInvokeConfig").values():
        assert config["Properties"].get("DestinationConfig", {}).keys() <= {"OnFailure"}
        assert 0 <= config["Properties"]["MaximumRetryAttempts"] <= 2


def test_deployment_groups_and_strategies_are_those_of_lambda(everything: Stack) -> None:
    """https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html: ten alarms, a canary of two days."""
    [group] = everything.of_type("AWS::CodeDeploy::DeploymentGroup").values()
    assert group["Properties"].keys() <= {
        *("AlarmConfiguration", "ApplicationName", "AutoRollbackConfiguration", "DeploymentConfigName"),
        *("DeploymentGroupName", "DeploymentStyle", "ServiceRoleArn"),
    }
    assert len(group["Properties"]["AlarmConfiguration"]["Alarms"]) <= 10
    [strategy] = everything.of_type("AWS::CodeDeploy::DeploymentConfig").values()
    canary = strategy["Properties"]["TrafficRoutingConfig"]["TimeBasedCanary"]
    assert int(canary["CanaryInterval"]) <= 2880
    assert "MinimumHealthyHosts" not in strategy["Properties"]


def test_rules_and_filters_fit(everything: Stack) -> None:
    """Five targets and 2,048 characters of a rule; 1,024 of a filter, and two filters of a log group.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
    """
    for rule in everything.of_type("AWS::Events::Rule").values():
        assert len(rule["Properties"]["Targets"]) <= 5
        assert length(json.dumps(rule["Properties"].get("EventPattern", ""))) <= 2048
    filters = [one["Properties"] for one in everything.of_type("AWS::Logs::SubscriptionFilter").values()]
    assert all(len(one["FilterPattern"]) <= 1024 for one in filters)
    groups = [one["LogGroupName"] for one in filters]
    assert max(map(groups.count, groups)) <= 2


def test_roles_carry_inline_policies_that_fit() -> None:
    """10,240 characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    stack = translate(ReleaseCandidates="canary-10-5m")
    sizes = {
        name: length(json.dumps(entries, separators=(",", ":")))
        for name, entries in documents(stack).items()
        if name.endswith("Role")
    }

    assert {name: size for name, size in sizes.items() if size > 10_240} == {}


def body(everything: Stack) -> dict[str, Any]:
    [api] = everything.of_type("AWS::ApiGateway::RestApi").values()
    found: dict[str, Any] = api["Properties"]["Body"]
    return found


def test_the_api_s_document_has_nothing_that_api_gateway_leaves_out(everything: Stack) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html

    Names of models are alphanumeric; paths have letters, digits and some marks; discriminators, callbacks, cookies as
    parameters and references to other files are not supported.
    """
    document = body(everything)
    words = {key for one in parts(document) for key in one}

    assert not words & {"discriminator", "callbacks", "links", "externalDocs", "readOnly", "exclusiveMinimum", "xml"}
    assert all(re.fullmatch(r"[A-Za-z0-9]+", name) for name in document["components"]["schemas"])
    assert all(re.fullmatch(r"(/([A-Za-z0-9_.,:-]+|\{[A-Za-z0-9_]+\+?\}))+|/", path) for path in document["paths"])
    assert all(one["$ref"].startswith("#/components/schemas/") for one in parts(document) if "$ref" in one)
    assert all(one.get("in") != "cookie" for one in parts(document))
    names = [one["operationId"] for one in parts(document) if "operationId" in one]
    assert len(names) == len(set(names))


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield each object in a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)
