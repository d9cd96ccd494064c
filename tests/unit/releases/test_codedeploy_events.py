"""CodeDeploy's moves are in the journal, whatever the order of its events."""

import itertools
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from fairlead.aws.alias_mover import AliasMover
from fairlead.aws.codedeploy import Deployments
from fairlead.aws.lambda_function import Alias, PredictFunction
from fairlead.errors import CallError, NotFoundError
from fairlead.journal.alias_state import ObservedAliases, drift
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described, Draft, Record, describe_deployment
from fairlead.releases.codedeploy_events import Recorder
from fairlead.releases.restore import Restorer
from fairlead.settings import Recording
from testkit.memory import Memory
from tests.journals import ADA, NOON, Clock, intended, journal, moved, release

HERE = Recording(
    stack="fairlead",
    bucket="registry",
    function="fairlead-predict",
    application="fairlead",
    group="fairlead-live",
    move="fairlead-move",
)
EVENTS = sorted((Path(__file__).parents[3] / "events").glob("codedeploy-state-change*.json"))
ALARM = "One or more alarms have been activated: <fairlead-canary-errors>"


class Cloud:
    """CodeDeploy and Lambda's reading calls, and what becomes of deployments; time is the clock's."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.deployments: dict[str, dict[str, Any]] = {}
        self.live: tuple[str, dict[str, float]] = ("13", {})
        self.deleted: set[str] = set()

    def get_deployment(self, deploymentId: str) -> dict[str, Any]:
        if deploymentId not in self.deployments:
            raise ClientError({"Error": {"Code": "DeploymentDoesNotExistException"}}, "GetDeployment")
        return {"deploymentInfo": dict(self.deployments[deploymentId])}

    def list_deployments(self, createTimeRange: dict[str, Any], **_: Any) -> dict[str, Any]:
        begun = createTimeRange["start"]
        return {"deployments": [number for number, one in self.deployments.items() if one["createTime"] >= begun]}

    def get_alias(self, **_: str) -> dict[str, Any]:
        version, weights = self.live
        routing = {"AdditionalVersionWeights": weights}
        return {"Name": "live", "FunctionVersion": version, "RevisionId": "r", "RoutingConfig": routing}

    def get_function_configuration(self, Qualifier: str, **_: str) -> dict[str, Any]:
        if Qualifier in self.deleted:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetFunctionConfiguration")
        held = release(int(Qualifier))
        variables = {
            "FAIRLEAD_MODEL": held.model or "",
            "FAIRLEAD_VERSION": str(held.version),
            "FAIRLEAD_MANIFEST_SHA256": held.digest.removeprefix("sha256:"),
        }
        return {
            "Version": Qualifier,
            "RevisionId": "r",
            "CodeSha256": held.code_sha256,
            "LastModified": held.modified,
            "Environment": {"Variables": variables},
        }

    def start(self, number: str, was: int, now: int, **more: Any) -> None:
        described = Described(model="churn", version=now - 1, target=str(now), after=str(was))
        self.deployments[number] = {
            "deploymentId": number,
            "status": "InProgress",
            "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "description": describe_deployment(described),
            "creator": "user",
            "createTime": self.clock.now,
            "startTime": self.clock.now,
            **more,
        }

    def shift(self, was: int, now: int) -> None:
        self.live = (str(was), {str(now): 0.1})

    def end(self, number: str, status: str, live: int, **more: Any) -> None:
        self.deployments[number] |= {"status": status, "completeTime": self.clock.now, **more}
        self.live = (str(live), {})

    def undo(self, number: str, by: str, was: int, now: int, code: str, message: str) -> None:
        """Stop a deployment; CodeDeploy starts another one that undoes it, and ends it."""
        self.end(number, "Stopped", was, errorInformation={"code": code, "message": message})
        self.deployments[number]["rollbackInfo"] = {"rollbackDeploymentId": by}
        self.clock.pass_(seconds=1)
        undoes = {"rollbackTriggeringDeploymentId": number}
        self.start(by, now, was, description="undo", creator="codeDeployRollback", rollbackInfo=undoes)
        self.clock.pass_(seconds=1)
        self.end(by, "Succeeded", was)


class MoveFunction(AliasMover):
    """Moves live as it is asked; `fails` has it fail that many times first."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(None, "fairlead-move")
        self.cloud = cloud
        self.asked: list[str] = []
        self.fails = 0

    def move(self, alias: Alias, version: str) -> Alias:
        self.asked.append(version)
        if self.fails:
            self.fails -= 1
            raise CallError("fairlead-move failed")
        self.cloud.live = (version, {})
        return msgspec.structs.replace(alias, version=version, weights={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Cloud:
    return Cloud(clock)


@pytest.fixture
def kept(clock: Clock) -> Journal:
    """Ada has intended release 14 after 13."""
    made = journal(Memory(), clock)
    made.append(moved(12, 13))
    made.append(intended(13, 14, why="better recall"))
    clock.pass_(seconds=30)
    return made


@pytest.fixture
def recorder(cloud: Cloud, kept: Journal) -> Recorder:
    return over(cloud, kept)


def over(cloud: Cloud, kept: Journal, mover: MoveFunction | None = None) -> Recorder:
    client: Any = cloud
    function, deployments = PredictFunction(client, HERE.function), Deployments(client, "fairlead", "fairlead-live")
    restorer = Restorer(function, deployments, kept, mover or MoveFunction(cloud), by=lambda: "record")
    return Recorder(HERE, function, deployments, kept, restorer)


def event(number: str = "d-1", state: str = "START", **detail: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(EVENTS[0].read_text())
    given["detail"] |= {"deploymentId": number, "state": state, **detail}
    return given


def seen(cloud: Cloud) -> ObservedAliases:
    version, weights = cloud.live
    return ObservedAliases(live=release(int(version)), weights=weights, previous=None)


def facts(record: Record) -> tuple[str, str, str, str]:
    return record.kind, str(record.was and record.was.release), str(record.now and record.now.release), record.key


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
    """The event may come between the stop and the rollback that takes the weights away."""
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


def test_late_news_of_a_stop_does_not_unsay_the_rollback_after_it(
    recorder: Recorder, cloud: Cloud, kept: Journal
) -> None:
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


@pytest.fixture
def mover(cloud: Cloud) -> MoveFunction:
    return MoveFunction(cloud)


def astray(cloud: Cloud) -> None:
    """A canary of 14 fails, and CodeDeploy's rollback goes to 12, the last revision that succeeded, and not to 13."""
    cloud.start("d-1", 13, 14)
    cloud.shift(13, 14)
    cloud.clock.pass_(minutes=2)
    cloud.undo("d-1", "d-2", 13, 14, "ALARM_ACTIVE", ALARM)
    cloud.live = ("12", {})
    cloud.clock.pass_(seconds=3)


@pytest.mark.parametrize("order", list(itertools.permutations(["d-1", "d-1", "d-2", "d-2"])), ids=" ".join)
def test_a_rollback_that_leaves_live_astray_is_put_right_once_and_is_in_the_journal(
    cloud: Cloud, kept: Journal, mover: MoveFunction, order: tuple[str, ...]
) -> None:
    astray(cloud)

    for number in order:
        over(cloud, kept, mover).record(event(number))

    assert (mover.asked, cloud.live) == (["13"], ("13", {}))
    found, restored = (one for one in list(kept.records())[::-1] if one.by == "record")
    assert facts(found) == ("found", "13", "12", "d-2:astray")
    assert found.why == "deployment d-1 failed and left live here, not at release 13"
    assert facts(restored) == ("moved", "12", "13", "d-2:restored")
    assert drift(kept.standing(), seen(cloud)) == []
    assert kept.verify() == []


def failed_once(cloud: Cloud, kept: Journal, mover: MoveFunction) -> Recorder:
    """Return a recorder whose first delivery met a move function that failed."""
    astray(cloud)
    mover.fails = 1
    recorder = over(cloud, kept, mover)
    with pytest.raises(CallError):
        recorder.record(event("d-2"))
    return recorder


def test_a_move_function_that_fails_is_an_error_and_the_next_delivery_puts_live_back(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    recorder = failed_once(cloud, kept, mover)
    assert drift(kept.standing(), seen(cloud)) == [], "the journal tells the truth meanwhile"
    recorder.record(event("d-2"))

    assert (mover.asked, cloud.live) == (["13", "13"], ("13", {}))
    assert drift(kept.standing(), seen(cloud)) == []


def test_a_run_that_was_killed_after_the_move_writes_its_record_when_it_is_repeated(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    recorder = failed_once(cloud, kept, mover)
    cloud.live = ("13", {})

    recorder.record(event("d-2"))

    assert kept.tail(1)[0].key == "d-2:restored"
    assert drift(kept.standing(), seen(cloud)) == []


def test_live_that_an_operator_moves_is_left_alone(cloud: Cloud, kept: Journal, mover: MoveFunction) -> None:
    """Before, by an intent, or after; a deployment that a newer one followed answers for nothing."""
    astray(cloud)
    kept.append(intended(14, 11))
    recorder = over(cloud, kept, mover)
    recorder.record(event("d-2"))
    kept.append(moved(12, 11))
    cloud.live = ("11", {})
    recorder.record(event("d-2"))
    cloud.clock.pass_(hours=1)
    cloud.start("d-3", 11, 15)
    cloud.shift(11, 15)
    recorder.record(event("d-2"))

    assert mover.asked == []


def test_a_deployment_that_was_stopped_by_hand_is_left_to_that_user(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    cloud.start("d-1", 13, 14)
    cloud.end("d-1", "Stopped", 13, errorInformation={"code": "MANUAL_STOP", "message": "stopped by a user"})
    cloud.shift(13, 14)

    over(cloud, kept, mover).record(event("d-1"))

    assert mover.asked == []


@pytest.mark.parametrize("seed", range(60))
def test_in_any_order_and_any_number_of_times_the_journal_ends_up_right(seed: int) -> None:
    """Good, alarmed and rolled back, good; each event comes one to three times, some an hour and a half late."""
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
        for moment, told in [one for one in due if one[0] <= clock.now]:
            recorder.record(told)
            due.remove((moment, told))

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
    assert mover.asked == []
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


def test_an_intent_that_an_earlier_stack_left_open_keeps_no_live_astray(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    """Releases of two lives have the same numbers: it announces no move of this stack's alias."""
    old = intended(14, 11)
    assert old.now is not None
    kept.append(msgspec.structs.replace(old, now=msgspec.structs.replace(old.now, life="an earlier stack")))
    astray(cloud)

    over(cloud, kept, mover).record(event("d-2"))

    assert (mover.asked, cloud.live) == (["13"], ("13", {}))
