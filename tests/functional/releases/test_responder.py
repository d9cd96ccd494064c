"""An alarm leads to one decision, one action, one record and one notification, however often it is delivered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fairlead.automation.responding import FactGatherer, Responder, alarm_of
from fairlead.automation.response_policy import ResponseTerms
from fairlead.aws.release_client import ReleaseClient, ReleaseReply
from fairlead.errors import SettingsError, StorageError
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.quality import tally
from fairlead.registry.store import Registry, manifest_key
from fairlead.telemetry.capture import Part
from testkit.memory import Memory
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda
from tests.journals import key_of


class Outcomes(LedgerReader):
    """A ledger of so many requests of one row, of which the live release got a share wrong."""

    def __init__(self, requests: int, *, wrong: float) -> None:
        super().__init__(None, "")
        self.version = 3
        self.requests, self.wrong = requests, wrong

    def pairs(self, classes: tuple[Any, ...]) -> list[Pair]:
        """Every outcome is the first class."""
        right, other = classes[0], classes[1]
        return [
            Pair(
                part=Part(
                    request=f"r{n:05d}", at=1_000 * n, model="churn", version=self.version, release="4", digest="d",
                    caller=f"c{n}", first=0, of=1, fields=("x",), rows=[[1.0]],
                    labels=[other if n < self.wrong * self.requests else right],
                ),
                position=0,
                outcome=Outcome(request=f"r{n:05d}", row=0, actual=right, at=1_000 * n, by="ada"),
            )
            for n in range(self.requests)
        ]  # fmt: skip

    def quality(self, model: str, version: int, start: int, end: int) -> Any:
        del model, start, end
        return {} if version != self.version else tally(self.output, self.pairs(self.output.classes or ()))

    def labelled(self, model: str, version: int, start: int, end: int) -> Iterator[Pair]:
        del model, version, start, end
        yield from self.pairs(self.output.classes or ())

    output: Any = None


class Always(ReleaseClient):
    """A release that gives every row one label."""

    def __init__(self, release: str, label: Any) -> None:
        super().__init__(None, "", release)
        self._label = label

    def post(self, path: str, body: bytes) -> ReleaseReply:
        assert path == "/predict"
        rows = msgspec.json.decode(body)["instances"]
        shares = {"no": 0.5, "yes": 0.5}
        predictions = [{"id": f"x-{n}", "label": self._label, "probabilities": shares} for n in range(len(rows))]
        return ReleaseReply(status=200, body=msgspec.json.encode({"predictions": predictions}), round_trip_ms=1)


class Station:
    """A responder over the test's cloud, and what it did."""

    def __init__(self, desk: Desk, registry: Registry, *, outcomes: Outcomes | None = None, act: bool = True) -> None:
        self.desk, self.registry = desk, registry
        self.notified: list[tuple[str, str]] = []
        self.retrained: list[str] = []
        self.requests = 1_000
        ledger = outcomes or Outcomes(0, wrong=0)
        output = registry.manifest("churn", 3)[0].signature.output
        ledger.output = msgspec.structs.replace(output, probabilities=False)
        self.output = ledger.output
        terms, context = ResponseTerms(), desk.context("respond", asks=True)
        gatherer = FactGatherer(
            context,
            registry,
            ledger,
            desk.cloudwatch,
            ask=lambda release: Always(release, (output.classes or ("",))[0]),
            terms=terms,
        )
        self.responder = Responder(
            context, registry, gatherer,
            retrain=lambda model, _: self.retrained.append(model),
            notify=lambda subject, text: self.notified.append((subject, text)),
            terms=terms, act=act,
        )  # fmt: skip

    def alarm(self, cause: str, *, state: str = "ALARM", at: datetime | None = None) -> Any:
        """Deliver one."""
        moment = at or self.desk.now + timedelta(hours=1)
        event = {
            "source": "aws.cloudwatch",
            "alarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:fairlead-{cause}",
            "time": moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "alarmData": {"alarmName": f"fairlead-{cause}", "state": {"value": state, "reason": "Threshold crossed"}},
        }
        return self.responder.respond(event)


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto reads no percentiles: every release had a thousand calls of its own, half of which failed."""
    from fairlead.releases import metrics

    monkeypatch.setattr(metrics, "own", lambda *_, **__: metrics.Own(calls=1_000, error_share=0.5, latency_ms=9_000.0))


@pytest.fixture
def live(desk: Desk, registry: Registry) -> Desk:
    """churn 1 is release 2; churn 3 is release 3 and live, and the journal agrees."""
    for version in (1, 3):
        ship(desk.releases(), registry, version)
        desk.reconcile()
    return desk


def test_a_fresh_release_that_fails_is_rolled_back_recorded_and_notified(
    live: Desk, registry: Registry, lambda_: StrictLambda
) -> None:
    station = Station(live, registry)
    response = station.alarm("errors")
    assert (response.decision.action, response.decision.rule) == ("roll back", "fresh release broke")
    assert lambda_.points_at("live") == "2"
    decided, intended, moved = live.records()[-3:]
    assert (decided.kind, intended.kind, moved.kind) == ("decided", "intended", "moved")
    rang = live.now.replace(microsecond=0) + timedelta(hours=1)
    assert decided.effective == rang, "whatever the function's own clock says"
    assert decided.evidence["facts"]["requests"] == 1_000
    assert decided.evidence["reason"] == "Threshold crossed"
    assert live.journal().verify() == []
    [(subject, text)] = station.notified
    assert subject == "fairlead-errors: roll back"
    assert "release 2" in text


@pytest.mark.parametrize("cause", ["errors", "latency"])
def test_alarm_that_lives_own_calls_do_not_confirm_moves_nothing_and_its_figures_are_in_the_journal(
    live: Desk, registry: Registry, lambda_: StrictLambda, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    """Live is healthy: another release's canary failed, for example, or the fault is over."""
    from fairlead.releases import metrics

    monkeypatch.setattr(metrics, "own", lambda *_, **__: metrics.Own(calls=900, error_share=0.0, latency_ms=20.0))
    station = Station(live, registry)
    assert station.alarm(cause).decision.rule == "not live's own"
    assert lambda_.points_at("live") == "3"
    facts = live.records()[-1].evidence["facts"]
    assert (facts["requests"], facts["error_share"], facts["latency_ms"]) == (900, 0.0, 20.0)


def test_a_previous_release_that_cannot_cold_start_is_no_target_and_the_message_says_why(
    live: Desk, registry: Registry, lambda_: StrictLambda, memory: Memory
) -> None:
    """The release answers from an environment that loaded its model long ago. Live answers half of its calls."""
    del memory.objects[manifest_key("churn", 1)]
    station = Station(live, registry)

    assert station.alarm("errors").decision.rule == "nothing to go back to"

    assert lambda_.points_at("live") == "3"
    obstacle = live.records()[-1].evidence["facts"]["obstacle"]
    assert obstacle.startswith("release 2 (churn version 1) cannot cold start: ")
    assert obstacle in station.notified[0][1]


def test_a_fresh_release_that_fails_is_rolled_back_although_the_journal_refuses_writes(
    live: Desk, registry: Registry, lambda_: StrictLambda, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second delivery moves nothing; the next command records the position of live."""

    def refuse(key: str, _: bytes) -> bool:
        raise StorageError(f"could not create {key}: AccessDenied")

    station = Station(live, registry, outcomes=Outcomes(400, wrong=0.0))
    with monkeypatch.context() as refusing:
        refusing.setattr(memory, "put_new", refuse)
        response = station.alarm("errors")
        with pytest.raises(StorageError):
            station.alarm("drift")  # a retraining would be started once for every delivery

    assert (response.record, response.decision.action) == (None, "roll back")
    assert lambda_.points_at("live") == "2"
    assert "it does not hold this decision; live: release 2" in station.notified[0][1]
    assert "the next command writes it" in station.notified[0][1]
    assert station.retrained == []
    live.reconcile()
    assert (live.records()[-1].kind, live.records()[-1].alias) == ("found", "live")
    assert live.journal().verify() == []


def test_the_same_alarm_ten_times_is_decided_once(live: Desk, registry: Registry, lambda_: StrictLambda) -> None:
    station = Station(live, registry)
    at = live.now + timedelta(hours=1)
    responses = [station.alarm("errors", at=at) for _ in range(10)]
    assert [response is not None for response in responses] == [True] + [False] * 9
    assert lambda_.points_at("live") == "2"
    assert len(station.notified) == 1


def test_a_lasting_alarm_is_decided_again_when_it_is_delivered_again(live: Desk, registry: Registry) -> None:
    station = Station(live, registry)
    station.alarm("throttles")
    assert station.alarm("throttles", at=live.now + timedelta(hours=3)) is not None
    assert [one.kind for one in live.records()[-2:]] == ["decided", "decided"]


def test_a_dry_run_decides_and_moves_nothing(live: Desk, registry: Registry, lambda_: StrictLambda) -> None:
    station = Station(live, registry, act=False)
    response = station.alarm("errors")
    assert response.decision.action == "roll back"
    assert lambda_.points_at("live") == "3"
    assert live.records()[-1].evidence["dry_run"] is True
    assert "dry run" in station.notified[0][1]


def test_worse_quality_than_the_release_before_on_the_same_rows_rolls_back(
    live: Desk, registry: Registry, lambda_: StrictLambda
) -> None:
    station = Station(live, registry, outcomes=Outcomes(400, wrong=0.4))
    assert station.alarm("quality").decision.rule == "previous is better"
    assert lambda_.points_at("live") == "2"


def test_decay_that_the_release_before_shares_is_retrained_once_in_a_while(
    live: Desk, registry: Registry, lambda_: StrictLambda
) -> None:
    station = Station(live, registry, outcomes=Outcomes(400, wrong=0.0))
    assert station.alarm("quality").decision.rule == "learn"
    assert station.retrained == ["churn"]
    assert station.alarm("drift", at=live.now + timedelta(hours=2)).decision.rule == "cooling down"
    assert station.retrained == ["churn"]
    assert lambda_.points_at("live") == "3"


@pytest.mark.parametrize(
    ("wrong", "rules"), [(0.0, ["learn", "cooling down"]), (0.4, ["previous is better", "settling"])]
)
def test_of_two_alarms_at_once_one_leads_to_action(
    live: Desk, registry: Registry, monkeypatch: pytest.MonkeyPatch, wrong: float, rules: list[str]
) -> None:
    station, other = (Station(live, registry, outcomes=Outcomes(400, wrong=wrong)) for _ in range(2))
    at, facts = live.now + timedelta(hours=1), FactGatherer.facts

    def slowly(*given: Any) -> Any:
        monkeypatch.setattr(FactGatherer, "facts", facts)
        known = facts(*given)
        other.alarm("quality", at=at)
        return known

    monkeypatch.setattr(FactGatherer, "facts", slowly)
    station.alarm("drift", at=at)
    assert [one.evidence["rule"] for one in live.records() if one.kind == "decided"] == rules
    assert len(station.retrained + other.retrained) == (1 if rules[0] == "learn" else 0)


def test_a_decision_took_effect_when_its_alarm_rang(live: Desk, registry: Registry) -> None:
    at = live.now + timedelta(hours=1)
    assert Station(live, registry).alarm("throttles", at=at).record.effective == at.replace(microsecond=0)


def test_without_outcomes_nothing_is_triggered(live: Desk, registry: Registry, lambda_: StrictLambda) -> None:
    station = Station(live, registry)
    for cause in ("quality", "drift"):
        assert station.alarm(cause).decision.rule == "too few outcomes"
    assert (station.retrained, lambda_.points_at("live")) == ([], "3")


def test_a_running_deployment_is_left_to_its_own_alarms(live: Desk, registry: Registry, lambda_: StrictLambda) -> None:
    live.deploys.hold = "shifting"
    live.releases().release(registry, "churn", 1)
    assert Station(live, registry).alarm("errors").decision.rule == "deploying"


def test_an_action_that_fails_is_notified_and_leaves_live_unchanged(
    live: Desk, registry: Registry, lambda_: StrictLambda
) -> None:
    station = Station(live, registry)
    lambda_.before("UpdateAlias", lambda: live.releases("bob").rollback(registry, "churn", to="r2"))
    response = station.alarm("errors")
    assert "failed: " in response.outcome
    assert "failed: " in station.notified[0][1]
    assert live.journal().verify() == []


def test_a_failed_move_function_is_reported_and_the_next_command_finds_live_unmoved(
    live: Desk, registry: Registry, lambda_: StrictLambda
) -> None:
    def crash(_: Any) -> Any:
        raise RuntimeError("out of memory")

    station = Station(live, registry)
    lambda_.functions["fairlead-move"] = crash

    response = station.alarm("errors")

    assert lambda_.points_at("live") == "3"
    assert response.outcome.startswith(
        "roll back failed: fairlead-move failed: RuntimeError: out of memory; read its log"
    )
    assert response.outcome in station.notified[0][1]
    live.reconcile()
    assert live.journal().standing().intents == ()


@pytest.mark.parametrize(
    "event", [{}, {"alarmData": {}}, {"alarmArn": "a", "alarmData": {"alarmName": "n"}, "time": "noon"}]
)
def test_other_events_are_not_alarms(event: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="not from a CloudWatch alarm"):
        alarm_of(event)


def test_an_alarms_time_is_aware() -> None:
    at = alarm_of(
        {
            "alarmArn": "a",
            "time": "2026-11-23T10:00:00.000+0000",
            "alarmData": {"alarmName": "n", "state": {"value": "OK"}},
        }
    ).at
    assert at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_garbage_that_a_record_stepped_over_does_not_hide_how_long_live_is_live(
    live: Desk, registry: Registry, lambda_: StrictLambda, memory: Memory
) -> None:
    station = Station(live, registry)
    newest = live.journal().last()
    for number in range(newest + 1, newest + 251):
        memory.objects[key_of(number)] = b"{}"
    station.alarm("drift")  # its decision skips the object that is no record
    response = station.alarm("errors", at=live.now + timedelta(hours=2))
    assert response is not None
    assert (response.decision.action, lambda_.points_at("live")) == ("roll back", "2")


def test_a_journal_that_cannot_be_read_does_not_keep_live_at_a_release_that_fails(
    live: Desk, registry: Registry, lambda_: StrictLambda, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = Station(live, registry)

    def refuse(*_: Any, **__: Any) -> Any:
        raise StorageError("could not list s3://…: SlowDown")

    monkeypatch.setattr(memory, "keys", refuse)
    monkeypatch.setattr(memory, "get", refuse)
    response = station.alarm("errors")
    assert response is not None
    assert (response.record, lambda_.points_at("live")) == (None, "2")
    assert len(station.notified) == 1
