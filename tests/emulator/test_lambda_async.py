"""Asynchronous invocations: retries on the clock, then destinations and dead letters."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.local.support import archive, create, refusal, until

# Records each attempt's event and request, and fails as many times as the event says.
FAILS = """
import json, os, pathlib
def handler(event, context):
    folder = pathlib.Path(os.environ["KEPT"])
    number = len(list(folder.glob("*.json")))
    (folder / f"{number}.json").write_text(json.dumps([context.aws_request_id, event]))
    if number < event.get("failures", 99):
        raise ValueError("as asked")
    return {"attempts": number + 1}
"""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


@dataclass(frozen=True)
class Subject:
    """A function that fails, and what it was called with."""

    cloud: LocalCloud
    functions: Any
    name: str
    folder: Path

    def invoke(self, **event: Any) -> None:
        answer = self.functions.invoke(
            FunctionName=self.name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        assert answer["StatusCode"] == 202

    def attempts(self) -> list[Any]:
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def total(self, metric: str) -> float:
        points = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "FunctionName", "Value": self.name}],
            StartTime=self.cloud.now() - 90_000, EndTime=self.cloud.now() + 60, Period=86_400, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        return float(sum(point["Sum"] for point in points))


@pytest.fixture
def subject(cloud: LocalCloud, functions: Any, new_name: str, tmp_path: Path) -> Subject:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    here = "us-east-1:123456789012"
    resources = [f"s3:::{new_name}/*", f"sqs:{here}:{new_name}", f"sns:{here}:{new_name}",
                 f"lambda:{here}:function:{new_name}-next"]  # fmt: skip
    allow = {"Effect": "Allow", "Action": ["s3:PutObject", "sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction"],
             "Resource": [f"arn:aws:{resource}" for resource in resources]}  # fmt: skip
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=new_name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName=new_name, PolicyName="destinations", PolicyDocument=document)
    environment = {"Variables": {"KEPT": str(tmp_path)}}
    create(functions, new_name, Code={"ZipFile": archive(app=FAILS)}, Environment=environment, Role=role["Arn"])
    return Subject(cloud, functions, new_name, tmp_path)


@pytest.fixture
def bucket(cloud: LocalCloud, new_name: str) -> Callable[[], list[tuple[str, Any]]]:
    """Return the objects of the bucket with the function's name."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=new_name)

    def objects() -> list[tuple[str, Any]]:
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=new_name).get("Contents", [])]
        return [(key, json.load(s3.get_object(Bucket=new_name, Key=key)["Body"])) for key in keys]

    return objects


@pytest.fixture
def queue(cloud: LocalCloud, new_name: str) -> Callable[[], list[Any]]:
    """Return a function that receives the messages of the queue with the function's name."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=new_name)["QueueUrl"]
    return lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])


def on_failure(subject: Subject, service: str, **settings: Any) -> None:
    middle = ":::" if service == "s3" else ":us-east-1:123456789012:"
    subject.functions.put_function_event_invoke_config(
        FunctionName=subject.name, **settings,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:{service}{middle}{subject.name}"}},
    )  # fmt: skip


def test_invocation_answers_with_the_functions_request_id(subject: Subject) -> None:
    """A person looks for this id in the function's log."""
    event = {"FunctionName": subject.name, "Payload": json.dumps({"failures": 0}).encode()}
    requests = [
        subject.functions.invoke(**event, InvocationType=kind)["ResponseMetadata"]["RequestId"]
        for kind in ("Event", "RequestResponse")
    ]
    until(lambda: len(subject.attempts()) == 2)
    assert sorted(requests) == sorted(request for request, _ in subject.attempts())


def test_function_error_is_retried_after_one_and_two_more_minutes(subject: Subject) -> None:
    subject.invoke(word="x")
    until(lambda: len(subject.attempts()) == 1)

    subject.cloud.advance(58)
    assert len(subject.attempts()) == 1
    subject.cloud.advance(10)
    assert len(subject.attempts()) == 2
    subject.cloud.advance(110)
    assert len(subject.attempts()) == 2
    subject.cloud.advance(7200)

    assert len(subject.attempts()) == 3, "and then no more"
    assert len({request for request, _ in subject.attempts()}) == 1, "each attempt is the same request"
    assert {event["word"] for _, event in subject.attempts()} == {"x"}
    assert [subject.total(m) for m in ("AsyncEventsReceived", "AsyncEventsDropped", "Errors")] == [1, 1, 3]


def test_successful_retry_ends_the_retries(subject: Subject) -> None:
    subject.invoke(failures=1)
    subject.cloud.advance(7200)

    assert len(subject.attempts()) == 2
    assert subject.total("AsyncEventsDropped") == 0
    assert 60_000 <= subject.total("AsyncEventAge") < 90_000


def test_failed_event_is_written_to_the_bucket_in_awss_format(
    subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]
) -> None:
    on_failure(subject, "s3")
    subject.invoke(word="x")
    subject.cloud.advance(200)

    ((key, record),) = bucket()
    moment = r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}"
    assert re.fullmatch(rf"aws/lambda/async/{subject.name}/\d{{4}}/\d\d/\d\d/{moment}", key)
    request, _ = subject.attempts()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    response = record.pop("responsePayload")
    assert (response["errorType"], response["errorMessage"]) == ("ValueError", "as asked")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request, "functionArn": f"{ARN}{subject.name}:$LATEST", "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"word": "x"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }  # fmt: skip


def test_retries_are_limited_by_the_settings(subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]) -> None:
    on_failure(subject, "s3", MaximumRetryAttempts=0)
    subject.invoke()
    until(bucket)

    subject.cloud.advance(600)
    assert len(subject.attempts()) == len(bucket()) == 1


def test_event_over_its_maximum_age_is_given_up(subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]) -> None:
    on_failure(subject, "s3", MaximumEventAgeInSeconds=100)
    subject.invoke()
    subject.cloud.advance(95)
    assert bucket() == []
    subject.cloud.advance(10)

    ((_, record),) = bucket()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == len(subject.attempts()) == 2


def test_events_of_a_function_with_an_injected_fault_reach_the_bucket(
    subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]
) -> None:
    on_failure(subject, "s3")
    with subject.cloud.faults(functions={subject.name: "fail"}):
        answer = subject.functions.invoke(FunctionName=subject.name)
        assert (answer["FunctionError"], json.loads(answer["Payload"].read())["errorType"]) == ("Unhandled", "Injected")
        for number in range(3):
            subject.invoke(number=number)
        subject.cloud.advance(86_400)
        assert subject.attempts() == []
    subject.invoke(failures=0)
    until(subject.attempts)

    assert sorted(record["requestPayload"]["number"] for _, record in bucket()) == [0, 1, 2]
    assert subject.total("Errors") == 1 + 3 * 3


def test_throttled_events_are_retried_for_hours(subject: Subject) -> None:
    subject.functions.put_function_concurrency(FunctionName=subject.name, ReservedConcurrentExecutions=1)
    with subject.cloud.faults(functions={subject.name: "throttle"}):
        subject.invoke(failures=0)
        subject.cloud.advance(5 * 3600)
        assert subject.attempts() == []
    subject.cloud.advance(301)

    assert len(subject.attempts()) == 1
    assert 60 < subject.total("Throttles") < 80, "1, 2, 4 … seconds apart, then every five minutes"


def test_throttled_events_are_given_up_after_six_hours(
    subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]
) -> None:
    on_failure(subject, "s3")
    with subject.cloud.faults(functions={subject.name: "throttle"}):
        subject.invoke()
        subject.cloud.advance(6 * 3600 + 10)

    ((_, record),) = bucket()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record


def test_events_with_zero_reserved_concurrency_are_given_up_at_once(
    subject: Subject, bucket: Callable[[], list[tuple[str, Any]]]
) -> None:
    on_failure(subject, "s3")
    subject.functions.put_function_concurrency(FunctionName=subject.name, ReservedConcurrentExecutions=0)
    with pytest.raises(subject.functions.exceptions.TooManyRequestsException):
        subject.functions.invoke(FunctionName=subject.name)
    subject.functions.invoke(FunctionName=subject.name, InvocationType="Event", Payload=b"{}")

    ((_, record),) = until(bucket)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"


def test_queue_and_topic_get_invocation_records(subject: Subject, queue: Callable[[], list[Any]]) -> None:
    on_failure(subject, "sqs", MaximumRetryAttempts=0)
    subject.invoke(word="first")
    (message,) = until(queue)
    assert json.loads(message["Body"])["requestPayload"] == {"word": "first"}

    sns = subject.cloud.client("sns")
    topic = sns.create_topic(Name=subject.name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{subject.name}")
    on_failure(subject, "sns", MaximumRetryAttempts=0)
    subject.invoke(word="second")
    (message,) = until(queue)
    assert json.loads(json.loads(message["Body"])["Message"])["requestPayload"] == {"word": "second"}


def test_function_gets_invocation_records_of_success(subject: Subject, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    name = f"{subject.name}-next"
    create(
        subject.functions, name, Code={"ZipFile": archive(app=FAILS)}, Environment={"Variables": {"KEPT": str(other)}}
    )
    subject.functions.put_function_event_invoke_config(
        FunctionName=subject.name, DestinationConfig={"OnSuccess": {"Destination": ARN + name}}
    )
    subject.invoke(failures=0)

    ((_, record),) = until(lambda: Subject(subject.cloud, subject.functions, name, other).attempts())
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"attempts": 1}


def test_a_dead_letter_is_the_event_itself(subject: Subject, queue: Callable[[], list[Any]]) -> None:
    arn = f"arn:aws:sqs:us-east-1:123456789012:{subject.name}"
    subject.functions.update_function_configuration(FunctionName=subject.name, DeadLetterConfig={"TargetArn": arn})
    subject.functions.put_function_event_invoke_config(FunctionName=subject.name, MaximumRetryAttempts=0)
    until(
        lambda: (
            subject.functions.get_function_configuration(FunctionName=subject.name)["LastUpdateStatus"] == "Successful"
        )
    )
    subject.invoke(word="x")

    (message,) = until(queue)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"]) == {"word": "x"}
    assert said == {"RequestID": subject.attempts()[0][0], "ErrorCode": "200", "ErrorMessage": "as asked"}


@pytest.mark.parametrize(
    ("service", "resource", "reason"),
    [
        # Part of a bucket is not enough: Lambda asks for every key.
        ("s3", "arn:aws:s3:::{name}/aws/lambda/async/*", "call PutObject on S3"),
        ("sqs", "arn:aws:sqs:us-east-1:123456789012:other", "call SendMessage on SQS"),
        ("sns", "arn:aws:sns:us-east-1:123456789012:other", "call Publish on SNS"),
    ],
)
def test_destination_the_role_may_not_write_to_is_refused(
    subject: Subject, service: str, resource: str, reason: str
) -> None:
    actions = ["s3:PutObject", "sqs:SendMessage", "sns:Publish"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": resource.format(name=subject.name)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    subject.cloud.client("iam").put_role_policy(
        RoleName=subject.name, PolicyName="destinations", PolicyDocument=document
    )

    with pytest.raises(ClientError, match=f"execution role does not have permissions to {reason}"):
        on_failure(subject, service)


def test_destination_the_role_may_no_longer_write_to_is_a_failed_delivery(subject: Subject) -> None:
    on_failure(subject, "s3", MaximumRetryAttempts=0)
    subject.cloud.client("iam").delete_role_policy(RoleName=subject.name, PolicyName="destinations")
    subject.invoke()

    until(lambda: subject.total("DestinationDeliveryFailures"))
    until(lambda: subject.total("AsyncEventsDropped"))


def test_an_event_over_one_megabyte_is_refused(subject: Subject) -> None:
    with pytest.raises(ClientError, match="too large for the Event invocation type") as caught:
        subject.invoke(long="x" * 1_048_576)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:s3:::bucket"}}}, "is invalid"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:events:us-east-1:1:event-bus/x"}}}, "is invalid"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:1:x.fifo"}}}, "is invalid"),
    ],
)
def test_unsupported_destination_is_refused(functions: Any, name: str, settings: dict[str, Any], reason: str) -> None:
    refused = refusal(
        functions.put_function_event_invoke_config, "PutFunctionEventInvokeConfig", functions, FunctionName=name,
        **settings,
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterValueException"
    assert reason in refused["message"]


def test_second_put_replaces_all_settings(functions: Any, name: str) -> None:
    functions.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=2)

    config = functions.get_function_event_invoke_config(FunctionName=name)
    assert (config["MaximumRetryAttempts"], "MaximumEventAgeInSeconds" in config) == (2, False)
