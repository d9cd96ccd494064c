"""Helpers for tests of alarms: put, report, read, and a function that prints the event of an action."""

import json
import uuid
from typing import Any

from fairlead_local.cloud import LocalCloud
from tests.emulator.conformance import compare, own
from tests.local.support import archive, create

MINUTE = 60
ACTED = archive(app="import json\n\n\ndef handler(event, context):\n    print('acted ' + json.dumps(event))\n")


def cloudwatch(cloud: LocalCloud) -> Any:
    """boto3's client, which fails a test whose answer the service's model does not know."""
    client = own(cloud, "cloudwatch")
    client.meta.events.register("after-call", conforms)
    return client


def begin_minute(cloud: LocalCloud) -> None:
    """Move the clock to five seconds into a minute, so that what a test reports falls into one."""
    cloud.advance(MINUTE + 5 - cloud.now() % MINUTE)


def namespace() -> str:
    """A namespace that no other test uses."""
    return f"Test/{uuid.uuid4().hex[:12]}"


def conforms(http_response: Any, model: Any, parsed: dict[str, Any], **_: Any) -> None:
    if http_response.status_code < 300:
        if model.output_shape:
            compare(json.loads(http_response.content or b"{}"), model.output_shape, model.name)
        return
    # CloudWatch answers most invalid requests with a code that its model does not list.
    declared = {shape.error_code for shape in model.error_shapes} | {"ValidationError", "NotImplemented"}
    assert parsed["Error"]["Code"] in declared
    assert parsed["Error"].get("Type") in ("Sender", "Receiver"), "as of the time it spoke Query"


def put(watched: Any, space: str, **settings: Any) -> str:
    name = f"alarm-{uuid.uuid4().hex[:12]}"
    defaults: dict[str, Any] = {
        "Namespace": space, "MetricName": "Errors", "Statistic": "Sum", "Period": MINUTE, "EvaluationPeriods": 1,
        "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    if "Metrics" in settings:
        defaults = {key: defaults[key] for key in ("EvaluationPeriods", "Threshold", "ComparisonOperator")}
    if "ExtendedStatistic" in settings and "Statistic" not in settings:
        defaults.pop("Statistic")
    watched.put_metric_alarm(AlarmName=name, **{**defaults, **settings})
    return name


def metric(space: str, name: str, id_: str, stat: str = "Sum") -> dict[str, Any]:
    return {
        "Id": id_, "ReturnData": False,
        "MetricStat": {"Metric": {"Namespace": space, "MetricName": name}, "Period": MINUTE, "Stat": stat},
    }  # fmt: skip


def report(cloud: LocalCloud, space: str, value: float, name: str = "Errors") -> None:
    data = {"MetricName": name, "Value": value, "Timestamp": cloud.now()}
    cloud.client("cloudwatch").put_metric_data(Namespace=space, MetricData=[data])


def state(watched: Any, name: str, kind: str = "MetricAlarm") -> str:
    return str(shown(watched, name, kind)["StateValue"])


def shown(watched: Any, name: str, kind: str = "MetricAlarm") -> dict[str, Any]:
    found = watched.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
    one: dict[str, Any] = (found["MetricAlarms"] + found["CompositeAlarms"])[0]
    return one


def history(watched: Any, name: str, kind: str) -> list[str]:
    items = watched.describe_alarm_history(AlarmName=name, HistoryItemType=kind, ScanBy="TimestampAscending")
    return [item["HistorySummary"] for item in items["AlarmHistoryItems"]]


def actor(functions: Any, *, permitted: bool = True) -> str:
    """A function that prints what it was invoked with; its ARN."""
    name = create(functions, f"actor-{uuid.uuid4().hex[:12]}", Code={"ZipFile": ACTED})
    if permitted:
        functions.add_permission(
            FunctionName=name, StatementId="alarms", Action="lambda:InvokeFunction",
            Principal="lambda.alarms.cloudwatch.amazonaws.com", SourceAccount="123456789012",
        )  # fmt: skip
    return str(functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"])


def acted(cloud: LocalCloud, arn: str) -> list[dict[str, Any]]:
    """The events a function was invoked with."""
    logs, group = cloud.client("logs"), f"/aws/lambda/{arn.rpartition(':')[2]}"
    try:
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    lines = [
        event["message"]
        for stream in streams
        for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    ]
    return [json.loads(line.removeprefix("acted ")) for line in lines if line.startswith("acted ")]
