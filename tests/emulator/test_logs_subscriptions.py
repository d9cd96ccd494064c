"""Subscription filters: the payloads of functions, and filters that are refused."""

import base64
import gzip
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.conformance import conforming
from tests.emulator.listening import create_listener, kept
from tests.local.support import archive, create, refusal, until

PATTERN = '{ $.event = "capture" }'


@dataclass(frozen=True)
class Reader:
    """A log group, and a function that keeps what it is called with."""

    cloud: LocalCloud
    logs: Any
    name: str
    arn: str
    folder: Path

    def allow(self, source: str = "") -> None:
        self.cloud.client("lambda").add_permission(
            FunctionName=self.name, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com",
            SourceArn=source or f"arn:aws:logs:us-east-1:123456789012:log-group:{self.name}:*",
        )  # fmt: skip

    def subscribe(self, pattern: str = PATTERN, name: str = "mine", **more: Any) -> None:
        self.logs.put_subscription_filter(
            logGroupName=self.name, filterName=name, filterPattern=pattern, destinationArn=self.arn, **more
        )

    def say(self, *messages: str, stream: str = "one") -> None:
        events = [{"timestamp": round(self.cloud.now() * 1000), "message": message} for message in messages]
        self.logs.put_log_events(logGroupName=self.name, logStreamName=stream, logEvents=events)

    def called(self, kind: str = "DATA_MESSAGE") -> list[Any]:
        """Return the function's events, unpacked."""
        self.cloud.advance(1)
        data = [event["awslogs"]["data"] for event in kept(self.folder)]
        content = [json.loads(gzip.decompress(base64.b64decode(one))) for one in data]
        return [one for one in content if one["messageType"] == kind]


@pytest.fixture
def reader(cloud: LocalCloud, functions: Any, new_name: str, tmp_path: Path) -> Reader:
    arn = create_listener(functions, new_name, tmp_path)
    logs = conforming(cloud, "logs")
    logs.create_log_group(logGroupName=new_name)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=new_name, logStreamName=stream)
    return Reader(cloud, logs, new_name, arn, tmp_path)


def line(number: int, event: str = "capture") -> str:
    return json.dumps({"event": event, "number": number})


def test_matching_events_arrive_in_awss_format(reader: Reader) -> None:
    reader.allow()
    reader.subscribe()
    before = reader.cloud.now()
    reader.say(line(1), "no JSON", line(2, "other"), line(3))

    (content,) = reader.called()
    events = content.pop("logEvents")
    assert content == {
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": reader.name, "logStream": "one",
        "subscriptionFilters": ["mine"],
    }  # fmt: skip
    assert [json.loads(event["message"])["number"] for event in events] == [1, 3]
    assert all(set(event) == {"id", "timestamp", "message"} for event in events)
    assert len({event["id"] for event in events}) == 2
    assert all(len(event["id"]) == 56 and event["id"].isdecimal() for event in events)
    assert all(before - 1 <= event["timestamp"] / 1000 <= before + 60 for event in events)


def test_new_filter_sends_a_control_message(reader: Reader) -> None:
    reader.allow()
    reader.subscribe()

    (content,) = reader.called("CONTROL_MESSAGE")
    assert (content["owner"], content["logGroup"], content["subscriptionFilters"]) == ("CloudwatchLogs", "", [])
    assert content["logEvents"][0]["message"].startswith("CWL CONTROL MESSAGE: Checking health of destination")


def test_messages_are_per_stream_and_below_a_megabyte(reader: Reader) -> None:
    reader.allow()
    reader.subscribe("")
    for _ in range(6):
        reader.say("x" * 250_000)
    reader.say("y", stream="two")

    contents = reader.called()
    sizes = {
        stream: [len(one["logEvents"]) for one in contents if one["logStream"] == stream] for stream in ("one", "two")
    }
    assert (sum(sizes["one"]), sizes["two"]) == (6, [1])
    assert max(sizes["one"]) <= 4


def test_incompressible_events_are_split_to_lambdas_limit(reader: Reader) -> None:
    """Five events just below a megabyte together, and above it when they are packed."""
    reader.allow()
    reader.subscribe("")
    random = Random(1)  # noqa: S311 - no secret
    reader.say(*("".join(random.choices(string.printable[:90], k=209_000)) for _ in range(5)))

    assert sum(len(one["logEvents"]) for one in reader.called()) == 5


def test_log_lines_of_a_function_reach_the_subscriber(reader: Reader, functions: Any) -> None:
    reader.allow("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*:*")
    code = archive(app="def handler(event, context):\n    print(event['line'])\n")
    talks = create(functions, f"{reader.name}-talks", Code={"ZipFile": code})
    group = f"/aws/lambda/{talks}"
    reader.logs.create_log_group(logGroupName=group)
    reader.logs.put_subscription_filter(
        logGroupName=group, filterName="mine", filterPattern=PATTERN, destinationArn=reader.arn
    )
    functions.invoke(FunctionName=talks, Payload=json.dumps({"line": line(7)}).encode())

    (content,) = until(reader.called)
    assert (content["logGroup"], len(content["logEvents"])) == (group, 1)
    assert json.loads(content["logEvents"][0]["message"]) == {"event": "capture", "number": 7}


def test_filter_is_described_replaced_and_deleted(reader: Reader) -> None:
    reader.allow()
    reader.subscribe()
    reader.subscribe('{ $.event = "other" }')

    (shown,) = reader.logs.describe_subscription_filters(logGroupName=reader.name)["subscriptionFilters"]
    assert shown.pop("creationTime") <= reader.cloud.now() * 1000
    assert shown == {
        "filterName": "mine", "logGroupName": reader.name, "filterPattern": '{ $.event = "other" }',
        "destinationArn": reader.arn, "distribution": "ByLogStream",
    }  # fmt: skip
    reader.logs.delete_subscription_filter(logGroupName=reader.name, filterName="mine")
    reader.say(line(1, "other"))
    assert reader.called() == []
    with pytest.raises(reader.logs.exceptions.ResourceNotFoundException):
        reader.logs.delete_subscription_filter(logGroupName=reader.name, filterName="mine")


def test_recreated_log_group_has_no_filters(reader: Reader) -> None:
    reader.allow()
    reader.subscribe()
    reader.logs.delete_log_group(logGroupName=reader.name)
    reader.logs.create_log_group(logGroupName=reader.name)

    assert reader.logs.describe_subscription_filters(logGroupName=reader.name)["subscriptionFilters"] == []


@pytest.mark.parametrize("allowed", ["", "arn:aws:logs:us-east-1:123456789012:log-group:another:*"])
def test_function_without_permission_is_refused_as_destination(reader: Reader, allowed: str) -> None:
    if allowed:
        reader.allow(allowed)

    refused = refused_filter(reader)
    assert refused["code"] == "InvalidParameterException"
    assert refused["message"].startswith("Could not execute the lambda function.")


def test_removed_permission_ends_deliveries(reader: Reader) -> None:
    reader.allow()
    reader.subscribe()
    reader.cloud.client("lambda").remove_permission(FunctionName=reader.name, StatementId="logs")
    reader.say(line(1))

    assert reader.called() == []
    assert f"filter mine of {reader.name} could not invoke" in (reader.cloud.directory / "cloud.log").read_text()


def test_filter_to_the_groups_own_function_is_refused(reader: Reader) -> None:
    reader.allow("arn:aws:logs:us-east-1:123456789012:log-group:*")
    reader.logs.create_log_group(logGroupName=f"/aws/lambda/{reader.name}")

    refused = refused_filter(reader, logGroupName=f"/aws/lambda/{reader.name}")
    assert refused["code"] == "InvalidParameterException"
    assert "each delivery would cause another" in refused["message"]


def test_third_filter_of_a_group_is_refused(reader: Reader) -> None:
    reader.allow()
    reader.subscribe(name="first")
    reader.subscribe(name="second")
    reader.subscribe(name="second")

    assert refused_filter(reader, filterName="third")["code"] == "LimitExceededException"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"logGroupName": "nowhere"}, "ResourceNotFoundException"),
        ({"filterPattern": "{ $.event = }"}, "InvalidParameterException"),
        ({"roleArn": "arn:aws:iam::123456789012:role/any"}, "InvalidParameterException"),
        ({"destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:nobody"}, "InvalidParameterException"),
    ],
)
def test_other_filters_aws_refuses(reader: Reader, more: dict[str, str], code: str) -> None:
    reader.allow()

    assert refused_filter(reader, **more)["code"] == code


def test_unsupported_destination_of_a_filter_is_refused_by_name(reader: Reader) -> None:
    with pytest.raises(ClientError, match="filters to functions only"):
        reader.logs.put_subscription_filter(
            logGroupName=reader.name, filterName="x", filterPattern="",
            destinationArn="arn:aws:firehose:us-east-1:123456789012:deliverystream/x",
        )  # fmt: skip


def refused_filter(reader: Reader, **more: str) -> dict[str, Any]:
    parameters = {
        "logGroupName": reader.name,
        "filterName": "x",
        "filterPattern": "",
        "destinationArn": reader.arn,
    } | more
    put: Callable[..., Any] = reader.cloud.client("logs").put_subscription_filter
    return refusal(put, "PutSubscriptionFilter", reader.cloud.client("logs"), **parameters)
