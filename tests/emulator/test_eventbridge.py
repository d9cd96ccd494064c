"""EventBridge: rules deliver events and schedules to functions that allow them."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.emulator.conformance import conforming
from tests.emulator.listening import create_listener, kept
from tests.local.support import until


@dataclass(frozen=True)
class Listener:
    """A function that keeps the events it is called with, and a rule's name that is its own."""

    name: str
    arn: str
    folder: Path
    events: Any
    functions: Any

    def listen(self, *, allowed: bool = True, target: dict[str, Any] | None = None, **rule: Any) -> None:
        """PutRule, PutTargets and, if allowed, the permission."""
        arn = self.events.put_rule(Name=self.name, **rule)["RuleArn"]
        if allowed:
            self.functions.add_permission(
                FunctionName=self.name, StatementId="rule", Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com", SourceArn=arn,
            )  # fmt: skip
        self.events.put_targets(Rule=self.name, Targets=[{"Id": "it", "Arn": self.arn, **(target or {})}])

    def send(self, source: str = "", detail: Any = None) -> None:
        entry = {"Source": source or self.name, "DetailType": "a test", "Detail": json.dumps(detail or {"a": 1})}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def kept(self) -> list[Any]:
        return kept(self.folder)

    def first(self) -> Any:
        return until(self.kept)[0]


@pytest.fixture
def listener(cloud: LocalCloud, functions: Any, new_name: str, tmp_path: Path) -> Listener:
    arn = create_listener(functions, new_name, tmp_path)
    return Listener(new_name, arn, tmp_path, conforming(cloud, "events"), functions)


@pytest.fixture(scope="module")
def api(cloud: LocalCloud) -> Any:
    return conforming(cloud, "events")


def pattern(source: str) -> str:
    return json.dumps({"source": [source]})


def test_matching_event_reaches_the_function_in_awss_format(cloud: LocalCloud, listener: Listener) -> None:
    listener.listen(EventPattern=pattern(listener.name))
    listener.send(detail={"b": 2})

    event = listener.first()
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip
    assert (event["version"], event["source"], event["detail-type"]) == ("0", listener.name, "a test")
    assert (event["account"], event["region"], event["detail"]) == ("123456789012", "us-east-1", {"b": 2})
    moment = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(cloud.now()))
    assert event["time"].endswith("Z")
    assert event["time"][:15] == moment[:15]


def test_event_that_does_not_match_is_not_delivered(listener: Listener) -> None:
    listener.listen(EventPattern=pattern(listener.name))
    listener.send(source="somebody.else")
    listener.send(detail={"mine": True})

    assert listener.first()["detail"] == {"mine": True}
    assert len(listener.kept()) == 1


@pytest.mark.parametrize(
    ("target", "wanted"),
    [({"Input": '{"fixed": 1}'}, {"fixed": 1}), ({"InputPath": "$.detail.b"}, 2), ({"InputPath": "$.nothing"}, None)],
)
def test_target_with_input_path_gets_a_part_of_the_event(
    listener: Listener, target: dict[str, str], wanted: Any
) -> None:
    listener.listen(EventPattern=pattern(listener.name), target=target)
    listener.send(detail={"b": 2})

    assert listener.first() == wanted


def test_function_without_permission_for_the_rule_is_not_called(cloud: LocalCloud, listener: Listener) -> None:
    listener.listen(EventPattern=pattern(listener.name), allowed=False)
    listener.send()

    log = cloud.directory / "cloud.log"
    until(lambda: f"rule/{listener.name} may not invoke" in log.read_text())
    assert listener.kept() == []


def test_rate_fires_on_the_clock_with_its_due_time(cloud: LocalCloud, listener: Listener) -> None:
    listener.listen(ScheduleExpression="rate(5 minutes)")
    made = cloud.now()
    cloud.advance(601)

    events = until(lambda: len(listener.kept()) == 2 and listener.kept())
    times = sorted(event["time"] for event in events)
    assert {event["detail-type"] for event in events} == {"Scheduled Event"}
    assert {event["source"] for event in events} == {"aws.events"}
    assert events[0]["resources"] == [f"arn:aws:events:us-east-1:123456789012:rule/{listener.name}"]
    assert [time.strftime("%Y-%m-%dT%H:%M", time.gmtime(made + n * 300))[:15] for n in (1, 2)] == [
        t[:15] for t in times
    ]


def test_a_cron_fires_at_its_minute(cloud: LocalCloud, listener: Listener) -> None:
    due = time.gmtime(cloud.now() + 7200)
    listener.listen(ScheduleExpression=f"cron({due.tm_min} {due.tm_hour} * * ? *)")
    cloud.advance(7200)

    assert listener.first()["time"] == time.strftime("%Y-%m-%dT%H:%M:00Z", due)


def test_disabled_rule_does_not_fire_until_it_is_enabled(cloud: LocalCloud, listener: Listener) -> None:
    listener.listen(ScheduleExpression="rate(1 minute)", State="DISABLED")
    cloud.advance(121)
    assert listener.events.list_rules(NamePrefix=listener.name)["Rules"][0]["State"] == "DISABLED"
    listener.events.enable_rule(Name=listener.name)
    cloud.advance(61)

    listener.first()
    listener.events.disable_rule(Name=listener.name)
    cloud.advance(300)
    assert len(listener.kept()) == 1


def test_rule_with_targets_is_deleted_after_its_targets(listener: Listener) -> None:
    listener.listen(EventPattern=pattern(listener.name), Description="why")
    events = listener.events

    [shown] = events.list_rules(NamePrefix=listener.name)["Rules"]
    assert (shown["Name"], shown["Description"], shown["State"]) == (listener.name, "why", "ENABLED")
    assert shown["EventPattern"] == pattern(listener.name)
    with pytest.raises(ClientError, match="since it has targets"):
        events.delete_rule(Name=listener.name)
    removed = events.remove_targets(Rule=listener.name, Ids=["it", "other"])
    assert [failed["TargetId"] for failed in removed["FailedEntries"]] == ["other"]
    events.delete_rule(Name=listener.name)
    events.delete_rule(Name=listener.name)
    assert events.list_rules(NamePrefix=listener.name)["Rules"] == []


def test_replaced_rule_keeps_its_targets(listener: Listener) -> None:
    listener.listen(EventPattern=pattern("another"))
    listener.events.put_rule(Name=listener.name, EventPattern=pattern(listener.name))
    listener.send()

    listener.first()


@pytest.mark.parametrize(
    ("call", "parameters", "code"),
    [
        ("put_rule", {"Name": "r"}, "ValidationException"),
        ("put_rule", {"Name": "r", "ScheduleExpression": "rate(5 minute)"}, "ValidationException"),
        ("put_rule", {"Name": "r", "EventPattern": "{"}, "InvalidEventPatternException"),
        ("put_rule", {"Name": "r", "EventPattern": pattern("s"), "EventBusName": "b"}, "ResourceNotFoundException"),
        ("put_targets", {"Rule": "none", "Targets": [{"Id": "a", "Arn": "b"}]}, "ResourceNotFoundException"),
        ("enable_rule", {"Name": "none"}, "ResourceNotFoundException"),
        ("create_event_bus", {"Name": "b"}, "NotImplemented"),
    ],
)
def test_invalid_call_is_refused(api: Any, call: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(api, call)(**parameters)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": "arn:aws:sqs:us-east-1:123456789012:queue"},
        {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "InputTransformer": {"InputTemplate": '"x"'}},
    ],
)
def test_unsupported_target_is_refused_by_name(api: Any, target: dict[str, Any]) -> None:
    api.put_rule(Name="lacking", EventPattern=pattern("s"))

    with pytest.raises(ClientError, match="the local cloud"):
        api.put_targets(Rule="lacking", Targets=[{"Id": "a", **target}])


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"DetailType": "d", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "aws.ec2", "DetailType": "d", "Detail": "{}"}, "NotAuthorizedForSourceException"),
        ({"Source": "s", "DetailType": "d", "Detail": "{"}, "MalformedDetail"),
    ],
)
def test_invalid_entry_is_refused_and_others_are_published(api: Any, entry: dict[str, str], code: str) -> None:
    answer = api.put_events(Entries=[entry, {"Source": "s", "DetailType": "d", "Detail": "{}"}])

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    assert answer["Entries"][1]["EventId"]
