"""The console in a real Chromium: no serious fault by axe-core, no console message, no overflow, usable by keyboard."""

import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fairlead.publishing.publish import Published
from fairlead.settings import Operator
from fairlead_cli.console.pages import actions
from tests.browser import Browser
from tests.functional.cli.conftest import monitored_stack
from tests.functional.cli.console.consoles import Asked, AtRelease2, running, second_version
from tests.functional.ledger_fixture import Loop
from tests.functional.monitored import stocked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "",
    "stacks/{stack}",
    "{model}",
    "{model}/compare?a=1&b=2",
    "{model}/timeline",
    "{model}/decisions",
    "{model}/monitor?hours=3",
    "{model}/rollback",
    "{model}/versions/1",
    "{model}/versions/2/release",
    "{model}/versions/1/report",
    "{model}/versions/1/api",
    "nothing",
)
SERIOUS = {"serious", "critical"}
WAIT = 60
"""Seconds; a page waits for nothing but its own script."""


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script, from the package that carries it; the package itself is not imported."""
    found = find_spec("axe_playwright_python")
    assert found
    assert found.origin
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stack(s3_url: str, here: Loop, published: Published) -> Iterator[str]:
    """A stack at release 2, whose model has two versions."""
    store = stocked(s3_url, here.store)
    second_version(store, published)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlead.aws.lambda_function.PredictFunction", AtRelease2)
        patch.setattr("fairlead.fleet.listing.PredictFunction", AtRelease2)
        function = AtRelease2(None, "")
        patch.setattr(actions, "_way_back", lambda _: (function.named("live"), function.named("previous")))
        yield monitored_stack(store, here.table, patch)


@pytest.fixture(scope="module")
def console(stack: str) -> Iterator[Asked]:
    with running(Operator(stack=stack), actions=True) as found:
        yield found


@pytest.fixture
def address(console: Asked, stack: str) -> Any:
    def of(page: str) -> str:
        return console.url + page.format(stack=stack, model=f"stacks/{stack}/models/penguins")

    return of


def faults(chromium: Browser, axe: str) -> list[Any]:
    """Return what axe-core finds wrong in the page, with the elements."""
    chromium.ask("Runtime.evaluate", expression=axe)
    examined = chromium.ask(
        "Runtime.evaluate", expression="axe.run().then(JSON.stringify)", awaitPromise=True, returnByValue=True
    )
    found = json.loads(examined["result"]["value"])
    assert len(found["passes"]) > 10
    return [
        (one["impact"], one["id"], [node["html"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["wide, light", "narrow, dark"])
def test_a_page_has_no_serious_fault_fits_its_window_and_loads_nothing_from_elsewhere(
    chromium: Browser, axe: str, console: Asked, address: Any, page: str, width: int, dark: bool
) -> None:
    chromium.open(address(page), width=width, dark=dark)

    assert faults(chromium, axe) == []
    assert chromium.run("document.documentElement.scrollWidth") <= width
    asked = [one for one in chromium.requests() if not one.startswith("data:")]
    assert [one for one in asked if not one.startswith(console.url)] == []
    if page != "nothing":  # the browser logs a 404
        assert chromium.complaints() == []


def test_axe_finds_a_planted_fault(chromium: Browser, axe: str, address: Any) -> None:
    chromium.open(address("{model}"))
    chromium.run("document.querySelector('button').textContent = ''")
    assert [one for _, one, _ in faults(chromium, axe)] == ["button-name"]


def press(chromium: Browser, key: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        chromium.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)


def focused(chromium: Browser) -> str:
    return str(chromium.run("document.activeElement.textContent || document.activeElement.getAttribute('aria-label')"))


def test_versions_are_compared_by_keyboard_alone(chromium: Browser, address: Any) -> None:
    chromium.open(address("{model}"))
    press(chromium, "Tab", 9)
    assert focused(chromium) == "Skip to the content"
    press(chromium, "Enter", 13, "\r")

    seen = []
    while "Compare the two" not in seen:
        press(chromium, "Tab", 9)
        seen.append(focused(chromium))
        assert chromium.run("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert len(seen) < 30, seen
    assert {"version 2", "version 1", "compare version 1", "with version 2"} <= set(seen)

    chromium.events.clear()
    press(chromium, "Enter", 13, "\r")
    chromium.loaded()
    assert chromium.run("document.querySelector('h1').textContent") == "Version 1 and version 2"


def test_the_form_of_an_action_is_sent_by_the_browser_and_refused_without_its_confirmation(
    chromium: Browser, address: Any
) -> None:
    """Origin and Sec-Fetch-Site are those that a real browser sends."""
    chromium.open(address("{model}/versions/2/release"))
    chromium.run("document.getElementById('confirm').value = 'penguins 1'")
    chromium.events.clear()
    chromium.run("document.querySelector('form button').click()")
    chromium.loaded()

    assert "'penguins 1' is not penguins 2: nothing was done." in chromium.run("document.body.innerText")


def test_a_page_of_another_origin_cannot_send_the_form(chromium: Browser, address: Any, tmp_path: Path) -> None:
    """This holds even if the page knows the token."""
    path = tmp_path / "evil.html"
    path.write_text(f'<form method="post" action="{address("{model}/versions/2/release")}"></form>')
    chromium.open(path)
    chromium.events.clear()
    chromium.run("document.forms[0].submit()")
    chromium.loaded()

    assert "a page that is not the console's" in chromium.run("document.body.innerText")


def test_a_live_page_refreshes_itself_until_it_is_paused(chromium: Browser, address: Any) -> None:
    chromium.open(address("{model}/decisions"))
    assert chromium.run("document.getElementById('refresh').hidden") is False
    chromium.run("document.querySelector('details').open = true; document.getElementById('content').dataset.old = 1")

    chromium.ask("Runtime.evaluate", expression="refresh()", awaitPromise=True)
    assert chromium.run("document.getElementById('content').dataset.old") is None
    assert chromium.run("document.querySelector('details').open") is True

    chromium.run("document.getElementById('content').dataset.old = 1; document.getElementById('pause').click()")
    chromium.ask("Runtime.evaluate", expression="refresh()", awaitPromise=True)
    assert chromium.run("document.getElementById('content').dataset.old") == "1"
    assert "Paused." in chromium.run("document.getElementById('refresh').textContent")

    chromium.run("document.getElementById('pause').click(); document.querySelector('summary').focus()")
    chromium.ask("Runtime.evaluate", expression="refresh()", awaitPromise=True)
    assert chromium.run("document.getElementById('content').dataset.old") == "1"
    assert "Waits while you use the page." in chromium.run("document.getElementById('refresh').textContent")


def test_the_document_is_drawn_in_an_origin_of_its_own(chromium: Browser, address: Any) -> None:
    chromium.open(address("{model}/versions/1/api.html"))
    ends = time.monotonic() + WAIT
    while "/versions/1/predict" not in chromium.run("document.body.innerText"):
        assert time.monotonic() < ends
        time.sleep(0.1)

    assert chromium.run("window.origin") == "null"


def test_a_report_that_holds_a_script_runs_nothing(
    chromium: Browser, console: Asked, address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = (
        b"<!doctype html><title>kept</title><script>document.title='owned'</script><form><button>x</button></form>"
    )
    monkeypatch.setattr("fairlead.registry.store.Reading.blob", lambda *_: planted)

    chromium.open(address("{model}/versions/1/report.html"))

    assert chromium.run("document.title") == "kept"
    assert chromium.run("window.origin") == "null"
