"""Variants of AWS that the local cloud plays: limits of the account, and what the documentation leaves open."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.apigateway.gateway_error import GatewayError
from fairlead_local.apigateway.gateway_responses import render
from fairlead_local.cloud import LocalCloud
from tests.local.support import archive, create, publish, settled, until

PRINTS = archive(
    app="""
import json

def handler(event, context):
    print(json.dumps({"level": "INFO", "event": "seen"}))
    print("plain")
"""
)


def test_reservation_leaves_100_of_the_accounts_concurrent_executions(functions: Any, name: str) -> None:
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=900)

    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]") as caught:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=901)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    functions.delete_function_concurrency(FunctionName=name)


def test_new_account_with_ten_executions_reserves_none(cloud: LocalCloud, functions: Any, name: str) -> None:
    with cloud.variants(concurrency=10):
        with pytest.raises(ClientError, match=r"below its minimum value of \[10\]"):
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    functions.delete_function_concurrency(FunctionName=name)


@pytest.mark.parametrize(("reading", "first"), [("from 1", "1"), ("go on", "3")])
def test_a_function_of_a_used_name_numbers_its_versions_by_either_reading(
    cloud: LocalCloud, functions: Any, name: str, reading: str, first: str
) -> None:
    for version in ("one", "two"):
        publish(functions, name, version)

    with cloud.variants(version_numbers=reading):
        functions.delete_function(FunctionName=name)
        assert publish(functions, create(functions, name), "again") == first


@pytest.mark.parametrize(("reading", "unweighted"), [("always", 1), ("weighted", 0)])
def test_executed_version_is_counted_by_either_reading(
    cloud: LocalCloud, functions: Any, name: str, reading: str, unweighted: int
) -> None:
    one, two = publish(functions, name, "one"), publish(functions, name, "two")
    for version in (one, two):
        settled(functions, name, qualifier=version)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=one)

    def calls(version: str) -> int:
        dimensions = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": version}
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName="Invocations", Period=86_400, Statistics=["Sum"],
            StartTime=cloud.now() - 90_000, EndTime=cloud.now() + 60,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return int(sum(point["Sum"] for point in points))

    with cloud.variants(executed_version=reading):
        functions.invoke(FunctionName=name, Qualifier="live")
        assert calls(one) == unweighted
        functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {two: 1.0}})
        functions.invoke(FunctionName=name, Qualifier="live")
        assert calls(two) == 1


def test_lambda_adds_members_that_a_json_log_line_lacks(cloud: LocalCloud, functions: Any, new_name: str) -> None:
    logging = {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{new_name}"}
    create(functions, new_name, Code={"ZipFile": PRINTS}, LoggingConfig=logging)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=logging["LogGroup"])

    with cloud.variants(log_keys={"timestamp": "2026-11-28T00:00:00Z", "level": "TRACE"}):
        functions.invoke(FunctionName=new_name)

        def seen() -> list[str]:
            found = logs.filter_log_events(logGroupName=logging["LogGroup"])["events"]
            return [event["message"] for event in found if "seen" in event["message"] or event["message"] == "plain"]

        until(lambda: len(seen()) == 2)
    line, plain = seen()
    assert json.loads(line) == {"timestamp": "2026-11-28T00:00:00Z", "level": "INFO", "event": "seen"}
    assert plain == "plain"


def test_unknown_variant_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="unknown variant"), cloud.variants(weather="rain"):
        pass


def test_api_gateway_answers_a_body_over_the_limit_by_itself() -> None:
    own = {"responseTemplates": {"application/json": '{"code":"own"}'}, "statusCode": "400"}
    declared = {"REQUEST_TOO_LARGE": own, "DEFAULT_4XX": own}

    answer = render(GatewayError.too_large(), declared, accept="", context={})

    assert (answer.status, json.loads(answer.body)) == (413, {"message": "Request Too Long"})
