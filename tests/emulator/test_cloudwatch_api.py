"""CloudWatch's operations, and the sources of metrics."""

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.alarms import MINUTE, metric, put, report, shown, state
from tests.local.support import archive, create, settled, until

FAILS = archive(app="def handler(event, context):\n    if event.get('fail'):\n        raise ValueError('asked')\n")
PRINTS = archive(app="def handler(event, context):\n    print(event['line'])\n")


@pytest.fixture
def alarm(watched: Any, space: str) -> str:
    """An alarm on the sum of Errors over 5 in one minute."""
    return put(watched, space)


def test_invocations_are_counted_by_function_alias_and_version(cloud: LocalCloud, functions: Any, watched: Any) -> None:
    """AWS/Lambda by function, alias and version; the latter sees one release alone."""
    name = create(functions, f"f-{uuid.uuid4().hex[:12]}", Code={"ZipFile": FAILS})
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    settled(functions, name, qualifier="1")
    start = cloud.now()
    for fail in (False, True, True):
        functions.invoke(FunctionName=name, Qualifier="live", Payload=json.dumps({"fail": fail}).encode())
    functions.invoke(FunctionName=name)

    def total(metric: str, **dimensions: str) -> float:
        listed = [{"Name": key, "Value": value} for key, value in {"FunctionName": name, **dimensions}.items()]
        points = watched.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=listed, Period=300, Statistics=["Sum"],
            StartTime=start - 60, EndTime=cloud.now() + 60,
        )["Datapoints"]  # fmt: skip
        return float(sum(point["Sum"] for point in points))

    live = {"Resource": f"{name}:live"}
    assert (total("Invocations"), total("Errors")) == (4, 2)
    assert (total("Invocations", **live), total("Errors", **live)) == (3, 2)
    assert (total("Invocations", **live, ExecutedVersion="1"), total("Errors", **live, ExecutedVersion="1")) == (3, 2)
    assert total("Invocations", Resource=name) == 1
    assert total("Duration") > 0
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName=name)
    assert (total("Throttles"), total("Invocations")) == (1, 4)


def test_embedded_metrics_have_several_directives_and_the_clouds_time(
    cloud: LocalCloud, functions: Any, watched: Any, space: str
) -> None:
    name = create(functions, f"f-{uuid.uuid4().hex[:12]}", Code={"ZipFile": PRINTS})
    cloud.advance(3 * 3600)
    line = {
        # The time of the function's own clock, three hours and more behind the cloud's.
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
            {"Namespace": space, "Dimensions": [["service"], ["service", "release"], ["nobody"]],
             "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Absent"}]},
            {"Namespace": space, "Dimensions": [[]], "Metrics": [{"Name": "Requests", "Unit": "Count"}]},
        ]},
        "service": "predict", "release": "7", "Latency": [5, 15], "Requests": 1,
    }  # fmt: skip
    functions.invoke(FunctionName=name, Payload=json.dumps({"line": json.dumps(line)}).encode())
    listed = until(lambda: watched.list_metrics(Namespace=space)["Metrics"])

    assert sorted((m["MetricName"], len(m["Dimensions"])) for m in listed) == [
        ("Latency", 1), ("Latency", 2), ("Requests", 0),
    ]  # fmt: skip
    queries = [
        {"Id": "n", "MetricStat": {"Metric": listed[0], "Period": 60, "Stat": "SampleCount"}},
        {"Id": "m", "MetricStat": {"Metric": listed[0], "Period": 60, "Stat": "Maximum"}},
        {"Id": "e", "Expression": "n + m", "Label": "both"},
    ]
    now = cloud.now()
    results = watched.get_metric_data(MetricDataQueries=queries, StartTime=now - 600, EndTime=now + 60)
    values = {result["Id"]: result["Values"] for result in results["MetricDataResults"]}
    assert values == {"n": [2.0], "m": [15.0], "e": [17.0]}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"EvaluationPeriods": 1441}, "cannot be checked across more than"),
        ({"Statistic": "Sum", "ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"TreatMissingData": "perhaps"}, "TreatMissingData"),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "no Lambda function or SNS topic"),
        ({"Metrics": [{"Id": "e", "Expression": "m +"}]}, "Error in expression 'e'"),
    ],
)
def test_invalid_alarm_is_refused(watched: Any, space: str, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ClientError, match=why) as caught:
        put(watched, space, **settings)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_invalid_data_is_refused_as_a_whole(cloud: LocalCloud, watched: Any, space: str) -> None:
    def code(**parameters: Any) -> str:
        with pytest.raises(ClientError) as caught:
            watched.put_metric_data(**{"Namespace": space, **parameters})
        return str(caught.value.response["Error"]["Code"])

    good = {"MetricName": "M", "Value": 1.0, "Timestamp": cloud.now()}
    assert code(Namespace="AWS/Lambda", MetricData=[good]) == "InvalidParameterValue"
    assert code(MetricData=[good, {**good, "Value": float("nan")}]) == "InvalidParameterValue"
    assert code(MetricData=[good, {**good, "Timestamp": cloud.now() - 15 * 86_400}]) == "InvalidParameterValue"
    assert code(MetricData=[{"MetricName": "M"}]) == "MissingParameter"
    assert watched.list_metrics(Namespace=space)["Metrics"] == []


def test_unsupported_operations_and_parameters_are_refused_by_name(watched: Any, space: str) -> None:
    """Never half an answer: operations and parameters that do not exist here are refused."""
    with pytest.raises(ClientError, match="does not implement cloudwatch:PutAnomalyDetector") as caught:
        watched.put_anomaly_detector(Namespace=space, MetricName="Errors", Stat="Sum")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="PutCompositeAlarm with ActionsSuppressor"):
        watched.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(any)", ActionsSuppressor="another")
    with pytest.raises(ClientError, match="does not support the function SEARCH"):
        put(watched, space, Metrics=[metric(space, "Errors", "m"), {"Id": "e", "Expression": "SEARCH('x', 'Sum')"}])
    with pytest.raises(ClientError, match=r"alarms \[nobody\] in the alarm rule do not exist"):
        watched.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(nobody)")


def test_alarms_are_filtered_by_name_state_and_action(cloud: LocalCloud, watched: Any, space: str) -> None:
    topic = f"arn:aws:sns:us-east-1:123456789012:{uuid.uuid4().hex}"
    dimensions = [{"Name": "service", "Value": "predict"}]
    one, two = put(watched, space, Dimensions=dimensions, OKActions=[topic]), put(watched, space, MetricName="Other")
    watched.set_alarm_state(AlarmName=two, StateValue="OK", StateReason="a test")
    parent = f"parent-{uuid.uuid4().hex[:12]}"
    watched.put_composite_alarm(AlarmName=parent, AlarmRule=f"ALARM({one}) OR ALARM({two})")

    def found(**parameters: Any) -> list[str]:
        pages = watched.get_paginator("describe_alarms").paginate(**parameters, PaginationConfig={"PageSize": 1})
        return sorted(a["AlarmName"] for page in pages for a in page["MetricAlarms"] + page["CompositeAlarms"])

    both = sorted([one, two])
    assert found(ActionPrefix=topic) == [one]
    assert found(AlarmNames=both) == both
    assert found(AlarmNames=both, StateValue="OK") == [two]
    assert found(AlarmNamePrefix=one[:-1]) == [one]
    assert found(ChildrenOfAlarmName=parent) == both
    assert found(ParentsOfAlarmName=one, AlarmTypes=["CompositeAlarm"]) == [parent]


def test_a_stack_holds_metric_and_composite_alarms(cloud: LocalCloud, watched: Any, space: str) -> None:
    stacks, stack = cloud.client("cloudformation"), f"s-{uuid.uuid4().hex[:12]}"
    math: dict[str, Any] = {"Type": "AWS::CloudWatch::Alarm", "Properties": {
        "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": {"Ref": "Periods"}, "Threshold": "5",
        "Metrics": [{"Id": "e", "Expression": "m * 2"}, metric(space, "Errors", "m")],
    }}  # fmt: skip
    either = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {
        "AlarmName": f"{stack}-either", "AlarmRule": {"Fn::Sub": 'ALARM("${Math}")'}, "ActionsEnabled": "false",
    }}  # fmt: skip
    template = {
        "Parameters": {"Periods": {"Type": "Number", "Default": 1}},
        "Resources": {"Math": math, "Either": either},
    }
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    report(cloud, space, 3)
    cloud.advance(MINUTE)

    (alarm,) = watched.describe_alarms(AlarmNamePrefix=f"{stack}-Math")["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    assert shown(watched, f"{stack}-either", "CompositeAlarm")["StateValue"] == "ALARM"

    math["Properties"]["Threshold"] = "7"
    stacks.update_stack(StackName=stack, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert shown(watched, alarm["AlarmName"])["Threshold"] == 7.0
    assert state(watched, alarm["AlarmName"]) == "ALARM", "an update leaves the state"
    stacks.delete_stack(StackName=stack)
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert watched.describe_alarms(AlarmNamePrefix=stack, AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def test_a_request_that_botocore_compresses_is_read(cloud: LocalCloud, watched: Any, space: str) -> None:
    """From ten kilobytes on; the signature is of the compressed body."""
    data = [{"MetricName": f"metric-{number:04}" + "x" * 80, "Value": 1.0} for number in range(200)]
    watched.put_metric_data(Namespace=space, MetricData=data)

    assert len(watched.list_metrics(Namespace=space)["Metrics"]) == 200
