"""fairlead monitor over a stack, a ledger, a journal and alarms on moto: the real ways between them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner, Result

from fairlead_cli.main import app
from tests.functional.ledger_fixture import Loop

MINUTE = 60_000


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_terminal_says_how_the_live_version_does(stack: str) -> None:
    done = fairlead("monitor", "penguins", "--hours", 3, "--stack", stack)
    assert done.exit_code == 0, done.output
    for said in ("1 live", "144", "72", "50%", "accuracy", "no evidence that it is worse", "drift of version 1"):
        assert said in done.stdout
    assert f"{stack}-label-coverage" in done.stdout
    assert "too few outcomes are known" in done.stdout
    assert re.search(r"moved live +r2 penguins@1 +the first one", done.stdout)
    assert "bill_length_mm" in done.stdout


def test_json_holds_all_of_it_and_html_is_a_page(stack: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = fairlead("monitor", "penguins", "--hours", 3, "--stack", stack, "--json", "--html", page)
    said = json.loads(done.stdout)
    [view] = said["views"]
    assert (said["live"], view["version"], view["live"]) == (1, 1, True)
    assert view["labels"]["predictions"] == 144
    assert view["quality"]["figures"]["accuracy"]["value"] > 0.9
    assert [record["kind"] for record in said["records"]] == ["decided", "moved"]
    assert datetime.fromisoformat(said["at"]) <= datetime.now(UTC)
    assert page.read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_one_json_document(stack: str, tmp_path: Path) -> None:
    page = tmp_path / "no folder" / "page.html"
    done = fairlead("monitor", "penguins", "--hours", 3, "--stack", stack, "--json", "--html", page)
    assert done.exit_code == 2
    assert list(json.loads(done.stdout)) == ["error"]


def test_monitor_without_requests_exits_with_0_and_of_an_unknown_model_is_refused(stack: str, here: Loop) -> None:
    quiet = fairlead("monitor", "penguins", "--hours", 1, "--stack", stack)
    assert quiet.exit_code == 0
    done = fairlead("monitor", "whales", "--stack", stack)
    assert done.exit_code != 0
    assert "no model 'whales'" in done.stderr


def test_a_notebook_gets_the_same_overview_and_shows_its_page(stack: str) -> None:
    from fairlead.notebook.verbs import monitor

    overview = monitor("penguins", hours=3, stack=stack)

    assert [view.version for view in overview.views] == [1]
    page = overview._repr_html_()
    assert page.startswith("<iframe srcdoc=")
    assert "penguins: monitor" in page
    assert '"' not in page.split('"')[1], "the page cannot leave its attribute"
