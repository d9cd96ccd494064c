"""A request's log line, which is also its metrics."""

import json
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store
from tests.functional.serving.invocations import ask, invoke, records, rows


def test_a_request_leaves_one_log_line_which_is_its_metrics(app: ModuleType) -> None:
    strange = {**rows()[0], "bill_length_mm": 9999.0, "island": "Atlantis"}
    ask(app, rows()[0], strange)
    others, [line] = records(app.printed.getvalue())
    assert others == []
    assert (line["message"], line["level"], line["status"]) == ("request answered", "INFO", 200)
    assert (line["route"], line["requestId"]) == ("POST /predict", context().aws_request_id)
    assert (line["model"], line["version"]) == ("penguins", "1")
    assert (line["Rows"], line["OutOfRangeShare"]) == (2, pytest.approx(2 / 14))
    assert abs(datetime.fromisoformat(line["timestamp"]).timestamp() * 1000 - line["_aws"]["Timestamp"]) < 1
    assert "9999" not in json.dumps(line)
    assert "Atlantis" not in json.dumps(line)
    assert not {"Errors4xx", "Errors5xx"} & set(line)


def test_the_first_request_of_a_process_is_a_cold_start(app: ModuleType) -> None:
    for _ in range(2):
        invoke(app, event("predict"))
    _, documents = records(app.printed.getvalue())
    assert [document.get("ColdStart") for document in documents] == [1, None]


def by_dimensions(document: dict[str, Any]) -> dict[tuple[str, ...], set[str]]:
    """Return the names of one EMF document's metrics, by their dimensions."""
    found: dict[tuple[str, ...], set[str]] = {}
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            names = found.setdefault(tuple(sorted(dimensions)), set())
            names.update(metric["Name"] for metric in directive["Metrics"])
    return found


def test_a_release_is_judged_by_few_metrics_of_its_own(app: ModuleType) -> None:
    """Canary alarms see one release, whatever it holds; all else exists by model and version only."""
    for _ in range(2):
        invoke(app, event("predict"))
    _, [_, document] = records(app.printed.getvalue())
    assert (document["service"], document["release"]) == ("predict", "7")
    assert by_dimensions(document) == {
        ("model", "service", "version"): {"Requests", "Latency", "Rows", "OutOfRangeShare"},
        ("release", "service"): {"Requests", "Latency"},
        ("service",): {"Requests", "Latency"},  # of live, whatever it is: the alarms that always watch
    }
    assert {directive["Namespace"] for directive in document["_aws"]["CloudWatchMetrics"]} == {"Fairlead"}


def test_a_releases_own_failures_are_counted_by_release(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.endpoint, "version", lambda _: 1 / 0)
    assert invoke(app, event("predict"))[0] == 500
    _, [*_, document] = records(app.printed.getvalue())
    assert by_dimensions(document)["release", "service"] == {"Requests", "Errors5xx"}
    assert document["Errors5xx"] == 1


@pytest.mark.parametrize("called", ["7", "previous", "$LATEST"])
@pytest.mark.parametrize("name", ["predict", "health"])
def test_a_call_that_did_not_come_by_live_judges_no_release(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, called: str, name: str
) -> None:
    """Probes, the hook and shadows call a version by its number; their failures are not failures of live."""
    invoke(app, event(name), called=called)
    monkeypatch.setattr(app.endpoint, "model", lambda: 1 / 0)
    assert invoke(app, event(name), called=called)[0] == 500
    _, documents = records(app.printed.getvalue())
    answered = [document for document in documents if "Requests" in document]
    assert [list(by_dimensions(document)) for document in answered] == [[("model", "service", "version")]] * 2


def test_a_call_is_judged_by_itself_whatever_the_call_before_was(app: ModuleType) -> None:
    for called in ("live", "7", "live"):
        invoke(app, event("predict"), called=called)
    _, documents = records(app.printed.getvalue())
    answered = [document for document in documents if "Requests" in document]
    assert [("service",) in by_dimensions(document) for document in answered] == [True, False, True]


def test_callers_mistakes_do_not_count_against_a_release(app: ModuleType) -> None:
    """They are calls, and neither errors nor latencies of the release: a refused body of 6 MB takes a second."""
    invoke(app, event("predict", body="{"))
    _, [*_, document] = records(app.printed.getvalue())
    assert by_dimensions(document)["release", "service"] == {"Requests"}


def test_where_lambda_names_no_release_there_are_no_metrics_by_release(
    load_app: Load, shelf: Store, published: Published
) -> None:
    env = shelf.released(published)
    del env["AWS_LAMBDA_FUNCTION_VERSION"]
    app = load_app(env)
    invoke(app, event("predict"))
    _, [*_, document] = records(app.printed.getvalue())
    assert list(by_dimensions(document)) == [("model", "service", "version")]


def test_metrics_are_of_one_request_each(app: ModuleType) -> None:
    """Figures of a request never leak into the next one's document."""
    for name in ("predict", "predict_not_json", "predict"):
        invoke(app, event(name))
    _, documents = records(app.printed.getvalue())
    requests = [document for document in documents if "Requests" in document]
    assert [document["Requests"] for document in requests] == [1, 1, 1]
    assert [document["version"] for document in requests] == ["1", "1", "1"]
    assert ["Errors4xx" in document for document in requests] == [False, True, False]


def test_a_refused_request_is_counted_as_the_callers(app: ModuleType) -> None:
    invoke(app, event("predict", body="{"))
    _, [line] = records(app.printed.getvalue())
    assert (line["status"], line["code"], line["Errors4xx"]) == (400, "not_json", 1)
