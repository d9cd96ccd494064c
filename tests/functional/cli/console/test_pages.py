"""The console's pages over HTTP: their contents, errors, and no action without the option."""

import re

import pytest

from fairlead.errors import NotFoundError, StorageError
from tests.functional.cli.console.consoles import HOSTILE, TOKEN, Asked, said


def test_the_fleet_leads_to_the_stack_and_the_stack_to_its_model(console: Asked, name: str, model: str) -> None:
    fleet, stack = console.page(""), console.page(f"stacks/{name}")

    assert f'href="/{TOKEN}/stacks/{name}"' in fleet
    assert "penguins 1" in said(fleet)
    assert f'href="/{TOKEN}/{model}"' in stack
    assert "Live penguins 1 release 2" in said(stack)
    assert f"{name}-label-coverage ALARM" in said(stack)


def test_without_the_right_to_list_stacks_the_first_page_leads_to_the_commands_own(
    console: Asked, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policies of a stack grant its description alone."""

    def refuse(_: object) -> None:
        raise StorageError("could not list the stacks", hint="your role needs this `permission`")

    monkeypatch.setattr("fairlead.aws.stack.every", refuse)
    page = console.page("")

    assert f'href="/{TOKEN}/stacks/{name}"' in page
    assert "could not list the stacks" in page
    assert "<code>permission</code>" in page


def test_versions_stand_side_by_side_with_their_metrics(console: Asked, model: str) -> None:
    page = console.page(model)
    text = said(page)

    assert "2 versions. Version 1 is live." in text
    assert re.search(r"version 2 .*0\.5 0\.4 to 0\.6.* version 1 live", text)
    assert re.search(r'name="a" value="1" checked', page)
    assert re.search(r'name="b" value="2" checked', page)
    assert "<script>document" not in page


def test_older_versions_are_a_page_further(console: Asked, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead_cli.console.pages.versions.SHOWN", 1)

    first, second = console.page(model), console.page(f"{model}?before=2")

    assert "1 older" in said(first)
    assert "version 1" in said(second).partition("Versions")[2]
    assert "older" not in said(second)


def test_two_versions_are_compared(console: Asked, model: str) -> None:
    text = said(console.page(f"{model}/compare?a=1&b=2"))

    assert re.search(r"Accuracy .*0\.5 0\.4 to 0\.6 .*lower", text)
    assert "Log loss" in text
    assert "intervals overlap" in text
    assert re.search(r"sex = male [\d–]+ 40 [\d.–]+ 0\.75", text)
    assert "2 differences break callers of version 1" in text
    assert "input &#x27;colony&#x27; is new and required" in text or "input 'colony' is new and required" in text
    assert "input 'year' was removed" in text.replace("&#x27;", "'")
    assert re.search(r"flipper_length_mm [\d.−]+ ", text.partition("Importance of inputs")[2])


def test_a_version_shows_its_facts_and_its_report_in_a_closed_frame(console: Asked, model: str) -> None:
    facts, page = console.page(f"{model}/versions/1"), console.page(f"{model}/versions/1/report")
    status, report, headers = console.ask(f"/{TOKEN}/{model}/versions/1/report.html")

    assert "sklearn.pipeline.Pipeline" in facts
    assert "Findings of the gate" in facts
    assert f'<iframe src="/{TOKEN}/{model}/versions/1/report.html"' in page
    assert (status, report.startswith("<!doctype html>")) == (200, True)
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_missing_report_is_an_error_of_its_page(console: Asked, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise NotFoundError("the report was deleted")

    monkeypatch.setattr("fairlead_cli.console.visit.Registry.blob", gone)
    status, body, _ = console.ask(f"/{TOKEN}/{model}/versions/1/report")

    assert (status, "the report was deleted" in body, "<iframe" in body) == (404, True, False)


def test_the_timeline_and_the_decisions_show_who_why_and_evidence(console: Asked, model: str) -> None:
    moves, decisions = said(console.page(f"{model}/timeline")), said(console.page(f"{model}/decisions"))

    assert re.search(r"Moved live r2 penguins@1 the first one [\d-]+ [\d:]+Z by user/ada · record 1", moves)
    assert "too few outcomes" not in moves
    assert re.search(r"Decided penguins@1 too few outcomes are known [\d-]+ [\d:]+Z by respond · record 2", decisions)
    assert re.search(r"alarm drift facts cause drift standing yes labelled 12 error share –", decisions)
    assert "the first one" not in decisions


def test_the_monitor_refreshes_itself_by_a_script_of_the_console(console: Asked, model: str) -> None:
    page = console.page(f"{model}/monitor?hours=3")

    assert f'<script src="/{TOKEN}/live.js" defer' in page
    assert "3 hours to" in said(page)
    assert "Outcomes known" in said(page)
    assert "unsafe-inline" not in page
    status, script, headers = console.ask(f"/{TOKEN}/live.js")
    assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "fetch(location.href" in script


def test_names_of_users_stay_text(console: Asked, model: str) -> None:
    for path in (model, f"{model}/compare?a=1&b=2", f"{model}/versions/2"):
        page = console.page(path)
        assert HOSTILE not in page
        assert "&lt;script&gt;document" in page


def test_an_error_is_a_page_with_its_hint(console: Asked, name: str, model: str) -> None:
    cases = {
        "nothing": "the console has no such page",
        "stacks/absent": "there is no stack 'absent' in this region",
        f"stacks/{name}/models/pengins": "did you mean penguins?",
        f"{model}/versions/7": "did you mean 1 or 2?",
        f"{model}/versions/0": "the console has no such page",
        f"{model}/compare?a=1": "a comparison needs two versions",
        f"{model}?before=1": "no version older than 1",
        f"stacks/{name}/models/pengins/timeline": "did you mean penguins?",
    }
    for path, expected in cases.items():
        status, body, _ = console.ask(f"/{TOKEN}/{path}")
        assert (status >= 400, "Traceback" in body) == (True, False), path
        assert expected in said(body).replace("&#x27;", "'"), path


def test_a_defect_is_a_page_that_says_how_to_report_it(
    console: Asked, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("fairlead_cli.console.pages.version.facts", fail)
    status, body, _ = console.ask(f"/{TOKEN}/{model}/versions/1")

    assert status == 500
    assert "unexpected RuntimeError: a defect" in body
    assert "fairlead --debug console" in body


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["versions/1/release", "rollback"])
def test_without_the_option_nothing_acts(console: Asked, model: str, path: str, method: str) -> None:
    ask = console.post if method == "POST" else lambda path, _: console.ask(f"/{TOKEN}/{path}")
    status, body, _ = ask(f"{model}/{path}", {"confirm": "penguins 1", "seen": "2"})

    assert status == 403
    assert "fairlead console --allow-actions" in body


def test_without_the_option_no_page_leads_to_an_action(console: Asked, model: str) -> None:
    for path in (model, f"{model}/versions/1"):
        assert not re.search(r'href="[^"]*/(release|rollback)"', console.page(path))
    assert "fairlead release penguins 1" in console.page(f"{model}/versions/1")
