"""Older versions requested by number: proved through the chain of manifests, and loaded at the first request."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.publishing.publish import Published
from testkit.lambda_context import event
from tests.functional.conftest import Load, Store
from tests.functional.function_app import FUNCTIONS
from tests.functional.serving.pins import LIVE, SKLEARN, body, by_query, call, predict, records, tamper

NOT_VERSIONS = ["abc", "0", "-1", "1.5", "01", "+1", "1e0", "３", "9" * 400, "1,2", "None"]


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
    status, got, _ = call(load_app(released), "version", pathParameters={"version": str(version)})

    assert status == 200
    assert (got["version"], got["digest"]) == (version, f"sha256:{line[1][version - 1].sha256}")
    assert f"setosa by {version}" in got["signature"]["output"]["classes"]
    assert not {"blobs", "created_by", "recipe", "environment", "git_commit"} & set(got)


def test_pinning_the_live_version_does_not_read_s3(
    load_app: Load, released: dict[str, str], s3_requests: list[str]
) -> None:
    app = load_app(released)
    s3_requests.clear()

    assert predict(app, LIVE)[1]["predictions"][0]["label"] == "setosa by 5"
    assert by_query(app, str(LIVE))[0] == 200
    assert call(app, "version", pathParameters={"version": str(LIVE)})[0] == 200
    assert s3_requests == []


def test_a_pin_reads_s3_when_cold_only(load_app: Load, released: dict[str, str], s3_requests: list[str]) -> None:
    app = load_app(released)
    s3_requests.clear()

    predict(app, 4)
    assert s3_requests[0].endswith("prefix=models%2Firis%2Fretired%2F")
    assert [path for path in s3_requests if "versions/4.json" in path]
    assert not [path for path in s3_requests if "versions/3.json" in path]
    s3_requests.clear()
    for _ in range(3):
        assert predict(app, 4)[0] == 200
    assert s3_requests == []


@pytest.mark.parametrize("text", NOT_VERSIONS)
def test_invalid_version_is_a_404_with_the_list_of_versions(
    load_app: Load, released: dict[str, str], text: str
) -> None:
    app = load_app(released)
    for status, got, headers in (
        predict(app, text),
        by_query(app, text),
        call(app, "version", pathParameters={"version": text}),
    ):
        assert (status, got["code"], got["versions"]) == (404, "no_such_version", [5, 4, 3, 1])
        assert headers["Content-Type"] == "application/problem+json"
        assert len(got["detail"]) < 200


def test_an_empty_version_or_two_of_them_are_no_version(load_app: Load, released: dict[str, str]) -> None:
    app = load_app(released)

    for texts in ([""], ["3", "4"], ["3", "3"]):
        assert by_query(app, *texts)[1]["code"] == "no_such_version"


def test_a_version_above_the_released_one_is_not_there_and_not_read(
    load_app: Load, released: dict[str, str], s3_requests: list[str]
) -> None:
    app = load_app(released)
    s3_requests.clear()

    status, got, _ = predict(app, 6)

    assert (status, got["code"], got["versions"]) == (404, "no_such_version", [5, 4, 3, 1])
    assert "live is 5" in got["detail"]
    assert not [path for path in s3_requests if "versions/6.json" in path]


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
        status, _, _ = call(app, "predict_pinned", pathParameters={"version": str(version)}, body=text)
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

    def judged(name: str, version: int | None, status: int) -> bool:
        records(app)
        parameters = {"version": str(version)} if version else None
        assert call(app, name, pathParameters=parameters, body=body())[0] == status
        [figures] = records(app)
        return "release" in figures

    assert judged("predict", None, 200)
    assert judged("predict_pinned", LIVE, 200)
    assert not judged("predict_pinned", 4, 200)
    assert not judged("predict_pinned", 3, 503)
    assert not judged("versions", None, 503)
    assert not judged("version", 4, 200)


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
        env={**released, "PATH": os.environ["PATH"], "PYTHONPATH": str(FUNCTIONS / "predict")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "200 []"
