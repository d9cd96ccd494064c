"""Releases and rollbacks from the console: only when allowed, only what the form names, only while live is as seen."""

import html
import re
from collections.abc import Mapping

import pytest

from fairlead.settings import Operator
from fairlead_cli.console.app import Console
from fairlead_cli.console.messages import Request
from tests.functional.command_line import fairlead
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.strict_lambda import StrictLambda

pytestmark = pytest.mark.usefixtures("commands")
MODEL = "stacks/fairlead/models/churn"


def ask(path: str, form: Mapping[str, str] | None = None, *, actions: bool = True) -> tuple[int, str]:
    """Send a console a request of its page, about the model or, with a slash, a path; return status and text."""
    console = Console(Operator(), token="t", port=1, actions=actions)
    headers = {"Host": "127.0.0.1:1"} | ({"Origin": "http://127.0.0.1:1"} if form is not None else {})
    method = "GET" if form is None else "POST"
    where = path if path.startswith("/") else f"/{MODEL}/{path}"
    answer = console.answer(Request(method, f"/t{where}", {}, headers, form or {}))
    return answer.status, html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.body.decode())))


def hidden(path: str) -> dict[str, str]:
    """Return the hidden fields of a form's page."""
    console = Console(Operator(), token="t", port=1, actions=True)
    page = console.answer(Request("GET", f"/t/{MODEL}/{path}", {}, {"Host": "127.0.0.1:1"}, {})).body.decode()
    fields = [dict(re.findall(r'(\w+)="([^"]*)"', one)) for one in re.findall(r"<input[^>]*>", page)]
    return {one["name"]: one["value"] for one in fields if one["type"] == "hidden"}


def live() -> str:
    return str(fairlead("status").stdout)


def test_a_confirmed_version_is_released_with_its_strategy_and_reason() -> None:
    assert fairlead("release", "churn", 1).exit_code == 0
    fields = hidden("versions/3/release")

    status, said = ask(
        "versions/3/release", {**fields, "confirm": "churn 3", "reason": "better", "strategy": "canary-10-5m"}
    )

    assert (status, fields) == (200, {"seen": "2"})
    moving = r"live goes from release 2 \(churn version 1\) to release 3 \(churn version 3\), canary-10-5m"
    assert re.search(rf"Deployment d-\S+: {moving}", said)
    shown = fairlead("history", "churn").stdout
    assert "better" in shown
    assert "churn@3" in shown


@pytest.mark.parametrize("typed", ["", "churn", "churn 2", "3", "penguins 3", "Churn 3"])
def test_without_the_right_confirmation_nothing_is_released(lambda_: StrictLambda, typed: str) -> None:
    assert fairlead("release", "churn", 1).exit_code == 0
    fields, before = hidden("versions/3/release"), len(lambda_.calls)

    status, said = ask("versions/3/release", {**fields, "confirm": typed})

    assert (status, "is not churn 3: nothing was done" in said) == (200, True)
    assert "UpdateFunctionConfiguration" not in lambda_.calls[before:]
    assert "churn version 1" in live()


@pytest.mark.parametrize("pinned", [{}, {"seen": ""}, {"seen": "1"}])
def test_a_form_of_an_earlier_live_release_is_refused(pinned: dict[str, str]) -> None:
    for version in (1, 2):
        assert fairlead("release", "churn", version).exit_code == 0

    released, said = ask("versions/3/release", {**pinned, "confirm": "churn 3"})
    rolled, also = ask("rollback", {**pinned, "to": "2", "confirm": "churn 1"})

    assert (released, rolled) == (409, 409)
    assert "live is release 3 (churn version 2), no longer release" in said
    assert "it would go from release 3 (churn version 2) to release 2 (churn version 1)" in also
    assert "churn version 2" in live()


def test_a_confirmed_rollback_goes_to_the_release_that_the_form_names() -> None:
    for version in (1, 2):
        assert fairlead("release", "churn", version).exit_code == 0
    fields = hidden("rollback")
    shown = ask("rollback")[1]

    wrong = ask("rollback", {**fields, "confirm": "churn 2"})[1]
    status, said = ask("rollback", {**fields, "confirm": "churn 1", "reason": "worse"})

    assert fields == {"seen": "3", "to": "2"}
    assert "Live goes from release 3 (churn version 2) to release 2 (churn version 1), at once" in shown
    assert "'churn 2' is not churn 1: nothing was done" in wrong
    assert (status, "Live is release 2 (churn version 1), was release 3 (churn version 2)." in said) == (200, True)
    assert "worse" in fairlead("history", "churn").stdout
    assert "the previous release is live: fairlead rollback --to names another" in ask("/stacks/fairlead")[1]


def test_a_rollback_during_a_deployment_stops_it(deploys: FakeDeploys) -> None:
    assert fairlead("release", "churn", 1).exit_code == 0
    deploys.eager, deploys.hold = False, "done"
    assert fairlead("release", "churn", 2).exit_code == 0
    fields = hidden("rollback")

    status, said = ask("rollback", {**fields, "confirm": "churn 1"})

    assert fields == {"seen": "3", "to": "2"}
    assert status == 200
    assert "Live is release 2 (churn version 1), was release 3 (churn version 2)." in said
    assert deploys.last.info["status"] == "Stopped"


def test_a_rollback_without_a_target_is_refused_with_the_command() -> None:
    assert fairlead("release", "churn", 1).exit_code == 0

    status, said = ask("rollback")

    assert status == 409
    assert "no rollback of churn is possible here" in said
    assert "fairlead rollback churn --to VERSION" in said


def test_another_model_is_replaced_only_if_the_form_allows_it() -> None:
    assert fairlead("release", "penguins", 1).exit_code == 0
    fields = hidden("versions/1/release")

    refused = ask("versions/1/release", {**fields, "confirm": "churn 1"})
    shown = ask("versions/1/release")[1]
    command = ask("versions/1", actions=False)[1]
    done = ask("versions/1/release", {**fields, "confirm": "churn 1", "switch": "on"})

    assert "Replace the live model penguins at once" in shown
    assert "To release it: fairlead release churn 1 --switch-model --stack fairlead" in command
    assert refused[0] == 409
    assert (done[0], "all-at-once" in done[1]) == (200, True)


def test_an_unknown_version_has_no_form() -> None:
    status, said = ask("versions/9/release")
    assert (status, "model 'churn' has no version 9" in said) == (404, True)
