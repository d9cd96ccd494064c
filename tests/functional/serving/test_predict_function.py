"""predict as Lambda runs it: real proxy events in, a real model from a real S3, answers and records out."""

import base64
import contextlib
import gzip
import json
import socket
import time
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

from fairlead.aws.s3_stdlib import ColdReader
from fairlead.model.golden import Golden
from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

Call = Callable[..., tuple[int, dict[str, Any], dict[str, Any]]]


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))


def invoke(
    app: ModuleType, proxy_event: dict[str, Any], *, called: str = "live"
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Status, body and headers of one invocation."""
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(proxy_event, context(called=called))
    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers


def rows(name: str = "predict") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(event(name)["body"])["instances"]
    return found


def ask(app: ModuleType, *instances: Any, **changes: Any) -> tuple[int, dict[str, Any], dict[str, Any]]:
    return invoke(app, event("predict", **({"body": json.dumps({"instances": instances})} | changes)))


def test_an_answer_names_the_exact_release_and_each_row(app: ModuleType, published: Published) -> None:
    status, body, headers = invoke(app, event("predict"))
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert (body["model"], body["version"], body["release"]) == ("penguins", published.manifest.version, "7")
    assert body["digest"] == f"sha256:{published.sha256}"
    ids = [prediction["id"] for prediction in body["predictions"]]
    assert len(ids) == len(set(ids)) == len(rows())
    for prediction in body["predictions"]:
        shares = prediction["probabilities"]
        assert set(shares) == {"Adelie", "Chinstrap", "Gentoo"}
        assert sum(shares.values()) == pytest.approx(1)
        assert prediction["label"] == max(shares, key=lambda name: shares[name])


def test_the_answers_are_the_estimators(app: ModuleType) -> None:
    from testkit import penguins

    _, held_out = penguins.split()
    features = held_out.drop(columns=penguins.TARGET)
    instances = json.loads(features.to_json(orient="records", double_precision=15))
    _, body, _ = ask(app, *instances)
    assert [p["label"] for p in body["predictions"]] == penguins.estimator().predict(features).tolist()
    expected = penguins.estimator().predict_proba(features)
    got = [[p["probabilities"][name] for name in penguins.estimator().classes_] for p in body["predictions"]]
    assert abs(expected - got).max() < 1e-5


def test_model_shows_the_public_part_of_the_manifest(app: ModuleType, published: Published) -> None:
    status, body, _ = invoke(app, event("model"))
    assert status == 200
    assert body["digest"] == f"sha256:{published.sha256}"
    assert [field["name"] for field in body["signature"]["inputs"]] == list(rows()[0])
    assert not {"blobs", "created_by", "recipe", "environment", "git_commit"} & set(body)


def test_health_is_ready_with_a_model(app: ModuleType) -> None:
    status, body, _ = invoke(app, event("health"))
    assert (status, body["status"], body["model"]) == (200, "ok", "penguins")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"body": "{"}, 400, "not_json"),
        ({"body": None}, 400, "not_json"),
        ({"body": ""}, 400, "not_json"),
        ({"body": "[" * 100_000}, 400, "not_json"),
        ({"body": "%%%", "isBase64Encoded": True}, 400, "not_json"),
        ({"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True}, 400, "not_json"),
        ({"body": "[]"}, 422, "invalid_instances"),
        ({"body": '{"instances": []}'}, 422, "invalid_instances"),
        ({"body": '{"instances": [{}]}'}, 422, "invalid_instances"),
        ({"body": '{"instances": [{"iland": "Dream"}]}'}, 422, "invalid_instances"),
        ({"headers": {"content-type": "text/csv"}}, 415, "unsupported_media_type"),
        ({"headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415, "unsupported_media_type"),
        ({"httpMethod": "GET"}, 404, "not_found"),
        ({"path": "/predictions"}, 404, "not_found"),
        ({"body": '{"instances": [{"\\udfff": 1}]}'}, 422, "invalid_instances"),
        ({"body": '{"instances": [{"\udfff": 1}]}'}, 422, "invalid_instances"),
        ({"body": '{"instances": [{"island": "\\ud800"}]}'}, 422, "invalid_instances"),
        ({"body": '{"\\udfff": [], "\\udfff": []}'}, 422, "invalid_instances"),
        ({"body": "\ud800"}, 400, "not_json"),
        ({"body": "\ufeff{}"}, 400, "not_json"),
        ({"body": "é", "isBase64Encoded": True}, 400, "not_json"),
        ({"body": "\ud800", "isBase64Encoded": True}, 400, "not_json"),
        ({"headers": None, "multiValueHeaders": None, "body": None}, 400, "not_json"),
        ({"headers": {"content-type": None}, "body": "{"}, 400, "not_json"),
        ({"headers": {"content-type": "\ud800"}}, 415, "unsupported_media_type"),
        ({"headers": {"content-type": "application/json; charset=iso-8859-1"}}, 415, "unsupported_media_type"),
        ({"headers": {"content-type": "application/json; charset=UTF-16"}}, 415, "unsupported_media_type"),
        ({"headers": {"Content-Encoding": "gzip"}}, 415, "unsupported_media_type"),
        ({"headers": {"content-encoding": "br, \ud800"}}, 415, "unsupported_media_type"),
        ({"path": "/\ud800"}, 404, "not_found"),
        ({"queryStringParameters": {"version": "\ud800"}}, 404, "no_such_version"),
        ({"queryStringParameters": {"version": None}}, 404, "no_such_version"),
    ],
)
def test_a_bad_request_is_a_4xx_problem(app: ModuleType, change: dict[str, Any], status: int, code: str) -> None:
    got, body, headers = invoke(app, event("predict", **change))
    assert (got, body["status"], body["code"]) == (status, status, code)
    assert headers["Content-Type"] == "application/problem+json"
    assert body["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"content-type": None},
        {"content-type": ""},
        {"CONTENT-TYPE": "application/json; charset=UTF-8"},
        {"content-type": 'application/vnd.fairlead+json;charset="utf-8"; q=1'},
        {"content-encoding": "identity"},
        {"content-encoding": None},
    ],
)
def test_json_in_any_spelling_of_the_headers_is_read(app: ModuleType, headers: dict[str, str] | None) -> None:
    assert invoke(app, event("predict", headers=headers))[0] == 200


@pytest.mark.parametrize("base", ["/ml", "/ml/penguins", "/predict", "/versions/1"])
@pytest.mark.parametrize("name", ["predict", "predict_pinned", "model", "health"])
def test_a_base_path_in_front_of_the_resource_works(app: ModuleType, name: str, base: str) -> None:
    """A custom domain's mapping stands in the event's path."""
    plain = event(name)
    assert invoke(app, {**plain, "path": f"{base}{plain['path']}"})[0] == 200
    assert invoke(app, {**plain, "path": f"{base}{plain['path']}/"})[0] == 200


def test_a_compressed_body_is_refused_by_name(app: ModuleType) -> None:
    """API Gateway hands it on broken, so it is not tried."""
    packed = gzip.compress(event("predict")["body"].encode()).decode("utf-8", "replace")
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    status, body, _ = invoke(app, event("predict", body=packed, headers=headers))
    assert (status, body["detail"]) == (415, "the body is compressed ('gzip')")
    assert "without Content-Encoding" in body["hint"]


def test_a_wrong_value_names_its_row_and_field(app: ModuleType) -> None:
    good = rows()[0]
    status, body, _ = ask(app, good, {**good, "flipper_length_mm": "long"})
    assert status == 422
    [error] = body["errors"]
    assert (error["row"], error["field"], error["got"]) == (1, "flipper_length_mm", '"long"')


def test_a_base64_body_is_read(app: ModuleType) -> None:
    plain = event("predict")
    encoded = base64.b64encode(plain["body"].encode()).decode()
    assert invoke(app, {**plain, "body": encoded, "isBase64Encoded": True})[0] == 200


def test_rows_are_bounded_by_the_size_of_their_answer(app: ModuleType) -> None:
    """10,000 rows would fit the request but not Lambda's 6 MB answer; the bound is exact enough to use."""
    bound = invoke(app, event("model"))[1]["most_rows"]
    answer = app.handler(event("predict", body=json.dumps({"instances": [rows()[0]] * bound})), context())
    assert answer["statusCode"] == 200
    assert 3_000_000 < len(json.dumps(answer)) < 6 * 1024 * 1024
    status, body, _ = ask(app, *[rows()[0]] * (bound + 1))
    assert (status, body["code"]) == (413, "too_large")


def test_a_defect_of_ours_is_a_500_that_tells_the_caller_nothing(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(app.endpoint.model(), "predict", broken)
    status, body, _ = invoke(app, event("predict"))
    assert (status, body["code"]) == (500, "internal")
    assert "secret" not in json.dumps(body)
    assert "ZeroDivisionError" in app.printed.getvalue()


def records(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Log lines and EMF documents among what was printed."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" not in line], [line for line in lines if "_aws" in line]


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
    """The names of metrics by the dimensions that they exist in, of one EMF document."""
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


def test_before_the_first_release_it_answers_503_with_when_to_come_back(load_app: Load, shelf: Store) -> None:
    app = load_app(shelf.env)
    for name in ("predict", "model", "health"):
        status, body, headers = invoke(app, event(name))
        assert (status, body["code"]) == (503, "model_unavailable")
        assert int(headers["Retry-After"]) > 0
    assert "fairlead release" in body["hint"]


def tamper(store: Store, key: str) -> None:
    stored = store.client.get_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key=key)["Body"].read()
    store.client.put_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key=key, Body=stored[:-1] + bytes([stored[-1] ^ 1]))


@pytest.mark.parametrize("name", ["manifest", "onnx", "golden"])
def test_an_edited_object_is_never_served(load_app: Load, store: Store, name: str) -> None:
    from testkit import penguins

    published = penguins.publish(store.registry)
    facts = published.manifest
    key = "models/penguins/versions/1.json" if name == "manifest" else f"blobs/sha256/{facts.blobs[name].sha256}"
    tamper(store, key)
    app = load_app(store.released(published))
    status, body, _ = invoke(app, event("predict"))
    assert (status, body["code"]) == (503, "model_unavailable")
    assert facts.blobs["onnx"].sha256 not in json.dumps(body)
    lines, documents = records(app.printed.getvalue())
    assert any(line["message"] == "model not loaded" and line["code"] == "integrity" for line in lines)
    assert any(document.get("ModelUnavailable") == 1 for document in documents)


def test_a_replaced_version_is_never_served(load_app: Load, store: Store) -> None:
    """Another valid manifest under the released number has another digest."""
    from testkit import penguins

    first, second = penguins.publish(store.registry), penguins.publish(store.registry)
    other = store.client.get_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key="models/penguins/versions/2.json")
    store.client.put_object(
        Bucket=store.env["FAIRLEAD_BUCKET"], Key="models/penguins/versions/1.json", Body=other["Body"].read()
    )
    assert second.manifest.parent
    assert second.manifest.parent.sha256 == first.sha256
    assert invoke(load_app(store.released(first)), event("predict"))[0] == 503


def test_a_failed_load_is_tried_again_on_request(load_app: Load, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from testkit import penguins

    published = penguins.publish(store.registry)
    bucket = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": "models/penguins/versions/1.json"}
    kept = store.client.get_object(**bucket)["Body"].read()
    store.client.delete_object(**bucket)
    app = load_app(store.released(published))
    status, _, headers = invoke(app, event("health"))
    assert (status, headers["Retry-After"]) == (503, "1")
    store.client.put_object(**bucket, Body=kept)
    assert invoke(app, event("health"))[0] == 503, "not before its time"
    monkeypatch.setattr(app.endpoint, "_clock", lambda: 1e12)
    assert invoke(app, event("health"))[0] == 200


def test_a_dripping_s3_is_answered_503_with_when_to_come_back(
    load_app: Load, shelf: Store, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = ColdReader.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "patience", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        app = load_app(shelf.released(published) | {"AWS_ENDPOINT_URL": url})
        status, body, headers = invoke(app, event("predict"))
    assert time.monotonic() - started < 10, "four attempts of each of three objects would take longer"
    assert (status, body["code"]) == (503, "model_unavailable")
    assert int(headers["Retry-After"]) > 0


def test_under_snapstart_a_failed_load_fails_the_version(load_app: Load, store: Store) -> None:
    from testkit import penguins

    published = penguins.publish(store.registry)
    tamper(store, f"blobs/sha256/{published.manifest.blobs['onnx'].sha256}")
    with pytest.raises(Exception, match="blob"):
        load_app(store.released(published) | {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"})


def test_a_wrong_golden_answer_is_never_served(load_app: Load, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from testkit import penguins

    published = penguins.publish(store.registry)
    monkeypatch.setattr(Golden, "agrees", lambda *_: False)
    assert invoke(load_app(store.released(published)), event("predict"))[0] == 503
