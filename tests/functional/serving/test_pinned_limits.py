"""Time and memory of pinned versions are bounded."""

import pytest

from fairlead.aws.s3_stdlib import PATIENCE, ColdReader
from fairlead.publishing.publish import Published
from fairlead.serving import pinned
from tests.functional.conftest import Load, Store
from tests.functional.serving.pins import LIVE, SKLEARN, predict, timed


def test_a_version_that_could_not_be_loaded_is_left_alone_for_a_while(
    load_app: Load, copy: tuple[Store, dict[str, str]], s3_requests: list[str]
) -> None:
    store, env = copy
    bucket = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": "models/iris/versions/4.json"}
    kept = store.client.get_object(**bucket)["Body"].read()
    store.client.delete_object(**bucket)
    app = load_app(env)
    clock = timed(app)
    assert predict(app, 3)[0] == 503
    store.client.put_object(**bucket, Body=kept)
    s3_requests.clear()

    status, _, headers = predict(app, 3)
    assert (status, headers["Retry-After"], s3_requests) == (503, "5", [])
    clock.now += pinned.RETRY_AFTER
    assert predict(app, 3)[0] == 200


def test_a_slow_s3_ends_the_request_and_the_next_one_goes_on_from_there(
    load_app: Load, released: dict[str, str], s3_requests: list[str], monkeypatch: pytest.MonkeyPatch
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
    s3_requests.clear()
    assert predict(app, 1)[0] == 503
    assert len([path for path in s3_requests if "/versions/" in path]) == 2
    clock.now += pinned.RETRY_AFTER
    s3_requests.clear()
    predict(app, 1)
    assert not [path for path in s3_requests if "versions/4.json" in path]


def test_a_bounded_number_of_versions_stays_loaded_the_least_used_goes(
    load_app: Load, released: dict[str, str], s3_requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "MOST_MODELS", 2)
    app = load_app(released)
    for version in (1, 3, 1, 4):
        assert predict(app, version)[0] == 200
    assert list(app.endpoint.pins()._models) == [1, 4]
    s3_requests.clear()

    assert predict(app, 1)[0] == 200
    assert s3_requests == []
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
