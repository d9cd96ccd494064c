"""The monitor's page in a real browser: no console message, no request, no overlap, and all facts of the overview."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fairlead.aws.cloudwatch_alarms import AlarmState
from fairlead.fleet import page as fleet_page
from fairlead.fleet.summary import Fleet, LiveQuality, StackSummary
from fairlead.journal.journal import Entry
from fairlead.journal.records import Record
from fairlead.model.release import Release
from fairlead.monitoring.dashboard import render
from fairlead.monitoring.overview import Overview, read_overview
from fairlead.publishing.publish import Published
from tests.browser import Browser
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import NOON
from tests.functional.monitored import Book, another, heavier, mistaken, play, stocked
from tests.functional.publishing.test_report_browser import look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AT = datetime.fromtimestamp(NOON / 1000, UTC)
HOSTILE = "<script>alert(1)</script>"
CASES = ("falling", "unlabelled", "hostile")


def release(number: int) -> Release:
    return Release(release=str(number), model="penguins", version=number, digest="", code_sha256="", modified="")


def record(number: int, hours: float, kind: Any, why: str, **facts: Any) -> Record:
    at = AT - timedelta(hours=hours)
    return Record(schema=1, number=number, previous="", at=at, mark="", kind=kind, by="user/ada", why=why, **facts)


class MemoryJournal:
    """A journal in memory."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    def history(self) -> Iterator[Entry]:
        for one in self._records:
            yield Entry(str(one.number), one)

    def standing(self) -> Any:
        live = next((one for one in self._records if one.kind == "moved"), None)
        return type("Standing", (), {"live": live})()


def standing(name: str, state: str, reason: str = "Threshold crossed") -> AlarmState:
    arn = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"
    since = AT - timedelta(hours=2)
    return AlarmState(
        name=name, arn=arn, state=state, reason=reason, since=since, actions=(), enabled=True, configuration={}
    )


@pytest.fixture(scope="module")
def overviews(s3_url: str, shelf: Store, published: Published) -> dict[str, Overview]:
    """The pages' cases: version 2 went live and got worse; no outcomes; names that are scripts."""
    store = stocked(s3_url, shelf)
    second = another(store, published)
    falling, unlabelled = Book(), Book()
    play(falling, store, published, hours=range(11, 34))
    play(falling, store, second, hours=range(6, 12), seed=1)
    play(falling, store, second, hours=range(6), changed=heavier, truth=mistaken(0.5), seed=2)
    play(unlabelled, store, published, delay=None, hours=range(24))
    journal = MemoryJournal(
        record(
            5,
            1.0,
            "decided",
            "quality or inputs changed, and there are outcomes to retrain on",
            model="penguins",
            version=2,
        ),
        record(4, 1.2, "decided", "too few outcomes are known", model="penguins", version=2),
        record(3, 11.5, "moved", "a new season", alias="live", was=release(1), now=release(2)),
    )
    alarms = (standing("fairlead-quality", "ALARM"), standing("fairlead-drift", "OK"))

    def seen(book: Book, journal: MemoryJournal, found: tuple[AlarmState, ...]) -> Overview:
        return read_overview(
            "penguins", AT, 24, registry=store.registry, ledger=book, journal=journal, alarms=found,  # type: ignore[arg-type]  # in memory
        )  # fmt: skip

    first = seen(falling, journal, alarms)
    hostile = msgspec.structs.replace(
        first,
        model=HOSTILE,
        alarms=(standing(HOSTILE, "ALARM", HOSTILE),),
        records=(Entry("1", record(1, 2, "decided", HOSTILE * 3, model="penguins")),),
    )
    return {"falling": first, "unlabelled": seen(unlabelled, MemoryJournal(), ()), "hostile": hostile}


@pytest.fixture
def opened(chromium: Browser, overviews: dict[str, Overview], tmp_path: Path) -> Any:
    def open_page(name: str, *, width: int = 1280) -> Path:
        path = tmp_path / f"{name}.html"
        path.write_text(render(overviews[name]), encoding="utf-8")
        chromium.open(path, width=width)
        return path

    return open_page


@pytest.mark.parametrize("name", CASES)
def test_a_page_opens_without_console_messages_and_requests_only_itself(
    chromium: Browser, opened: Any, name: str
) -> None:
    path = opened(name)
    assert chromium.complaints() == []
    assert {url for url in chromium.requests() if not url.startswith("data:")} == {path.as_uri()}
    assert chromium.run("document.scripts.length") == 0


@pytest.mark.parametrize("name", CASES)
def test_nothing_overlaps_and_the_page_fits_its_window(chromium: Browser, opened: Any, name: str) -> None:
    look(chromium, opened(name))


def test_a_fleet_of_long_names_fits_its_window_and_paper(chromium: Browser, tmp_path: Path) -> None:
    names = {"model": "m" * 63, "stack": f"{'s' * 17}-{'t' * 17}", "own_code": "package_of_own_code"}
    quality = LiveQuality(metric="balanced_accuracy", now=None, published=None, drop=None, said="no captured call")
    row = StackSummary(
        **names, status="CREATE_COMPLETE", fairlead="0.1.0", api_url="", version=12, since=AT, requests=123_456_789,
        error_share=0.0123, latency_ms=1234.5, idle_dollars=12.34, alarms=("previous-is-better", "live-errors"),
        quality=quality, drifted=("x" * 80, "y" * 80), broken=("z" * 80,), problems=("AccessDenied " * 9,),
    )  # fmt: skip
    path = tmp_path / "fleet.html"
    path.write_text(fleet_page.render(Fleet(region="us-east-1", at=AT, hours=24, stacks=(row,))), encoding="utf-8")
    chromium.open(path)
    look(chromium, path)


def test_dashboard_shows_a_fall_with_the_response(chromium: Browser, opened: Any) -> None:
    opened("falling")
    said = chromium.run("document.body.innerText")
    assert "1 alarm is in state ALARM" in said
    assert "worse by" in said
    assert re.search(r"; flipper_length_mm: of \d+ rows in an hour [\d]+% outside", said)
    assert "there are outcomes to retrain on" in said
    titles = chromium.run("[...document.querySelectorAll('svg title')].map(one => one.textContent)")
    assert {"Rows answered by version", "Accuracy of version 1 over time", "Accuracy of version 2 over time"} <= set(
        titles
    )
    assert "Drift of flipper_length_mm over time" in titles[:8]
    assert chromium.run("document.querySelectorAll('svg .band').length") > 24
    assert chromium.run("document.querySelectorAll('svg .interval').length") >= 2


def test_without_outcomes_the_page_has_a_note_and_draws_no_quality(chromium: Browser, opened: Any) -> None:
    opened("unlabelled")
    assert "too few outcomes" in chromium.run("document.body.innerText")
    assert chromium.run("document.querySelectorAll('svg .interval').length") == 0
    assert "No problem found" in chromium.run("document.body.innerText")


def test_names_that_are_scripts_stay_text(chromium: Browser, opened: Any) -> None:
    opened("hostile")
    assert HOSTILE in chromium.run("document.body.innerText")
