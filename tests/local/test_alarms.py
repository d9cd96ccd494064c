"""Alarms on a cloud whose clock is moved: from logged metrics to a state to an action."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.local.support import archive, create, make_role, settled, until

MINUTE = 60
ACTED = archive(app="import json\n\n\ndef handler(event, context):\n    print('acted ' + json.dumps(event))\n")
FAILS = archive(app="def handler(event, context):\n    if event.get('fail'):\n        raise ValueError('asked')\n")
PRINTS = archive(app="def handler(event, context):\n    print(event['line'])\n")


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud of its own: the others' clock stays where it is."""
    with LocalCloud() as running:
        make_role(running)
        yield running


@pytest.fixture(scope="module")
def functions(cloud: LocalCloud) -> Any:
    return cloud.client("lambda")


@pytest.fixture(scope="module")
def watched(cloud: LocalCloud) -> Any:
    """boto3's CloudWatch client."""
    return cloud.client("cloudwatch")


@pytest.fixture
def space() -> str:
    """A namespace of its own."""
    return f"Test/{uuid.uuid4().hex[:12]}"


@pytest.fixture
def alarm(watched: Any, space: str) -> str:
    """An alarm on the sum of Errors over 5 in one minute."""
    return put(watched, space)


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


def test_an_alarm_begins_without_data_and_follows_its_metric(
    cloud: LocalCloud, watched: Any, space: str, alarm: str
) -> None:
    assert shown(watched, alarm)["StateReason"] == "Unchecked: Initial alarm creation"

    report(cloud, space, 3)
    cloud.advance(MINUTE)
    assert state(watched, alarm) == "OK"
    report(cloud, space, 4)
    report(cloud, space, 4)
    cloud.advance(MINUTE)

    found = shown(watched, alarm)
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [8.0 (")
    assert found["StateReason"].endswith(
        "was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = json.loads(found["StateReasonData"])
    assert (data["statistic"], data["period"], data["recentDatapoints"]) == ("Sum", 60, [8.0])
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 2
    assert history(watched, alarm, "StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM",
    ]  # fmt: skip


def test_the_action_is_called_once_while_the_state_stands(
    cloud: LocalCloud, functions: Any, watched: Any, space: str
) -> None:
    called = actor(functions)
    name = put(watched, space, AlarmActions=[called], AlarmDescription="too many", TreatMissingData="notBreaching")
    cloud.advance(MINUTE)
    for _ in range(4):
        report(cloud, space, 9)
        cloud.advance(MINUTE)

    (event,) = until(lambda: acted(cloud, called))
    assert len(acted(cloud, called)) == 1
    assert {key: event[key] for key in ("source", "alarmArn", "accountId", "region")} == {
        "source": "aws.cloudwatch", "accountId": "123456789012", "region": "us-east-1",
        "alarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
    }  # fmt: skip
    told = event["alarmData"]
    assert (told["alarmName"], told["state"]["value"], told["previousState"]["value"]) == (name, "ALARM", "OK")
    assert json.loads(told["state"]["reasonData"])["threshold"] == 5.0
    assert event["time"] == told["state"]["timestamp"]
    (queried,) = told["configuration"]["metrics"]
    assert queried["metricStat"] == {
        "metric": {"namespace": space, "name": "Errors", "dimensions": {}}, "period": 60, "stat": "Sum",
    }  # fmt: skip
    assert told["configuration"]["description"] == "too many"
    assert history(watched, name, "Action") == [f"Successfully executed action {called}"]

    # Green again, red again: that is another transition.
    cloud.advance(5 * MINUTE)
    assert state(watched, name) == "OK"
    report(cloud, space, 9)
    cloud.advance(MINUTE)
    assert until(lambda: len(acted(cloud, called)) == 2)


def test_an_action_without_a_permission_is_told_in_the_history(
    cloud: LocalCloud, functions: Any, watched: Any, space: str
) -> None:
    forbidden = actor(functions, permitted=False)
    gone = forbidden + "-gone"
    name = put(watched, space, AlarmActions=[forbidden, gone])
    report(cloud, space, 9)
    cloud.advance(MINUTE)

    assert state(watched, name) == "ALARM"
    items = watched.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    facts = [json.loads(item["HistoryData"]) for item in reversed(items)]
    assert [fact["actionState"] for fact in facts] == ["Failed", "Failed"]
    assert "not authorized" in facts[0]["error"]
    assert "Function not found" in facts[1]["error"]
    assert acted(cloud, forbidden) == []


def test_switched_off_actions_do_not_run(cloud: LocalCloud, functions: Any, watched: Any, space: str) -> None:
    called = actor(functions)
    name = put(watched, space, AlarmActions=[called])
    watched.disable_alarm_actions(AlarmNames=[name])
    watched.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    assert shown(watched, name)["ActionsEnabled"] is False

    watched.enable_alarm_actions(AlarmNames=[name])
    watched.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")
    watched.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    watched.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="the same state, no transition")

    assert [event["alarmData"]["state"]["reason"] for event in until(lambda: acted(cloud, called))] == ["a test"]
    assert history(watched, name, "Action") == [f"Successfully executed action {called}"]


@pytest.mark.parametrize(
    ("missing", "empty", "late"),
    [
        ("missing", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"),
        ("ignore", "INSUFFICIENT_DATA", "ALARM"),
        ("breaching", "ALARM", "ALARM"),
        ("notBreaching", "OK", "OK"),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(
    cloud: LocalCloud, watched: Any, space: str, missing: str, empty: str, late: str
) -> None:
    """Without any data, after a breach, while the breach is in the evaluation range, and when it has left it."""
    name = put(watched, space, TreatMissingData=missing)
    cloud.advance(MINUTE)
    assert state(watched, name) == empty

    report(cloud, space, 9)
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"
    cloud.advance(2 * MINUTE)
    assert state(watched, name) == "ALARM", "one point of one is there, two periods back"
    cloud.advance(MINUTE)
    assert state(watched, name) == late


def test_an_alarm_on_math_judges_the_share_of_failures(cloud: LocalCloud, watched: Any, space: str) -> None:
    share = {"Id": "share", "Expression": "IF(FILL(calls, 0) >= 10, FILL(failed, 0) / calls, 0)"}
    metrics = [share, metric(space, "Calls", "calls"), metric(space, "Failed", "failed")]
    name = put(watched, space, Metrics=metrics, Threshold=0.05)

    cloud.advance(MINUTE)
    assert state(watched, name) == "OK", "no calls at all: 0 by FILL, not missing"
    report(cloud, space, 9, "Calls")
    report(cloud, space, 9, "Failed")
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK", "too few to tell"
    report(cloud, space, 100, "Calls")
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK"
    report(cloud, space, 100, "Calls")
    report(cloud, space, 6, "Failed")
    cloud.advance(MINUTE)

    found = shown(watched, name)
    assert found["StateValue"] == "ALARM"
    assert "[0.06 (" in found["StateReason"]


def test_an_alarm_on_a_percentile(cloud: LocalCloud, watched: Any, space: str) -> None:
    name = put(watched, space, MetricName="Latency", ExtendedStatistic="p99", Threshold=1000.0)
    numbers = {"MetricName": "Latency", "Values": [10.0, 5000.0], "Counts": [990.0, 10.0], "Timestamp": cloud.now()}
    watched.put_metric_data(Namespace=space, MetricData=[numbers])
    cloud.advance(MINUTE)
    assert state(watched, name) == "OK"

    watched.put_metric_data(
        Namespace=space, MetricData=[{**numbers, "Counts": [989.0, 11.0], "Timestamp": cloud.now()}]
    )
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"


def test_an_update_overwrites_everything_but_the_state(cloud: LocalCloud, watched: Any, space: str, alarm: str) -> None:
    report(cloud, space, 9)
    cloud.advance(MINUTE)
    before = shown(watched, alarm)

    watched.put_metric_alarm(
        AlarmName=alarm, Namespace=space, MetricName="Other", Statistic="Average", Period=300, EvaluationPeriods=2,
        Threshold=1.0, ComparisonOperator="LessThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    after = shown(watched, alarm)

    assert before["StateValue"] == after["StateValue"] == "ALARM"
    assert before["StateUpdatedTimestamp"] == after["StateUpdatedTimestamp"]
    assert (after["MetricName"], after["TreatMissingData"]) == ("Other", "ignore")
    assert history(watched, alarm, "ConfigurationUpdate") == [f'Alarm "{alarm}" created', f'Alarm "{alarm}" updated']


def test_an_alarm_that_watches_another_release_is_not_red_for_the_old_ones_errors(
    cloud: LocalCloud, watched: Any, space: str
) -> None:
    """What a release does with the canary's alarms: a new definition, then no state until there is data."""
    one = {"Dimensions": [{"Name": "release", "Value": "1"}], "TreatMissingData": "notBreaching"}
    name = put(watched, space, **one)
    data = {"MetricName": "Errors", "Value": 9.0, "Timestamp": cloud.now(), "Dimensions": one["Dimensions"]}
    watched.put_metric_data(Namespace=space, MetricData=[data])
    cloud.advance(MINUTE)
    assert state(watched, name) == "ALARM"

    settings = {
        key: value
        for key, value in shown(watched, name).items()
        if key in watched.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    }
    watched.put_metric_alarm(**{**settings, "Dimensions": [{"Name": "release", "Value": "2"}]})
    watched.set_alarm_state(AlarmName=name, StateValue="INSUFFICIENT_DATA", StateReason="now watches release 2")
    assert shown(watched, name)["StateReason"] == "now watches release 2"
    cloud.advance(MINUTE)

    assert state(watched, name) == "OK"


def test_a_composite_alarm_follows_its_parts(cloud: LocalCloud, functions: Any, watched: Any, space: str) -> None:
    called = actor(functions)
    first, second = put(watched, space), put(watched, space, MetricName="Other")
    both = f"both-{uuid.uuid4().hex[:12]}"
    watched.put_composite_alarm(
        AlarmName=both, AlarmRule=f'ALARM("{first}") AND NOT OK({second})', AlarmActions=[called], OKActions=[called]
    )
    assert state(watched, both, "CompositeAlarm") == "OK"
    assert watched.describe_alarms(AlarmNames=[both])["CompositeAlarms"] == [], "only if asked for, as in AWS"

    report(cloud, space, 9)
    cloud.advance(MINUTE)

    found = shown(watched, both, "CompositeAlarm")
    assert found["StateValue"] == "ALARM"
    assert f":alarm:{first} transitioned to ALARM at " in found["StateReason"]
    assert json.loads(found["StateReasonData"])["triggeringAlarms"][0]["state"]["value"] == "ALARM"
    events = until(lambda: [e for e in acted(cloud, called) if e["alarmData"]["state"]["value"] == "ALARM"])
    assert events[0]["alarmData"]["configuration"] == {"alarmRule": f'ALARM("{first}") AND NOT OK({second})'}

    with pytest.raises(ClientError, match="composite alarm"):
        watched.delete_alarms(AlarmNames=[first])
    watched.delete_alarms(AlarmNames=[both])
    watched.delete_alarms(AlarmNames=[first, second])
    with pytest.raises(watched.exceptions.ResourceNotFound):
        watched.delete_alarms(AlarmNames=[first])


def test_a_transition_is_an_event_and_a_topics_message(
    cloud: LocalCloud, functions: Any, watched: Any, space: str
) -> None:
    events, sns, sqs = cloud.client("events"), cloud.client("sns"), cloud.client("sqs")
    called = actor(functions, permitted=False)
    topic = sns.create_topic(Name=f"t-{uuid.uuid4().hex[:8]}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = put(watched, space, AlarmActions=[topic])
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}}}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": called}])
    functions.add_permission(
        FunctionName=called, StatementId="events", Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com", SourceArn=rule,
    )  # fmt: skip

    watched.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    (event,) = until(lambda: acted(cloud, called))
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    (message,) = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["Trigger"]["Statistic"]) == (name, "ALARM", "SUM")


def test_functions_and_their_log_lines_make_metrics(cloud: LocalCloud, functions: Any, watched: Any) -> None:
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


def test_embedded_metrics_have_several_directives_sets_and_values_and_the_clouds_time(
    cloud: LocalCloud, functions: Any, watched: Any, space: str
) -> None:
    name = create(functions, f"f-{uuid.uuid4().hex[:12]}", Code={"ZipFile": PRINTS})
    cloud.advance(3 * 3600)
    line = {
        # What the function's own clock says, three hours and more behind the cloud's.
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
def test_an_alarm_that_makes_no_sense_is_refused(watched: Any, space: str, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ClientError, match=why) as caught:
        put(watched, space, **settings)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_data_is_checked_before_it_is_taken(cloud: LocalCloud, watched: Any, space: str) -> None:
    def code(**asked: Any) -> str:
        with pytest.raises(ClientError) as caught:
            watched.put_metric_data(**{"Namespace": space, **asked})
        return str(caught.value.response["Error"]["Code"])

    good = {"MetricName": "M", "Value": 1.0, "Timestamp": cloud.now()}
    assert code(Namespace="AWS/Lambda", MetricData=[good]) == "InvalidParameterValue"
    assert code(MetricData=[good, {**good, "Value": float("nan")}]) == "InvalidParameterValue"
    assert code(MetricData=[good, {**good, "Timestamp": cloud.now() - 15 * 86_400}]) == "InvalidParameterValue"
    assert code(MetricData=[{"MetricName": "M"}]) == "MissingParameter"
    assert watched.list_metrics(Namespace=space)["Metrics"] == []


def test_dashboards_and_tags(watched: Any, space: str, alarm: str) -> None:
    watched.put_dashboard(DashboardName="board", DashboardBody='{"widgets": []}')
    assert watched.get_dashboard(DashboardName="board")["DashboardBody"] == '{"widgets": []}'
    assert [entry["DashboardName"] for entry in watched.list_dashboards()["DashboardEntries"]] == ["board"]
    watched.delete_dashboards(DashboardNames=["board"])
    with pytest.raises(watched.exceptions.ClientError, match="does not exist"):
        watched.get_dashboard(DashboardName="board")

    arn = shown(watched, alarm)["AlarmArn"]
    watched.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert watched.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    watched.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert watched.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
