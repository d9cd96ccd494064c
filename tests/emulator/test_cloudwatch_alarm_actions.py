"""Alarm actions: functions, topics, EventBridge, and composite alarms."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.alarms import MINUTE, acted, actor, history, put, report, shown, state
from tests.local.support import until

pytestmark = pytest.mark.usefixtures("minute")


def test_action_runs_once_while_the_state_lasts(cloud: LocalCloud, functions: Any, watched: Any, space: str) -> None:
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
    sent = event["alarmData"]
    assert (sent["alarmName"], sent["state"]["value"], sent["previousState"]["value"]) == (name, "ALARM", "OK")
    assert json.loads(sent["state"]["reasonData"])["threshold"] == 5.0
    assert event["time"] == sent["state"]["timestamp"]
    (queried,) = sent["configuration"]["metrics"]
    assert queried["metricStat"] == {
        "metric": {"namespace": space, "name": "Errors", "dimensions": {}}, "period": 60, "stat": "Sum",
    }  # fmt: skip
    assert sent["configuration"]["description"] == "too many"
    assert history(watched, name, "Action") == [f"Successfully executed action {called}"]

    # OK, then ALARM again: that is another transition.
    cloud.advance(5 * MINUTE)
    assert state(watched, name) == "OK"
    report(cloud, space, 9)
    cloud.advance(MINUTE)
    assert until(lambda: len(acted(cloud, called)) == 2)


def test_action_without_permission_fails_in_the_history(
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


def test_disabled_actions_do_not_run(cloud: LocalCloud, functions: Any, watched: Any, space: str) -> None:
    called = actor(functions)
    off = put(watched, space, AlarmActions=[called], ActionsEnabled=False)
    watched.set_alarm_state(AlarmName=off, StateValue="ALARM", StateReason="switched off")
    on = put(watched, space, AlarmActions=[called])
    watched.set_alarm_state(AlarmName=on, StateValue="ALARM", StateReason="a test")
    watched.set_alarm_state(AlarmName=on, StateValue="ALARM", StateReason="the same state, no transition")

    assert [event["alarmData"]["state"]["reason"] for event in until(lambda: acted(cloud, called))] == ["a test"]
    assert history(watched, off, "Action") == []
    assert history(watched, on, "Action") == [f"Successfully executed action {called}"]


def test_transition_is_sent_to_eventbridge_and_to_the_topic(
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
    sent = json.loads(json.loads(message["Body"])["Message"])
    assert (sent["AlarmName"], sent["NewStateValue"], sent["Trigger"]["Statistic"]) == (name, "ALARM", "SUM")


def test_composite_alarm_follows_its_alarms(cloud: LocalCloud, functions: Any, watched: Any, space: str) -> None:
    called = actor(functions)
    first, second = put(watched, space), put(watched, space, MetricName="Other")
    both = f"both-{uuid.uuid4().hex[:12]}"
    watched.put_composite_alarm(
        AlarmName=both, AlarmRule=f'ALARM("{first}") OR ALARM({second})', AlarmActions=[called], OKActions=[called]
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
    assert events[0]["alarmData"]["configuration"] == {"alarmRule": f'ALARM("{first}") OR ALARM({second})'}

    with pytest.raises(ClientError, match="composite alarm"):
        watched.delete_alarms(AlarmNames=[first])
    watched.delete_alarms(AlarmNames=[both])
    watched.delete_alarms(AlarmNames=[first, second])
    with pytest.raises(watched.exceptions.ResourceNotFound):
        watched.delete_alarms(AlarmNames=[first])
