"""Versions that are not served: never live, of another engine, retired, edited, forged or beyond reach."""

from collections.abc import Iterator

import msgspec
import pytest

from fairlead.aws.s3_stdlib import ColdReader
from fairlead.errors import StorageError
from fairlead.model.manifest import encode
from fairlead.publishing.publish import Published
from fairlead.serving import pinned
from tests.functional.conftest import Load, Store
from tests.functional.serving.pins import (
    LIVE,
    SKLEARN,
    body,
    by_query,
    call,
    logged,
    predict,
    retire_version,
    tamper,
    timed,
)


@pytest.mark.parametrize("pinnable", ["", "4,1-2", "1-2,6-9"])
def test_a_version_that_was_never_live_is_not_served_though_it_is_in_the_chain(
    load_app: Load, released: dict[str, str], s3_requests: list[str], pinnable: str
) -> None:
    """A manifest that was written by hand, and that a regular publication followed, has passed no gate."""
    app = load_app(released | {"FAIRLEAD_PINNABLE": pinnable})
    s3_requests.clear()

    status, got, _ = predict(app, 3)
    shown, _, _ = call(app, "version", pathParameters={"version": "3"})

    assert (status, shown, got["code"]) == (404, 404, "no_such_version")
    assert "was not live before this release" in got["detail"]
    assert 3 not in got["versions"]
    assert 3 not in [one["version"] for one in call(app, "versions")[1]["versions"]]
    assert predict(app, LIVE)[0] == 200


def test_a_version_of_the_sklearn_engine_is_refused_and_never_read_as_a_pickle(
    load_app: Load, released: dict[str, str], s3_requests: list[str], line: tuple[Store, list[Published]]
) -> None:
    status, got, _ = predict(load_app(released), SKLEARN)

    assert (status, got["code"]) == (409, "version_not_served")
    assert "sklearn engine" in got["detail"]
    assert line[1][SKLEARN - 1].manifest.blobs["estimator"].sha256 not in " ".join(s3_requests)


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

    for status, got, _ in (predict(app, 3), by_query(app, "3"), call(app, "version", pathParameters={"version": "3"})):
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
