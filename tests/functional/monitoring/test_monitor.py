"""The monitor over a day of real penguins: quality, drift, unknown figures, and alarms that respond gets again."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from fairlead import settings
from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.monitoring import View, ViewReader
from fairlead.monitoring.gauges import gauges
from fairlead.monitoring.tick import Ticker
from fairlead.publishing.publish import Published
from fairlead_cli.commands.monitor import _print_broken
from tests.functional import ledger_fixture
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import NOON, Loop, running
from tests.functional.monitored import Book, another, heavier, mistaken, play, stocked

EVENT = json.loads((Path(__file__).parents[3] / "events/monitor.json").read_text())
RESPOND = "arn:aws:lambda:us-east-1:123456789012:function:fairlead-respond"


@pytest.fixture(scope="module")
def shop(s3_url: str, shelf: Store, published: Published) -> Store:
    """A new store with the first versions of the shelf."""
    return stocked(s3_url, shelf)


@pytest.fixture(scope="module")
def second(shop: Store, published: Published) -> Published:
    """Version 2: the same model once more."""
    return another(shop, published)


@pytest.fixture(scope="module")
def day(shop: Store, published: Published, second: Published) -> Book:
    """Version 1 does as it was published; version 2 meets a world that changed, and one input in another unit."""
    book = Book()
    play(book, shop, published)
    play(book, shop, second, changed=heavier, truth=mistaken(0.5))
    return book


def views(book: Book, store: Store, at: int = NOON) -> dict[int, View]:
    """Return the monitor's views by version; the first version is live."""
    view_reader = ViewReader(book, store.registry)
    window = view_reader.window("penguins", view_reader.models()["penguins"], at / 1000)
    return {version: view_reader.view(window, version, live=version == 1) for version in window.busy}


def values(view: View) -> dict[str, float]:
    """Return the view's gauges, as if its version were live."""
    return gauges(msgspec.structs.replace(view, live=True))[0].values


def test_quality_falls_only_for_the_version_whose_answers_were_wrong(day: Book, shop: Store, second: Published) -> None:
    seen = views(day, shop)
    assert sorted(seen) == [1, 2]
    for view in seen.values():
        assert view.quality.metric == "accuracy"
        assert view.labels.coverage == 1
        assert view.labels.delay_hours == 1
        assert view.quality.published == second.manifest.metrics["accuracy"]
    assert values(seen[1])["QualityDrop"] <= 0
    assert values(seen[2])["QualityDrop"] > 0.05
    assert values(seen[2])["QualityHigh"] < values(seen[1])["QualityLow"]


def test_the_input_that_moved_is_found_and_ranked_first(day: Book, shop: Store, second: Published) -> None:
    seen = views(day, shop)
    assert values(seen[1])["DriftedFeatures"] == 0
    assert seen[1].judged
    assert not seen[1].judged.drift
    assert seen[2].judged
    first = seen[2].judged.findings[0]
    assert (first.feature, first.verdict, first.rank) == ("flipper_length_mm", "drift", 1)
    assert values(seen[2])["DriftedFeatures"] >= 1


def test_broken_input_is_named_with_the_values_of_the_last_hour(
    shop: Store, published: Published, second: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Book()
    play(book, shop, published, hours=range(3), each=8)
    play(book, shop, second, hours=range(3), each=8, changed=heavier)
    whole, broke = views(book, shop).values()
    assert (whole.broken, values(whole)["BrokenFeatures"]) == ((), 0)
    assert broke.broken
    [one] = broke.broken
    assert (one.feature, one.strange > 0.9, values(broke)["BrokenFeatures"]) == ("flipper_length_mm", True, 1)
    _print_broken(broke)
    heading, _, named = capsys.readouterr().out.strip().splitlines()
    assert (heading, named.split(maxsplit=1)) == (
        "broken in version 2, the last hour",
        ["flipper_length_mm", one.words],
    )
    assert views(book, shop, at=NOON + 3_600_000)[2].broken is None, "no request within the hour"


def test_accuracy_is_estimated_without_outcomes_as_advice(day: Book, shop: Store, second: Published) -> None:
    seen = views(day, shop)
    assert seen[1].estimate
    assert seen[1].quality.now
    assert abs(seen[1].estimate.value - seen[1].quality.now.value) < 0.05


def test_without_outcomes_quality_has_no_datapoint_and_coverage_is_zero(shop: Store, published: Published) -> None:
    book = Book()
    play(book, shop, published, delay=None, hours=range(8))
    [view] = views(book, shop).values()
    found = values(view)
    assert {"Quality", "QualityLow", "QualityHigh", "QualityDrop", "LabelDelayHours"} & set(found) == set()
    assert found["LabelCoverage"] == 0
    assert found["Predictions"] == 8 * 32
    assert "EstimatedQuality" in found


def test_few_predictions_are_counted_and_nothing_is_said_of_them(shop: Store, published: Published) -> None:
    book = Book()
    play(book, shop, published, hours=range(1), each=2)
    [view] = views(book, shop).values()
    assert set(values(view)) == {
        *("Predictions", "Outcomes", "InvalidOutcomes", "Conflicts", "LabelDelayHours"),
    }


def test_outcomes_a_week_late_are_judged_a_week_later_and_not_before(shop: Store, published: Published) -> None:
    """A tenth of the outcomes comes quickly, and all of these agree with the predictions."""
    book = Book()
    week = 7 * 24
    play(book, shop, published, hours=range(week, week + 24, 2), truth=mistaken(0.6), delay=week - 2)
    play(book, shop, published, hours=range(0, 24, 2), labelled=0.1, delay=0.1, seed=1)
    [view] = views(book, shop).values()
    assert view.labels.delay_hours == week
    assert view.quality.until <= datetime.fromtimestamp(NOON / 1000 - 24 * 3600, UTC)
    assert values(view)["QualityDrop"] > 0.1
    assert values(view)["LabelCoverage"] == 1


@pytest.fixture
def monitor(shop: Store, day: Book, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function, over the day's counters."""
    here = Loop(shop)
    app = ledger_fixture.load("monitor", here.env("monitor") | {"FAIRLEAD_FUNCTION": "fairlead-predict"}, monkeypatch)
    view_reader = ViewReader(day, shop.registry)
    monkeypatch.setattr(app.ticker, "_view_reader", view_reader)
    monkeypatch.setattr(app.ticker, "_live", lambda: ("penguins", 2))
    return app


def test_the_function_writes_gauges_and_a_line_with_the_detail(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monitor: ModuleType
) -> None:
    event = EVENT | {"time": datetime.fromtimestamp(NOON / 1000, UTC).isoformat()}
    assert monitor.handler(event, running()) == {"versions": 2, "put_again": 0}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    sets = {frozenset(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) for line in metrics}
    assert sets == {frozenset({"service"}), frozenset({"service", "model", "version"})}
    [live] = [line for line in metrics if "model" not in line and "Quality" in line]
    assert live["service"] == "monitor"
    assert live["QualityDrop"] > 0
    logged = {vars(line)["version"]: vars(line) for line in caplog.records if line.getMessage() == "monitored"}
    assert sorted(logged) == [1, 2]
    assert logged[2]["judged"]["findings"][0]["feature"] == "flipper_length_mm"


def ticked(monitor: ModuleType, capsys: pytest.CaptureFixture[str], *, minutes: float) -> bool:
    """Return whether a run so many minutes after noon writes gauges."""
    at = datetime.fromtimestamp(NOON / 1000 + minutes * 60, UTC)
    capsys.readouterr()
    monitor.handler(EVENT | {"time": at.isoformat()}, running())
    return "_aws" in capsys.readouterr().out


def test_gauges_are_written_long_enough_for_every_alarm_and_then_stop(
    monitor: ModuleType, day: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    """One call must suffice for every alarm, also for the one on missing outcomes, which take an hour here."""
    last = max(one.slot for one in day.seen()) * 900 - NOON / 1000
    assert [ticked(monitor, capsys, minutes=last / 60 + 5 * tick) for tick in range(1, 14)] == [True] * 13
    assert ticked(monitor, capsys, minutes=last / 60 + 180)
    assert not ticked(monitor, capsys, minutes=200)


def test_a_month_after_the_last_call_the_ledger_is_not_read_either(
    monitor: ModuleType, day: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    day.reads.clear()
    assert not ticked(monitor, capsys, minutes=31 * 24 * 60)
    assert not day.reads


def test_a_late_report_brings_the_gauges_back(
    monitor: ModuleType, day: Book, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not ticked(monitor, capsys, minutes=300)
    monkeypatch.setattr(day, "reported", (NOON // 1000 + 290 * 60) // 900)
    assert ticked(monitor, capsys, minutes=300)


@pytest.mark.parametrize(("looks", "minutes", "written"), [("12", 230, False), ("60", 230, True)])
def test_an_alarm_that_needs_more_looks_gets_them(
    monitor: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    looks: str, minutes: int, written: bool,
) -> None:  # fmt: skip
    here = msgspec.structs.replace(monitor.here, looks=int(looks))
    monkeypatch.setattr(monitor.ticker, "_here", here)
    assert ticked(monitor, capsys, minutes=minutes) is written


class Respond:
    """Lambda's client, which remembers what it was asked."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def invoke(self, **sent: Any) -> dict[str, Any]:
        self.sent.append(sent)
        return {"StatusCode": 202}


@pytest.fixture
def cloudwatch() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("cloudwatch", "us-east-1")


def alarm(
    cloudwatch: Any, name: str, action: str, *, state: str = "ALARM", metric: str = "QualityDrop", of: str = "monitor"
) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="Fairlead", MetricName=metric, Statistic="Maximum", Period=300,
        EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[action],
        Dimensions=[{"Name": "service", "Value": of}],
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="worse")


def ticking(
    cloudwatch: Any, live: View, monkeypatch: pytest.MonkeyPatch
) -> tuple[Ticker, list[dict[str, Any]], Callable[[int], datetime]]:
    """Return a ticker that sees one live version, its calls of Lambda, and the time of a run after the alarm."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "monitor")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Fairlead")
    here = settings.monitoring(
        {"FAIRLEAD_BUCKET": "b", "FAIRLEAD_LEDGER": "l", "FAIRLEAD_FUNCTION": "f", "FAIRLEAD_RESPOND": RESPOND}
    )
    respond, alarms = Respond(), Alarms(cloudwatch)
    ticker = Ticker(here, None, None, alarms, respond)  # type: ignore[arg-type]  # the parts that are asked
    monkeypatch.setattr(ticker, "_views", lambda *_: iter([live]))
    since = min(one.since for one in alarms.of_stack("fairlead") if one.state == "ALARM").timestamp()
    return ticker, respond.sent, lambda tick: datetime.fromtimestamp(since + 300 * tick, UTC)


def test_only_lasting_alarms_are_sent_to_respond_once_an_hour(
    cloudwatch: Any, day: Book, shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm(cloudwatch, "fairlead-quality", RESPOND)
    alarm(cloudwatch, "fairlead-drift", RESPOND, state="OK")
    alarm(cloudwatch, "fairlead-errors", "arn:aws:sns:us-east-1:123456789012:people")
    alarm(cloudwatch, "fairlead-other", f"{RESPOND}-else")
    ticker, sent, at = ticking(cloudwatch, views(day, shop)[1], monkeypatch)
    for tick in range(1, 2 * 12 + 2):
        ticker.tick(at(tick))
    assert [one["FunctionName"] for one in sent] == [RESPOND] * 2
    event = json.loads(sent[0]["Payload"])
    assert sent[0]["InvocationType"] == "Event"
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmData"]["alarmName"] == "fairlead-quality"
    assert event["alarmData"]["state"]["value"] == "ALARM"
    stated = datetime.strptime(event["alarmData"]["state"]["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(stated - at(0)) < timedelta(seconds=0.01)
    assert event["time"] > event["alarmData"]["state"]["timestamp"]
    [metric] = event["alarmData"]["configuration"]["metrics"]
    assert metric["metricStat"]["metric"] == {
        "namespace": "Fairlead", "name": "QualityDrop", "dimensions": {"service": "monitor"},
    }  # fmt: skip


def test_alarm_without_a_recent_gauge_is_no_evidence_against_the_live_release(
    cloudwatch: Any, shop: Store, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its state without data, also when another version is live than the one that put it into ALARM."""
    alarm(cloudwatch, "fairlead-errors", RESPOND, metric="Errors5xx", of="predict")
    alarm(cloudwatch, "fairlead-quality", RESPOND)
    book = Book()
    play(book, shop, published, hours=range(1), each=2)
    ticker, sent, at = ticking(cloudwatch, views(book, shop)[1], monkeypatch)
    for tick in range(1, 12 + 2):  # by the clock's grid, an hour is over at the twelfth or at the thirteenth
        ticker.tick(at(tick))
    assert [json.loads(one["Payload"])["alarmData"]["alarmName"] for one in sent] == ["fairlead-errors"]
