"""The developer's commands, in containers, against the local cloud's S3."""

import base64
import json
from collections.abc import Iterator

import pytest
import urllib3

from tests.containers.sam import ROOT, curl, invoke, start_api

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

JSON = ("--header", "content-type: application/json")


def sent(event: str) -> str:
    """The body of a file of events/."""
    return str(json.loads((ROOT / "events" / f"{event}.json").read_text())["body"])


@pytest.fixture(scope="module")
def api(released: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with start_api(released, tmp_path_factory.mktemp("api") / "log") as url:
        yield url


def test_invoke_predicts_with_the_published_model(released: dict[str, str]) -> None:
    answer = invoke("predict", released)

    assert answer["statusCode"] == 200
    assert (answer["body"]["model"], answer["body"]["version"]) == ("penguins", 1)
    assert answer["body"]["digest"] == f"sha256:{released['FAIRLEAD_MANIFEST_SHA256']}"
    assert [prediction["label"] for prediction in answer["body"]["predictions"]] == ["Adelie"]


def test_invoke_serves_the_frozen_version_or_none(released: dict[str, str]) -> None:
    answer = invoke("predict", {**released, "FAIRLEAD_MANIFEST_SHA256": "0" * 64})

    assert (answer["statusCode"], answer["body"]["code"]) == (503, "model_unavailable")


def test_invoke_before_the_first_release_is_answered_503(bare: dict[str, str]) -> None:
    answer = invoke("health", bare)

    assert (answer["statusCode"], answer["body"]["code"]) == (503, "model_unavailable")


def test_start_api_predicts(api: str) -> None:
    status, content_type, body = curl(f"{api}/predict", *JSON, "--data", sent("predict"))

    assert (status, content_type) == (200, "application/json")
    assert body["predictions"][0]["label"] == "Adelie"


def test_start_api_names_the_row_and_the_field_at_fault(api: str) -> None:
    status, _, body = curl(f"{api}/predict", *JSON, "--data", sent("predict_invalid_field"))

    assert status == 422
    assert [(error["row"], error["field"]) for error in body["errors"]] == [(1, "body_mass_g")]


def test_start_api_shows_the_model(api: str) -> None:
    status, _, body = curl(f"{api}/model")

    assert status == 200
    assert body["model"] == "penguins"


def test_start_api_is_healthy(api: str) -> None:
    status, _, _ = curl(f"{api}/health")

    assert status == 200


@pytest.mark.parametrize(
    ("path", "arguments", "status", "code"),
    [
        ("/predictions", (*JSON, "--data", "{}"), 404, "not_found"),
        ("/predict", (), 404, "not_found"),
        ("/predict", (*JSON, "--data", "{"), 400, "not_json"),
        ("/predict", ("--header", "content-type: text/csv", "--data", "a,b"), 415, "unsupported_media_type"),
        ("/predict", (*JSON, "--data", '{"instances": [{"island": "Dream", "wings": 2}]}'), 422, "invalid_instances"),
    ],
)
def test_start_api_answers_mistakes_with_problems(
    api: str, path: str, arguments: tuple[str, ...], status: int, code: str
) -> None:
    answered, content_type, body = curl(f"{api}{path}", *arguments)

    assert (answered, content_type, body["code"]) == (status, "application/problem+json", code)


def test_invoke_answers_tensors(released: dict[str, str]) -> None:
    answer = invoke("infer", released)

    assert answer["statusCode"] == 200
    assert answer["body"]["id"] == "penguins-at-noon"
    assert answer["body"]["outputs"][0]["data"] == ["Adelie"]


def test_invoke_answers_with_reasons(released: dict[str, str]) -> None:
    answer = invoke("predict_explained", released)

    assert answer["statusCode"] == 200
    [first, *_] = answer["body"]["predictions"]
    reasons = first["explanation"]
    share = first["probabilities"][reasons["output"]]
    assert reasons["base"] + sum(reasons["contributions"].values()) == pytest.approx(share)


def test_start_api_answers_binary_tensors(api: str) -> None:
    event = json.loads((ROOT / "events/infer_binary.json").read_text())
    kept = ("Accept", "Content-Type", "Inference-Header-Content-Length")

    answer = urllib3.request(
        "POST",
        f"{api}/v2/models/penguins/infer",
        body=base64.b64decode(event["body"]),
        headers={name: event["headers"][name] for name in kept},
    )

    length = int(answer.headers["Inference-Header-Content-Length"])
    document, data = json.loads(answer.data[:length]), answer.data[length:]
    assert answer.status == 200
    assert [one["name"] for one in document["outputs"]] == ["predict", "predict_proba"]
    assert data[4:10] == b"Adelie"
    assert len(data) == sum(one["parameters"]["binary_data_size"] for one in document["outputs"])
