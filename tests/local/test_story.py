"""The demo's story in its parts: the traffic it plans, what it tells, whom it steps aside for, and its page."""

import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from fairlead.aws.cloudwatch_alarms import AlarmState
from fairlead.drift import Broken, Judgement
from fairlead.drift.judgement import DriftFinding
from fairlead.errors import CallError
from fairlead.journal.journal import Entry, Journal
from fairlead.journal.records import CODEDEPLOY, Draft, Record
from fairlead.model.manifest import Metric
from fairlead.model.release import Release
from fairlead.monitoring.dashboard import render
from fairlead.monitoring.history import Course
from fairlead.monitoring.overview import Overview
from fairlead.monitoring.views import Labels, Quality, View
from fairlead_local.demo import traffic
from fairlead_local.demo.banner import banner
from fairlead_local.demo.changes import Changes
from fairlead_local.demo.log import Line, Log
from fairlead_local.demo.page import Page
from fairlead_local.demo.script import Script
from fairlead_local.demo.takeover import Takeover
from fairlead_local.demo.traffic import CHANGE, LENGTHS, ROWS, TARGET, TEAMS, Traffic, penguins
from testkit.memory import Memory

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PUBLISHED = Metric(value=0.99, low=0.95, high=1.0)
RELEASE = Release(release="3", model="penguins", version=2, digest="", code_sha256="", modified="")
PERSON = "arn:aws:iam::123456789012:user/admin"
ROLE = "arn:aws:sts::123456789012:assumed-role/fairlead-respond/session"

pytestmark = pytest.mark.xdist_group("story")


# Traffic.


def test_the_same_traffic_comes_every_time_and_deals_each_penguin_before_any_comes_again() -> None:
    rounds = len(penguins()) // (TEAMS * ROWS)
    one, other = Traffic(penguins()), Traffic(penguins())
    request = [found for number in range(rounds) for found in one.round(number)]

    assert request == [found for number in range(rounds) for found in other.round(number)]
    dealt = Counter(species for found in request for species in found.truth)
    there = Counter(row[TARGET] for row in penguins())
    assert all(there[species] - TEAMS * ROWS < dealt[species] <= there[species] for species in there)


def test_lengths_come_in_centimetres_from_the_change_on_and_nothing_else_does() -> None:
    found = Traffic(penguins())
    rounds = [[row for request in found.round(number) for row in request.rows] for number in range(2 * CHANGE)]
    before, after = ([row for some in part for row in some] for part in (rounds[:CHANGE], rounds[CHANGE:]))

    def mean(rows: list[dict[str, Any]], name: str) -> float:
        values = [row[name] for row in rows if row[name] is not None]
        return float(sum(values) / len(values))

    for name in LENGTHS:
        assert mean(after, name) == pytest.approx(mean(before, name) / 10, rel=0.1)
    assert mean(after, "body_mass_g") == pytest.approx(mean(before, "body_mass_g"), rel=0.1)
    assert all(TARGET not in row for row in before + after)
    assert any(None in row.values() for row in before + after), "missing values stay missing"


# Lines of the log.


def view(
    version: int,
    *,
    now: Metric | None = None,
    drop: float | None = None,
    drifted: tuple[str, ...] = (),
    broken: tuple[str, ...] = (),
) -> View:
    findings = tuple(
        DriftFinding(
            feature=name, of="input", verdict="drift", psi=3.9, p=0.0, rows=100, effective_rows=90.0,
            missing_before=0.0, missing=0.0, unseen_before=None, unseen=None, out_of_range=1.0, importance=0.5,
            rank=rank, words="",
        )
        for rank, name in enumerate(drifted, 1)
    )  # fmt: skip
    return View(
        model="penguins", version=version, live=True, at=AT, hours=8,
        judged=Judgement(drift=bool(drifted), enough=True, rows=100, requests=50, findings=findings),
        broken=tuple(
            Broken(feature=name, rows=40, strange=1.0, strange_before=0.0, words="of 40 rows all outside")
            for name in broken
        ),
        labels=Labels(predictions=100, outcomes=90, invalid=0, conflicts=0, coverage=0.9, delay_hours=6),
        quality=Quality(
            metric="accuracy", published=PUBLISHED, now=now, drop=drop, outcomes=90, effective_outcomes=80.0,
            since=AT - timedelta(hours=8), until=AT, figures={},
        ),
        estimate=None,
    )  # fmt: skip


def overview(*views: View, alarms: dict[str, str] | None = None, records: tuple[Record, ...] = ()) -> Overview:
    standing = tuple(
        AlarmState(
            name=name, arn="", state=state, reason="", since=AT, actions=(), enabled=True, configuration={}
        )
        for name, state in (alarms or {}).items()
    )  # fmt: skip
    entries = tuple(Entry(str(one.number), one) for one in records)
    course = Course(start=AT, end=AT, step_minutes=15, span_hours=2.0, lines=())
    return Overview(
        model="penguins", at=AT, hours=8, live=1, views=views, alarms=standing, records=entries, course=course
    )


def record(number: int, kind: Any, **facts: Any) -> Record:
    return Record(schema=1, number=number, previous="", at=AT, mark="", kind=kind, by=ROLE, **facts)


def test_every_event_is_logged_once_and_cause_comes_before_effect() -> None:
    before = record(4, "moved", alias="live", now=RELEASE)
    changes = Changes(overview(alarms={"fairlead-monitor-silent": "ALARM"}, records=(before,)))
    good, fallen = Metric(value=0.98, low=0.9, high=1.0), Metric(value=0.7, low=0.6, high=0.8)
    decided = record(5, "decided", why="fairlead-quality: retrain, because the world moved")
    again = record(6, "decided", why="fairlead-quality: retrain, because the world moved")

    assert changes.of(overview(view(1, now=good, broken=("bill_length_mm", "flipper_length_mm")))) == [
        "broken input of version 1: bill_length_mm, of 40 rows all outside; also flipper_length_mm",
        "accuracy of version 1: 0.98 (0.9 to 1), published 0.99",
    ]
    worse = overview(
        view(1, now=fallen, drop=0.1, drifted=("bill_length_mm",)),
        alarms={"fairlead-quality": "ALARM", "fairlead-errors": "OK", "fairlead-monitor-silent": "OK"},
        records=(decided, before),
    )
    assert changes.of(worse) == [
        "drift in inputs or predictions of version 1: bill_length_mm (PSI 3.9)",
        "accuracy of version 1: 0.7 (0.6 to 0.8): significantly worse than published",
        "alarm fairlead-quality is in ALARM",
        "decision about fairlead-quality: retrain, because the world moved",
    ]
    moved = record(7, "moved", alias="live", now=RELEASE)
    after = overview(view(2), alarms={"fairlead-quality": "OK"}, records=(moved, again, decided))
    assert changes.of(after) == ["alarm fairlead-quality is OK", "live is release 3 (penguins version 2)"]
    assert changes.of(after) == []


# Operators that stop the demo.


def test_a_users_moves_are_distinguished_from_the_stacks_and_the_demos() -> None:
    journal = Journal(Memory(), "fairlead")
    journal.append(Draft(kind="intended", by=PERSON, now=RELEASE))
    takeover = Takeover(journal)
    journal.append(Draft(kind="moved", alias="live", by=CODEDEPLOY, now=RELEASE))
    journal.append(Draft(kind="decided", by=ROLE, why="nothing"))
    assert takeover.others() is None

    journal.append(Draft(kind="intended", by=PERSON, now=RELEASE))
    takeover.mine()
    assert takeover.others() is None

    journal.append(Draft(kind="moved", alias="live", by=PERSON, now=RELEASE))
    found = takeover.others()
    assert found
    assert (found.kind, found.by) == ("moved", PERSON)


class Cloud:
    """A clock."""

    def __init__(self, left: float) -> None:
        import time

        self._time = time.time
        self._behind = left

    def now(self) -> float:
        return self._time() - self._behind

    def advance(self, seconds: float) -> float:
        self._behind -= seconds
        return self.now()


class Observer:
    """The observed state never changes, and nothing is retrained."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.registry = self

    def latest(self, _: str) -> int:
        return 1

    def now(self) -> datetime:
        return AT

    def journal(self) -> Journal:
        return self._journal

    def overview(self) -> Overview:
        return overview()

    def retrained(self, _: int) -> None:
        return None


class Callers:
    def __init__(self) -> None:
        self.rounds: list[int] = []
        self.on_round: dict[int, Any] = {}

    def ask(self, number: int, requests: list[traffic.TeamRequest]) -> None:
        assert len(requests) == TEAMS
        self.rounds.append(number)
        self.on_round.get(number, lambda: None)()

    def report(self, number: int) -> None:
        assert number == len(self.rounds)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead_local.demo.script.PACE", 1e9)


def script(journal: Journal, callers: Callers, *, rounds: float) -> tuple[Script, Log, Cloud]:
    cloud, log = Cloud(rounds * traffic.STEP + 1), Log()
    return Script(cloud, Observer(journal), callers, log, model="penguins"), log, cloud  # type: ignore[arg-type]  # fakes


@pytest.mark.usefixtures("quick")
def test_the_story_ends_when_the_clock_has_caught_up() -> None:
    callers = Callers()
    played, log, cloud = script(Journal(Memory(), "fairlead"), callers, rounds=CHANGE + 2)
    played.play()
    played.catch_up()

    assert callers.rounds == list(range(CHANGE + 2))
    assert len(log.lines) == 2, "how it opens, and the change"
    assert abs(cloud._behind) <= 1


@pytest.mark.usefixtures("quick")
def test_the_demo_stops_its_calls_once_a_user_moves_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    journal, callers = Journal(Memory(), "fairlead"), Callers()
    callers.on_round[3] = lambda: journal.append(Draft(kind="intended", by=PERSON, now=RELEASE))
    played, log, cloud = script(journal, callers, rounds=30)
    played.play()

    assert callers.rounds == [0, 1, 2, 3]
    said = "an operator moves releases (intended release 3 (penguins version 2)): the demo stops here"
    assert log.lines[-1].text == said
    assert said in capsys.readouterr().out

    played.catch_up()
    assert callers.rounds == [0, 1, 2, 3], "callers are silent"
    assert cloud._behind <= 1


@pytest.mark.usefixtures("quick")
def test_a_failure_ends_it_with_its_reason() -> None:
    def fail() -> None:
        raise CallError("POST /predict answered 403: no right")

    callers = Callers()
    callers.on_round[1] = fail
    played, log, _ = script(Journal(Memory(), "fairlead"), callers, rounds=30)
    played.play()

    assert log.lines[-1].text == "the demo stops here: POST /predict answered 403: no right"


# Its page.


def got(url: str) -> tuple[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
        return answer.read().decode(), answer.headers


@pytest.fixture
def drawn() -> Iterator[tuple[Page, list[str]]]:
    texts: list[str] = ["first"]
    with Page(texts.pop, 0) as page:
        yield page, texts


def test_the_page_is_served_to_be_asked_for_again_and_outlives_a_cloud_that_fails(
    drawn: tuple[Page, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = drawn
    text, headers = got(page.url)
    assert (text, headers["Refresh"], headers["Cache-Control"]) == ("first", "3", "no-store")
    monkeypatch.setattr("fairlead_local.demo.page.EVERY", 0)  # no event is new
    assert got(page.url)[0] == "first", "drawing failed: there is nothing to pop"
    with pytest.raises(HTTPError, match="404"):
        got(f"{page.url}elsewhere")


def test_a_page_whose_port_is_taken_finds_another(drawn: tuple[Page, list[str]]) -> None:
    taken = int(drawn[0].url.rstrip("/").rpartition(":")[2])
    with Page(lambda: "second", taken) as other:
        assert other.url != drawn[0].url
        assert got(other.url)[0] == "second"


def test_the_demo_log_is_above_the_monitors_page_newest_first() -> None:
    lines = [Line(AT, "it begins"), Line(AT + timedelta(minutes=5), "<b>it goes on</b>")]
    page = render(overview(), above=banner(lines, AT, "fast"))

    assert page.index("&lt;b&gt;it goes on") < page.index("it begins") < page.index("<h1>penguins</h1>")
    assert "12:05" in page
