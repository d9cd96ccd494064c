"""CodeDeploy's moves are in the journal, whatever the order of its events."""

import itertools
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import NotFoundError
from fairlead.journal.alias_state import drift
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.releases.codedeploy_events import Recorder
from testkit.memory import Memory
from tests.journals import ADA, NOON, Clock, journal, moved
from tests.unit.releases.codedeploy_cloud import ALARM, EVENTS, Cloud, MoveFunction, event, facts, over, seen


def test_a_start_record_has_shift_author_and_reason(recorder: Recorder, cloud: Cloud) -> None:
    cloud.start("d-1", 13, 14)
    cloud.clock.pass_(seconds=2)

    [record] = recorder.record(event())

    assert facts(record) == ("shifting", "13", "14", "d-1:START")
    assert (record.by, record.why, record.deployment) == ("codedeploy", "better recall", "d-1")
    assert record.happened == record.at - timedelta(seconds=2)
    assert record.evidence["asked_by"] == ADA
    assert record.evidence["configuration"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"


def test_a_good_canary_is_two_records_however_often_its_events_arrive(
    recorder: Recorder, cloud: Cloud, kept: Journal
) -> None:
    cloud.start("d-1", 13, 14)
    recorder.record(event())
    recorder.record(event())
    ended = cloud.clock.pass_(minutes=5)
    cloud.end("d-1", "Succeeded", 14)
    cloud.clock.pass_(seconds=3)

    for state in ("SUCCESS", "START", "SUCCESS"):
        recorder.record(event(state=state))

    assert [facts(one) for one in kept.tail(2)] == [
        ("moved", "13", "14", "d-1:SUCCESS"),
        ("shifting", "13", "14", "d-1:START"),
    ]
    assert kept.last() == 4
    assert kept.tail(1)[0].happened == ended
    assert kept.standing().intents == ()
    assert drift(kept.standing(), seen(cloud)) == []


def test_an_end_event_before_its_start_event_records_both(recorder: Recorder, cloud: Cloud, kept: Journal) -> None:
    begun = cloud.clock.now
    cloud.start("d-1", 13, 14)
    ended = cloud.clock.pass_(minutes=5)
    cloud.end("d-1", "Succeeded", 14)

    recorder.record(event(state="SUCCESS"))
    recorder.record(event(state="START"))

    assert [one.key for one in kept.tail(2)] == ["d-1:SUCCESS", "d-1:START"]
    assert who(kept, begun) == "13"
    assert who(kept, ended) == "14"


def who(kept: Journal, at: datetime) -> str:
    found = kept.all().who_was_live(at)
    assert found is not None
    return found.release.release


def test_rollback_by_an_alarm_is_in_the_journal_with_the_alarm(recorder: Recorder, cloud: Cloud, kept: Journal) -> None:
    cloud.start("d-1", 13, 14)
    recorder.record(event())
    cloud.shift(13, 14)
    cloud.clock.pass_(minutes=2)
    cloud.undo("d-1", "d-2", 13, 14, "ALARM_ACTIVE", ALARM)

    recorder.record(event("d-1", "STOP"))
    recorder.record(event("d-2", "START"))
    recorder.record(event("d-2", "SUCCESS"))

    undone, stopped, _ = kept.tail(3)
    assert facts(stopped) == ("failed", "13", "14", "d-1:STOP")
    assert stopped.why == f"ALARM_ACTIVE: {ALARM}"
    assert stopped.weights == {}
    assert facts(undone) == ("moved", "14", "13", "d-2:SUCCESS")
    assert undone.why == f"rolls back deployment d-1: ALARM_ACTIVE: {ALARM}"
    assert undone.by == "codedeploy"
    assert drift(kept.standing(), seen(cloud)) == []
    assert kept.standing().intents == ()


def test_a_stop_that_is_being_rolled_back_leaves_nothing(recorder: Recorder, cloud: Cloud) -> None:
    """The event may come between the stop and the rollback, which removes the weights."""
    cloud.start("d-1", 13, 14)
    cloud.end("d-1", "Stopped", 13, rollbackInfo={"rollbackDeploymentId": "d-2"})
    cloud.shift(13, 14)

    *_, record = recorder.record(event("d-1", "STOP"))

    assert (record.kind, record.weights) == ("failed", {})


def test_refusal_by_the_hook_has_its_findings(recorder: Recorder, cloud: Cloud, kept: Journal) -> None:
    cloud.start("d-1", 13, 14)
    found = Draft(
        kind="failed", by="hook", why="golden row 3 answers 0.91, expected 0.19", deployment="d-1", key="d-1:verify"
    )
    kept.append(found)
    reason = {"code": "HOOK_EXECUTION_FAILURE", "message": "the hook reported a failure"}
    cloud.end("d-1", "Failed", 13, errorInformation=reason)

    *_, record = recorder.record(event("d-1", "FAILURE"))

    expected = "HOOK_EXECUTION_FAILURE: the hook reported a failure: golden row 3 answers 0.91, expected 0.19"
    assert record.why == expected
    assert drift(kept.standing(), seen(cloud)) == []


def test_a_stop_without_a_rollback_leaves_two_releases(recorder: Recorder, cloud: Cloud, kept: Journal) -> None:
    cloud.start("d-1", 13, 14)
    cloud.end("d-1", "Stopped", 13, errorInformation={"code": "MANUAL_STOP", "message": "stopped by a user"})
    cloud.shift(13, 14)

    recorder.record(event("d-1", "STOP"))

    standing = kept.standing()
    assert standing.live is not None
    assert standing.live.weights == {"14": 0.1}
    assert drift(standing, seen(cloud)) == []


def test_a_late_stop_event_does_not_override_a_later_rollback(recorder: Recorder, cloud: Cloud, kept: Journal) -> None:
    """An operator stops the deployment and moves live; the record function was down for an hour."""
    cloud.start("d-1", 13, 14)
    cloud.shift(13, 14)
    cloud.clock.pass_(minutes=1)
    cloud.end("d-1", "Stopped", 13, errorInformation={"code": "MANUAL_STOP", "message": "stopped by a user"})
    cloud.clock.pass_(seconds=2)
    kept.append(moved(14, 12))
    cloud.live = ("12", {})
    cloud.clock.pass_(hours=1)

    recorder.record(event("d-1", "STOP"))

    assert drift(kept.standing(), seen(cloud)) == []
    assert kept.verify() == []


def test_a_deployment_that_is_not_ours_is_recorded_as_far_as_facts_go(
    recorder: Recorder, cloud: Cloud, kept: Journal
) -> None:
    cloud.start("d-9", 13, 14, description="hotfix")
    recorder.record(event("d-9", "START"))
    cloud.clock.pass_(minutes=5)
    cloud.end("d-9", "Succeeded", 14)
    recorder.record(event("d-9", "SUCCESS"))

    end, start = kept.tail(2)
    assert facts(start) == ("shifting", "13", "None", "d-9:START")
    assert facts(end) == ("moved", "None", "14", "d-9:SUCCESS")
    assert end.why == "a deployment that Fairlead did not start: hotfix"
    assert drift(kept.standing(), seen(cloud)) == []


def test_the_rollback_of_a_deployment_that_is_not_ours_names_it(
    recorder: Recorder, cloud: Cloud, kept: Journal
) -> None:
    cloud.start("d-8", 13, 14, description="")
    cloud.undo("d-8", "d-9", 13, 14, "ALARM_ACTIVE", ALARM)

    [record] = recorder.record(event("d-9", "SUCCESS"))

    assert facts(record) == ("moved", "None", "13", "d-9:SUCCESS")
    assert record.why == f"rolls back deployment d-8: ALARM_ACTIVE: {ALARM}"


def test_deleted_release_is_read_from_the_deployments_description(
    recorder: Recorder, cloud: Cloud, kept: Journal
) -> None:
    cloud.start("d-1", 13, 14)
    cloud.end("d-1", "Failed", 13, errorInformation={"code": "TIMEOUT", "message": "the hook was silent"})
    cloud.deleted = {"14"}

    *_, record = recorder.record(event("d-1", "FAILURE"))

    assert record.now is not None
    assert (record.now.release, record.now.model, record.now.version) == ("14", "churn", 13)


def test_a_deployment_that_has_not_begun_is_nothing_yet_to_a_rollback(recorder: Recorder, cloud: Cloud) -> None:
    cloud.start("d-1", 13, 14)
    undoes = {"rollbackTriggeringDeploymentId": "d-1"}
    cloud.start("d-2", 14, 13, description="undo", creator="codeDeployRollback", rollbackInfo=undoes)

    assert recorder.record(event("d-2", "START")) == []


@pytest.mark.parametrize("where", [{"application": "other"}, {"deploymentGroup": "other-live"}], ids=str)
def test_another_applications_deployments_are_passed_over(recorder: Recorder, where: dict[str, str]) -> None:
    assert recorder.record(event("d-404", **where)) == []


def test_a_deployment_that_cannot_be_read_is_an_error_so_that_lambda_tries_again(recorder: Recorder) -> None:
    with pytest.raises(NotFoundError, match="d-404"):
        recorder.record(event("d-404"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_example_event_is_recorded(path: Path, recorder: Recorder, cloud: Cloud) -> None:
    cloud.start("d-7KQ2XN4PA", 13, 14)

    assert recorder.record(json.loads(path.read_text()))


@pytest.mark.parametrize("seed", range(60))
def test_in_any_order_and_any_number_of_times_the_journal_ends_up_right(seed: int) -> None:
    """Of three deployments the second is rolled back. Each event comes one to three times, some 90 minutes late."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    clock = Clock()
    cloud, kept = Cloud(clock), journal(Memory(), clock)
    kept.append(moved(12, 13))
    mover = MoveFunction(cloud)
    recorder = over(cloud, kept, mover)
    due: list[tuple[datetime, dict[str, Any]]] = []

    def happens(number: str, state: str) -> None:
        delays = (chance.choice([0, 0, 0, 1, 7, 90]) for _ in range(chance.randint(1, 3)))
        due.extend((clock.now + timedelta(minutes=delay), event(number, state)) for delay in delays)

    def deliver() -> None:
        for moment, received in [one for one in due if one[0] <= clock.now]:
            recorder.record(received)
            due.remove((moment, received))

    def canary(number: str, was: int, now: int) -> None:
        cloud.start(number, was, now)
        happens(number, "START")
        clock.pass_(seconds=20)
        cloud.shift(was, now)
        deliver()
        clock.pass_(minutes=5)

    canary("d-1", 13, 14)
    cloud.end("d-1", "Succeeded", 14)
    happens("d-1", "SUCCESS")
    deliver()
    canary("d-2", 14, 15)
    cloud.undo("d-2", "d-3", 14, 15, "ALARM_ACTIVE", ALARM)
    for number, state in (("d-2", "STOP"), ("d-3", "START"), ("d-3", "SUCCESS")):
        happens(number, state)
    deliver()
    canary("d-4", 14, 16)
    cloud.end("d-4", "Succeeded", 16)
    happens("d-4", "SUCCESS")
    for _ in range(20):
        clock.pass_(minutes=10)
        deliver()

    keys = Counter(one.key for one in kept.records() if one.key)
    wanted = ["d-1:START", "d-1:SUCCESS", "d-2:START", "d-2:STOP", "d-3:SUCCESS", "d-4:START", "d-4:SUCCESS"]
    assert keys == Counter(wanted)
    assert mover.moved_to == []
    assert drift(kept.standing(), seen(cloud)) == []
    assert kept.verify() == []


@pytest.mark.parametrize("order", list(itertools.permutations(["d-1", "d-2", "d-3"])), ids=" ".join)
def test_who_was_live_is_right_when_all_events_arrive_together(order: tuple[str, ...]) -> None:
    clock = Clock()
    cloud, kept = Cloud(clock), journal(Memory(), clock)
    kept.append(moved(12, 13))
    moments = []
    for number, was, now in (("d-1", 13, 14), ("d-2", 14, 15), ("d-3", 15, 16)):
        cloud.start(number, was, now)
        clock.pass_(minutes=5)
        cloud.end(number, "Succeeded", now)
        moments.append(clock.now)
        clock.pass_(hours=1)

    for number in order:
        over(cloud, kept).record(event(number, "SUCCESS"))

    assert [who(kept, NOON)] + [who(kept, moment) for moment in moments] == ["13", "14", "15", "16"]
    assert drift(kept.standing(), seen(cloud)) == []
