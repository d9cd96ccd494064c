"""Older versions asked for by number: proved through the chain of manifests, loaded when first asked for, never more.

Six versions of one model of iris, the fifth live; each has a name of its own for the first species.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead.aws.s3_stdlib import PATIENCE, ColdReader
from fairlead.errors import StorageError
from fairlead.model.manifest import EngineName, encode
from fairlead.publishing import publish as publishing
from fairlead.publishing.publish import Published
from fairlead.registry.retirements import Retirement, retire
from fairlead.serving import pinned
from testkit.lambda_context import context, event
from tests.functional.conftest import APP, Load, Store, make_store

SKLEARN = 2
LIVE = 5
NOT_VERSIONS = ["abc", "0", "-1", "1.5", "01", "+1", "1e0", "３", "9" * 400, "1,2", "None"]


def publish(store: Store, version: int, engine: EngineName = "onnx") -> Published:
    X, y = load_iris(return_X_y=True, as_frame=True)
    names = [f"setosa by {version}", "versicolor", "virginica"]
    estimator = LogisticRegression(max_iter=500).fit(X, [names[kind] for kind in y])
    return publishing.publish(
        estimator,
        name="iris",
        X=X,
        y=[names[kind] for kind in y],
        registry=store.registry,
        engine=engine,
        allow_breaking=True,
    )


@pytest.fixture(scope="session")
def line(s3_url: str) -> tuple[Store, list[Published]]:
    """Versions 1 to 6 in a store that no test changes; the second is of the sklearn engine."""
    store = make_store(s3_url)
    return store, [publish(store, version, "sklearn" if version == SKLEARN else "onnx") for version in range(1, 7)]


@pytest.fixture
def released(line: tuple[Store, list[Published]]) -> dict[str, str]:
    """The environment of a release of version 5."""
    store, published = line
    return store.released(published[LIVE - 1])


@pytest.fixture
def copy(s3_url: str, line: tuple[Store, list[Published]]) -> tuple[Store, dict[str, str]]:
    """The same registry in a bucket of its own, to be changed, and the environment of a release of version 5."""
    original, published = line
    store, source = make_store(s3_url), original.env["FAIRLEAD_BUCKET"]
    for key in [*original.registry.objects.keys("models/"), *original.registry.objects.keys("blobs/")]:
        store.client.copy_object(
            Bucket=store.env["FAIRLEAD_BUCKET"], Key=key, CopySource={"Bucket": source, "Key": key}
        )
    return store, store.released(published[LIVE - 1])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect S3's requests from now on, as paths and queries below the bucket."""
    seen: list[str] = []
    plain = ColdReader._fetch

    def fetch(reader: ColdReader, address: str) -> tuple[int, bytes]:
        seen.append(address.split(reader.bucket, 1)[1])
        return plain(reader, address)

    monkeypatch.setattr(ColdReader, "_fetch", fetch)
    return seen


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def timed(app: ModuleType) -> Clock:
    app.endpoint._clock = Clock()
    clock: Clock = app.endpoint._clock
    return clock


def call(app: ModuleType, name: str, **changes: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event(name, **changes), context())
    headers = {header: values[0] for header, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers


def body() -> str:
    row = load_iris(as_frame=True).data.iloc[0].to_dict()
    return json.dumps({"instances": [row]})


def predict(app: ModuleType, version: object) -> tuple[int, dict[str, Any], dict[str, str]]:
    return call(app, "predict_pinned", path=f"/versions/{version}/predict", body=body())


def by_query(app: ModuleType, *versions: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    query = {"queryStringParameters": {"version": versions[-1]}}
    several = {"multiValueQueryStringParameters": {"version": list(versions)}}
    return call(app, "predict", body=body(), **query, **several)


def tamper(store: Store, key: str) -> None:
    bucket = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": key}
    data = store.client.get_object(**bucket)["Body"].read()
    store.client.put_object(**bucket, Body=data[:-1] + bytes([data[-1] ^ 1]))


def retire_version(store: Store, version: int) -> None:
    when = datetime(2026, 11, 23, tzinfo=UTC)
    retire(store.registry, Retirement(model="iris", version=version, retired=when, retired_by="ada"))


def logged(app: ModuleType) -> list[dict[str, Any]]:
    """Log lines since the last call of this."""
    lines = [json.loads(line) for line in app.printed.getvalue().splitlines() if line.startswith("{")]
    app.printed.seek(0)
    app.printed.truncate()
    return lines


def records(app: ModuleType) -> list[dict[str, Any]]:
    """Lines of requests since the last call of this, or of `logged`."""
    return [one for one in logged(app) if "Requests" in one]


def test_a_pinned_version_answers_with_its_identity(
    load_app: Load, released: dict[str, str], line: tuple[Store, list[Published]]
) -> None:
    app = load_app(released)
    for answer in (predict(app, 3), by_query(app, "3")):
        status, got, headers = answer
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert (got["model"], got["version"], got["release"]) == ("iris", 3, "7")
        assert got["digest"] == f"sha256:{line[1][2].sha256}"
        [prediction] = got["predictions"]
        assert prediction["label"] == "setosa by 3"
    assert call(app, "predict", body=body())[1]["predictions"][0]["label"] == "setosa by 5"


def test_versions_lists_the_pinnable_versions_and_the_live_one(
    load_app: Load, released: dict[str, str], line: tuple[Store, list[Published]]
) -> None:
    status, got, _ = call(load_app(released), "versions")

    assert (status, got["model"], got["live"], got["release"]) == (200, "iris", 5, "7")
    assert [one["version"] for one in got["versions"]] == [5, 4, 3, 1]
    assert got["versions"][2] == {
        "version": 3,
        "digest": f"sha256:{line[1][2].sha256}",
        "engine": "onnx",
        "created": line[1][2].manifest.created.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize("version", [1, SKLEARN, 3, LIVE])
def test_manifest_of_a_version_is_shown_without_internal_members(
    load_app: Load, released: dict[str, str], line: tuple[Store, list[Published]], version: int
) -> None:
    status, got, _ = call(load_app(released), "version", path=f"/versions/{version}")

    assert status == 200
    assert (got["version"], got["digest"]) == (version, f"sha256:{line[1][version - 1].sha256}")
    assert f"setosa by {version}" in got["signature"]["output"]["classes"]
    assert not {"blobs", "created_by", "recipe", "environment", "git_commit"} & set(got)


def test_pinning_the_live_version_asks_s3_for_nothing(
    load_app: Load, released: dict[str, str], asked: list[str]
) -> None:
    app = load_app(released)
    asked.clear()

    assert predict(app, LIVE)[1]["predictions"][0]["label"] == "setosa by 5"
    assert by_query(app, str(LIVE))[0] == 200
    assert call(app, "version", path=f"/versions/{LIVE}")[0] == 200
    assert asked == []


def test_a_pin_asks_s3_when_cold_and_no_more(load_app: Load, released: dict[str, str], asked: list[str]) -> None:
    app = load_app(released)
    asked.clear()

    predict(app, 4)
    assert asked[0].endswith("prefix=models%2Firis%2Fretired%2F")
    assert [path for path in asked if "versions/4.json" in path]
    assert not [path for path in asked if "versions/3.json" in path]
    asked.clear()
    for _ in range(3):
        assert predict(app, 4)[0] == 200
    assert asked == []


@pytest.mark.parametrize("text", NOT_VERSIONS)
def test_invalid_version_is_a_404_with_the_list_of_versions(
    load_app: Load, released: dict[str, str], text: str
) -> None:
    app = load_app(released)
    for status, got, headers in (
        predict(app, text),
        by_query(app, text),
        call(app, "version", path=f"/versions/{text}"),
    ):
        assert (status, got["code"], got["versions"]) == (404, "no_such_version", [5, 4, 3, 1])
        assert headers["Content-Type"] == "application/problem+json"
        assert len(got["detail"]) < 200


def test_an_empty_version_or_two_of_them_are_no_version(load_app: Load, released: dict[str, str]) -> None:
    app = load_app(released)

    for texts in ([""], ["3", "4"], ["3", "3"]):
        assert by_query(app, *texts)[1]["code"] == "no_such_version"


def test_a_version_above_the_released_one_is_not_there_and_not_read(
    load_app: Load, released: dict[str, str], asked: list[str]
) -> None:
    app = load_app(released)
    asked.clear()

    status, got, _ = predict(app, 6)

    assert (status, got["code"], got["versions"]) == (404, "no_such_version", [5, 4, 3, 1])
    assert "live is 5" in got["detail"]
    assert not [path for path in asked if "versions/6.json" in path]


@pytest.mark.parametrize("pinnable", ["", "4,1-2", "1-2,6-9"])
def test_a_version_that_was_never_live_is_not_served_though_it_is_in_the_chain(
    load_app: Load, released: dict[str, str], asked: list[str], pinnable: str
) -> None:
    """A manifest that was written by hand, and that an honest publication followed, has passed no gate."""
    app = load_app(released | {"FAIRLEAD_PINNABLE": pinnable})
    asked.clear()

    status, got, _ = predict(app, 3)
    shown, _, _ = call(app, "version", path="/versions/3")

    assert (status, shown, got["code"]) == (404, 404, "no_such_version")
    assert "was not live before this release" in got["detail"]
    assert 3 not in got["versions"]
    assert 3 not in [one["version"] for one in call(app, "versions")[1]["versions"]]
    assert predict(app, LIVE)[0] == 200


def test_a_version_of_the_sklearn_engine_is_refused_and_never_read_as_a_pickle(
    load_app: Load, released: dict[str, str], asked: list[str], line: tuple[Store, list[Published]]
) -> None:
    status, got, _ = predict(load_app(released), SKLEARN)

    assert (status, got["code"]) == (409, "version_not_served")
    assert "sklearn engine" in got["detail"]
    assert line[1][SKLEARN - 1].manifest.blobs["estimator"].sha256 not in " ".join(asked)


def test_beside_a_live_version_of_the_sklearn_engine_there_is_no_onnx_engine_for_pins(
    load_app: Load, line: tuple[Store, list[Published]]
) -> None:
    store, published = line
    app = load_app(store.released(published[SKLEARN - 1]))

    status, got, _ = predict(app, 1)

    assert (status, got["code"]) == (409, "version_not_served")
    assert "no onnx engine beside it" in got["detail"]
    assert predict(app, SKLEARN)[0] == 200
    assert [one["version"] for one in call(app, "versions")[1]["versions"]] == [SKLEARN]


def test_a_retired_version_is_refused_and_the_others_answer(load_app: Load, copy: tuple[Store, dict[str, str]]) -> None:
    store, env = copy
    retire_version(store, 3)
    app = load_app(env)

    for status, got, _ in (predict(app, 3), by_query(app, "3"), call(app, "version", path="/versions/3")):
        assert (status, got["code"], got["versions"]) == (404, "no_such_version", [5, 4, 1])
        assert "iris version 3 is retired" in got["detail"]
    assert predict(app, 1)[0] == 200, "the chain goes on below a retired version"
    assert [one["version"] for one in call(app, "versions")[1]["versions"]] == [5, 4, 1]


def test_retiring_takes_effect_in_a_running_process_without_a_release(
    load_app: Load, copy: tuple[Store, dict[str, str]]
) -> None:
    store, env = copy
    app = load_app(env)
    clock = timed(app)
    assert predict(app, 3)[0] == 200

    retire_version(store, 3)
    clock.now += pinned.RECHECK - 1
    assert predict(app, 3)[0] == 200
    clock.now += 1
    assert predict(app, 3)[1]["code"] == "no_such_version"


def test_the_live_version_serves_on_whatever_is_retired(load_app: Load, copy: tuple[Store, dict[str, str]]) -> None:
    store, env = copy
    retire_version(store, LIVE)
    app = load_app(env)

    assert predict(app, LIVE)[0] == call(app, "predict", body=body())[0] == 200
    assert [one["version"] for one in call(app, "versions")[1]["versions"]] == [5, 4, 3, 1]


def test_while_retirements_cannot_be_read_no_pin_is_served(
    load_app: Load, released: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = load_app(released)
    clock = timed(app)
    assert predict(app, 3)[0] == 200

    def refused(_: ColdReader, prefix: str) -> Iterator[str]:
        raise StorageError(f"{prefix} may not be listed (AccessDenied)")

    monkeypatch.setattr(ColdReader, "keys", refused)
    clock.now += pinned.RECHECK
    status, got, headers = predict(app, 3)

    assert (status, got["code"], headers["Retry-After"]) == (503, "model_unavailable", "5")
    assert call(app, "predict", body=body())[0] == 200
    status, got, _ = predict(app, "abc")
    assert (status, "versions" in got) == (404, False), "a caller's mistake stays a caller's mistake"


def test_an_edited_manifest_in_the_middle_stops_the_chain_there(
    load_app: Load, copy: tuple[Store, dict[str, str]]
) -> None:
    store, env = copy
    tamper(store, "models/iris/versions/3.json")
    app = load_app(env)

    for version in (3, 1):
        status, got, headers = predict(app, version)
        assert (status, got["code"]) == (503, "model_unavailable")
        assert int(headers["Retry-After"]) > 0
        assert "integrity" in got["detail"]
    assert predict(app, 4)[0] == 200
    assert call(app, "versions")[0] == 503
    assert {one["code"] for one in logged(app) if one["message"] == "model not loaded"} == {"integrity"}


@pytest.mark.parametrize("walked", [False, True])
def test_a_forged_manifest_in_good_order_is_refused_before_and_after_the_walk(
    load_app: Load, copy: tuple[Store, dict[str, str]], line: tuple[Store, list[Published]], walked: bool
) -> None:
    """It names the forger's own blobs, with their right digests, and everything else as it was."""
    store, env = copy
    app = load_app(env)
    if walked:
        assert call(app, "versions")[0] == 200
    blobs = line[1][3].manifest.blobs
    forged = msgspec.structs.replace(line[1][2].manifest, blobs=blobs, signature=line[1][3].manifest.signature)
    store.client.put_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key="models/iris/versions/3.json", Body=encode(forged))

    status, got, _ = predict(app, 3)

    assert (status, got["code"]) == (503, "model_unavailable")
    assert "integrity" in got["detail"]


def test_a_valid_manifest_of_another_version_in_the_middle_is_refused(
    load_app: Load, copy: tuple[Store, dict[str, str]]
) -> None:
    store, env = copy
    bucket = store.env["FAIRLEAD_BUCKET"]
    other = store.client.get_object(Bucket=bucket, Key="models/iris/versions/6.json")["Body"].read()
    store.client.put_object(Bucket=bucket, Key="models/iris/versions/3.json", Body=other)

    assert predict(load_app(env), 3)[0] == 503


@pytest.mark.parametrize("name", ["onnx", "golden"])
def test_an_edited_blob_of_a_pinned_version_is_never_served(
    load_app: Load, copy: tuple[Store, dict[str, str]], line: tuple[Store, list[Published]], name: str
) -> None:
    store, env = copy
    tamper(store, f"blobs/sha256/{line[1][2].manifest.blobs[name].sha256}")
    app = load_app(env)

    assert predict(app, 3)[0] == 503
    assert predict(app, 4)[0] == 200


def test_a_version_that_could_not_be_loaded_is_left_alone_for_a_while(
    load_app: Load, copy: tuple[Store, dict[str, str]], asked: list[str]
) -> None:
    store, env = copy
    bucket = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": "models/iris/versions/4.json"}
    kept = store.client.get_object(**bucket)["Body"].read()
    store.client.delete_object(**bucket)
    app = load_app(env)
    clock = timed(app)
    assert predict(app, 3)[0] == 503
    store.client.put_object(**bucket, Body=kept)
    asked.clear()

    status, _, headers = predict(app, 3)
    assert (status, headers["Retry-After"], asked) == (503, "5", [])
    clock.now += pinned.RETRY_AFTER
    assert predict(app, 3)[0] == 200


def test_a_slow_s3_ends_the_request_and_the_next_one_goes_on_from_there(
    load_app: Load, released: dict[str, str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = load_app(released)
    clock = timed(app)
    app.endpoint._pinned._clock = clock
    plain = ColdReader._fetch

    def slow(reader: ColdReader, address: str) -> tuple[int, bytes]:
        found = plain(reader, address)
        clock.now += PATIENCE * 0.4
        return found

    monkeypatch.setattr(ColdReader, "_fetch", slow)
    asked.clear()
    assert predict(app, 1)[0] == 503
    assert len([path for path in asked if "/versions/" in path]) == 2
    clock.now += pinned.RETRY_AFTER
    asked.clear()
    predict(app, 1)
    assert not [path for path in asked if "versions/4.json" in path]


def test_a_bounded_number_of_versions_stays_loaded_the_least_used_goes(
    load_app: Load, released: dict[str, str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "MOST_MODELS", 2)
    app = load_app(released)
    for version in (1, 3, 1, 4):
        assert predict(app, version)[0] == 200
    assert list(app.endpoint.pins()._models) == [1, 4]
    asked.clear()

    assert predict(app, 1)[0] == 200
    assert asked == []
    assert predict(app, 3)[0] == 200
    assert list(app.endpoint.pins()._models) == [1, 3]


def test_the_bytes_of_loaded_versions_are_bounded_and_one_above_them_is_refused(
    load_app: Load, released: dict[str, str], line: tuple[Store, list[Published]]
) -> None:
    sizes = {
        one.manifest.version: one.manifest.blobs["onnx"].size for one in line[1] if one.manifest.version != SKLEARN
    }
    app = load_app(released)
    pins = app.endpoint.pins()
    pins._room = sizes[3] + sizes[4] - 1
    for version in (3, 4):
        assert predict(app, version)[0] == 200
    assert list(pins._models) == [4]
    pins._room = sizes[3] - 1
    pins._models.clear()

    status, got, _ = predict(app, 3)

    assert (status, got["code"]) == (409, "version_not_served")
    assert f"{sizes[3]:,} bytes" in got["detail"]
    assert predict(app, LIVE)[0] == 200


def test_room_for_pinned_versions_is_taken_from_the_functions_memory(
    load_app: Load, released: dict[str, str], line: tuple[Store, list[Published]]
) -> None:
    app = load_app(released | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"})

    live = line[1][LIVE - 1].manifest.blobs["onnx"].size
    assert app.endpoint.pins()._room == 512 * 1024 * 1024 // 2 // pinned.SESSION - live


def test_log_and_metrics_name_the_version_that_answered(load_app: Load, released: dict[str, str]) -> None:
    app = load_app(released)
    for version, expected in ((3, 3), (4, 4)):
        records(app)
        predict(app, version)
        [line] = records(app)
        assert (line["model"], line["version"]) == ("iris", str(expected))
        assert (line["status"], line["route"]) == (200, "POST /versions/{version}/predict")
    call(app, "predict", body=body())
    [line] = records(app)
    assert line["version"] == str(LIVE)


def test_a_refused_request_is_recorded_for_the_version_that_refused_it(
    load_app: Load, copy: tuple[Store, dict[str, str]]
) -> None:
    store, env = copy
    tamper(store, "models/iris/versions/3.json")
    app = load_app(env)
    seen = []
    for version, text in ((4, '{"instances": [{}]}'), (3, body()), ("abc", body()), (99, body())):
        records(app)
        status, _, _ = call(app, "predict_pinned", path=f"/versions/{version}/predict", body=text)
        [figures] = records(app)
        seen.append((status, figures["version"], [name for name in figures if name.startswith("Errors")]))
    assert seen == [
        (422, "4", ["Errors4xx"]),
        (503, "3", ["Errors5xx"]),
        (404, "5", ["Errors4xx"]),
        (404, "5", ["Errors4xx"]),
    ]


def test_calls_about_other_versions_do_not_judge_the_release_and_pins_of_its_own_do(
    load_app: Load, copy: tuple[Store, dict[str, str]]
) -> None:
    """A pinned version that cannot be loaded, or is slow to load, is no failure of live."""
    store, env = copy
    tamper(store, "models/iris/versions/3.json")
    app = load_app(env | {"AWS_LAMBDA_FUNCTION_VERSION": "9"})

    def judged(name: str, path: str, status: int) -> bool:
        records(app)
        assert call(app, name, path=path, body=body())[0] == status
        [figures] = records(app)
        return "release" in figures

    assert judged("predict", "/predict", 200)
    assert judged("predict_pinned", f"/versions/{LIVE}/predict", 200)
    assert not judged("predict_pinned", "/versions/4/predict", 200)
    assert not judged("predict_pinned", "/versions/3/predict", 503)
    assert not judged("versions", "/versions", 503)
    assert not judged("version", "/versions/4", 200)


def test_before_the_first_release_there_is_nothing_to_pin(load_app: Load, shelf: Store) -> None:
    app = load_app(shelf.env)
    assert [predict(app, 1)[0], call(app, "versions")[0], call(app, "version")[0]] == [503, 503, 503]


def test_calls_that_do_not_pin_import_nothing_of_it(released: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event("predict", body=body())))
    code = (
        "import sys, json, types; import app;"
        "context = types.SimpleNamespace(aws_request_id='1', function_name='f', function_version='1',"
        " memory_limit_in_mb=1, invoked_function_arn='a');"
        f"answer = app.handler(json.load(open({str(tmp_path / 'event.json')!r})), context);"
        "names = ['fairlead.serving.pinned', 'fairlead.registry.lineage', 'fairlead.registry.retirements'];"
        "print(answer['statusCode'], [name for name in names if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**released, "PATH": os.environ["PATH"], "PYTHONPATH": str(APP.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "200 []"
