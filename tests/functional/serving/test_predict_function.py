"""predict as Lambda runs it: real proxy events in, a real model from a real S3, answers and records out."""

import base64
import gzip
import json
import socket
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fairlead.aws.s3_stdlib import ColdReader
from fairlead.model.golden import Golden
from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store
from tests.functional.serving.invocations import ask, invoke, records, rows

Call = Callable[..., tuple[int, dict[str, Any], dict[str, Any]]]


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
        ({"resource": "/{proxy+}", "path": "/predictions"}, 404, "not_found"),
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
        ({"resource": "/{proxy+}", "path": "/\ud800"}, 404, "not_found"),
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
    """The event's path has a custom domain's base path."""
    plain = event(name)
    assert invoke(app, {**plain, "path": f"{base}{plain['path']}"})[0] == 200
    assert invoke(app, {**plain, "path": f"{base}{plain['path']}/"})[0] == 200


def test_a_compressed_body_is_refused_by_name(app: ModuleType) -> None:
    """API Gateway damages such a body, so it is not decompressed."""
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


def test_a_defect_is_a_500_without_detail_for_the_caller(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(app.endpoint.model(), "predict", broken)
    status, body, _ = invoke(app, event("predict"))
    assert (status, body["code"]) == (500, "internal")
    assert "secret" not in json.dumps(body)
    assert "ZeroDivisionError" in app.printed.getvalue()


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
