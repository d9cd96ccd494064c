"""The Open Inference Protocol's routes as Lambda runs them: proxy events in, answers equal to those of /predict."""

import base64
import contextlib
import json
import struct
from types import ModuleType
from typing import Any

import pytest

from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

FIELDS = ("island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex", "year")
MODEL = {"model_name": "penguins", "model_version": "1"}


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))


def invoke(app: ModuleType, proxy_event: dict[str, Any]) -> dict[str, Any]:
    with contextlib.redirect_stdout(app.printed):
        answer: dict[str, Any] = app.handler(proxy_event, context())
    return answer


def call(app: ModuleType, name: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = invoke(app, event(name, **changes))
    return answer["statusCode"], json.loads(answer["body"])


def infer(app: ModuleType, **members: Any) -> tuple[int, dict[str, Any]]:
    """Send the example request with some of its members changed."""
    return call(app, "infer", body=json.dumps(json.loads(event("infer")["body"]) | members))


def tensors(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the example's inputs, with members of some changed."""
    given = json.loads(event("infer")["body"])["inputs"]
    return [one | changes.get(one["name"], {}) for one in given]


def outputs(document: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in document["outputs"]}


def test_tensors_are_answered_as_the_same_rows_by_predict(app: ModuleType) -> None:
    _, native = call(app, "predict")
    status, answered = call(app, "infer")

    [prediction] = native["predictions"]
    assert status == 200
    assert answered["id"] == "penguins-at-noon"
    assert answered.items() >= MODEL.items()
    assert answered["parameters"] == {
        **{name: native[name] for name in ("model", "version", "digest", "release")},
        "prediction_ids": prediction["id"],
    }
    assert outputs(answered) == {
        "predict": {"name": "predict", "datatype": "BYTES", "shape": [1], "data": [prediction["label"]]},
        "predict_proba": {
            "name": "predict_proba", "datatype": "FP64", "shape": [1, 3],
            "data": list(prediction["probabilities"].values()),
        },
    }  # fmt: skip


def test_columns_of_shape_n_1_and_null_are_taken(app: ModuleType) -> None:
    island = {"shape": [2, 1], "data": [["Biscoe"], ["Dream"]]}
    doubled = [one | {"shape": [2], "data": one["data"] * 2} for one in tensors()]
    doubled = [one | island if one["name"] == "island" else one for one in doubled]
    doubled = [one | {"data": [None, one["data"][0]]} if one["name"] == "bill_length_mm" else one for one in doubled]

    status, answered = infer(app, inputs=doubled)

    assert status == 200
    assert answered["parameters"]["prediction_ids"].count(",") == 1
    assert outputs(answered)["predict_proba"]["shape"] == [2, 3]


def test_a_bare_nan_means_missing_where_the_field_may_be_missing(app: ModuleType) -> None:
    missing = infer(app, inputs=tensors(bill_length_mm={"data": [None]}))
    nan = infer(app, inputs=tensors(bill_length_mm={"data": [float("nan")]}))

    assert missing[0] == nan[0] == 200
    assert outputs(missing[1])["predict_proba"]["data"] == outputs(nan[1])["predict_proba"]["data"]


def test_binary_tensors_are_answered_in_binary(app: ModuleType) -> None:
    _, answered = call(app, "infer")
    binary = invoke(app, event("infer_binary"))

    headers = {name: values[0] for name, values in binary["multiValueHeaders"].items()}
    length = int(headers["Inference-Header-Content-Length"])
    body = base64.b64decode(binary["body"])
    document, data = json.loads(body[:length]), body[length:]
    assert (binary["statusCode"], binary["isBase64Encoded"]) == (200, True)
    assert headers["Content-Type"] == "application/octet-stream"
    label = outputs(answered)["predict"]["data"][0].encode()
    shares = struct.pack("<3d", *outputs(answered)["predict_proba"]["data"])
    assert data == struct.pack("<I", len(label)) + label + shares
    assert [one["parameters"]["binary_data_size"] for one in document["outputs"]] == [4 + len(label), 24]


def test_a_caller_that_cannot_receive_bytes_gets_json(app: ModuleType) -> None:
    given = event("infer_binary")
    given["headers"]["Accept"] = "*/*"

    answer = invoke(app, given)

    assert not answer["isBase64Encoded"]
    assert outputs(json.loads(answer["body"]))["predict"]["data"]


@pytest.mark.parametrize(
    ("changes", "row", "field", "expected"),
    [
        ({"year": {"data": ["2007"]}}, 0, "year", "a whole number"),
        ({"year": {"datatype": "FP64", "data": [2007.5]}}, 0, "year", "a whole number"),
        ({"year": {"datatype": "UINT8", "data": [2007]}}, 0, "year", "a whole number from 0 to 255"),
        ({"body_mass_g": {"data": [float("inf")]}}, 0, "body_mass_g", "a finite number"),
        ({"island": {"data": ["\ud800"]}}, 0, "island", "a category"),
    ],
)
def test_a_wrong_value_is_named_by_row_and_field(
    app: ModuleType, changes: dict[str, Any], row: int, field: str, expected: str
) -> None:
    status, problem = infer(app, inputs=tensors(**changes))

    assert status == 422
    assert problem["error"] == problem["detail"]
    assert problem["errors"][0]["row"] == row
    assert problem["errors"][0]["field"] == field
    assert problem["errors"][0]["expected"].startswith(expected)


@pytest.mark.parametrize(
    ("inputs", "status", "detail"),
    [
        ([], 422, "`inputs` is empty"),
        (tensors()[:1] * 2, 422, "two inputs have one name"),
        (tensors(year={"shape": [2], "data": [1, 2]}), 422, "differ in their number of rows"),
        (tensors(year={"shape": [2]}), 422, "1 values in `data`, and shape [2] has 2"),
        (tensors(year={"shape": [1, 1, 1]}), 422, "the shape is [1, 1, 1]"),
        (tensors(year={"shape": [-1]}), 422, "the shape is [-1]"),
        (tensors(year={"datatype": "COMPLEX"}), 422, "there is no datatype 'COMPLEX'"),
        (tensors(year={"datatype": "BYTES", "data": ["x"]}), 422, "the datatype BYTES, and the field takes"),
        (tensors(year={"name": "jahr"}), 422, "'jahr' is no field of the model"),
        (tensors(year={"data": 7}), 422, "`data` must be an array"),
        ([{"name": "x", "datatype": "FP32", "shape": [1, 7], "data": [0] * 7}], 422, "'x' is no field of the model"),
        ([{"name": "x"}], 400, "missing required field `shape`"),
        ({"year": 1}, 400, "the body is no inference request"),
    ],
)
def test_a_wrong_request_is_refused_with_its_place(app: ModuleType, inputs: Any, status: int, detail: str) -> None:
    answered, problem = infer(app, inputs=inputs)

    assert answered == status, problem
    assert detail in problem["error"]


def test_an_unknown_output_is_named_with_those_there_are(app: ModuleType) -> None:
    status, problem = infer(app, outputs=[{"name": "value"}])

    assert status == 400
    assert problem["hint"] == "outputs of this model: predict, predict_proba"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Inference-Header-Content-Length": "7"}, 400, "not_json"),
        ({"Inference-Header-Content-Length": "99999999"}, 400, "bad_request"),
        ({"Inference-Header-Content-Length": "-1"}, 400, "bad_request"),
        ({"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        ({"Content-Type": "text/csv"}, 415, "unsupported_media_type"),
    ],
)
def test_binary_requests_with_wrong_headers_are_refused(
    app: ModuleType, headers: dict[str, str], status: int, code: str
) -> None:
    given = event("infer_binary")
    given["headers"] |= headers

    answer = invoke(app, given)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)


def test_cut_binary_data_are_refused(app: ModuleType) -> None:
    given = event("infer_binary")
    body = base64.b64decode(given["body"])

    for cut in (body[:-1], body + b"\0"):
        answer = invoke(app, given | {"body": base64.b64encode(cut).decode()})
        assert answer["statusCode"] == 422


def test_metadata_name_inputs_and_outputs(app: ModuleType) -> None:
    status, document = call(app, "v2_model")

    assert status == 200
    assert (document["name"], document["versions"], document["platform"]) == ("penguins", ["1"], "onnx_onnxv1")
    assert {one["name"]: one["datatype"] for one in document["inputs"]} == {
        **dict.fromkeys(FIELDS, "FP64"), "island": "BYTES", "sex": "BYTES", "year": "INT64",
    }  # fmt: skip
    assert document["outputs"] == [
        {"name": "predict", "datatype": "BYTES", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 3]},
    ]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("v2_live", {"live": True}),
        ("v2_ready", {"ready": True}),
        ("v2_model_ready", {"name": "penguins", "ready": True}),
    ],
)
def test_health_routes(app: ModuleType, name: str, document: dict[str, Any]) -> None:
    assert call(app, name) == (200, document)


def test_the_server_names_the_extension_that_works(app: ModuleType) -> None:
    assert call(app, "v2")[1].items() >= {"name": "fairlead", "extensions": ["binary_tensor_data"]}.items()


def test_another_model_is_not_found(app: ModuleType) -> None:
    status, problem = call(app, "infer", pathParameters={"model": "churn"})

    assert (status, problem["code"]) == (404, "no_such_model")
    assert problem["error"] == "there is no model 'churn' here"
    assert problem["hint"] == "the live model is penguins"


def test_inference_is_captured_and_measured_like_predict(load_app: Load, shelf: Store, published: Published) -> None:
    env = {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "1ab5d340-0000-4000-8000-7b8cc1de6d33"}
    app = load_app(shelf.released(published) | env)
    app.printed.truncate(0)
    _, answered = call(app, "infer")

    lines = [json.loads(line) for line in app.printed.getvalue().replace("\0", "").splitlines()]
    captured = next(line for line in lines if line.get("event") == "capture")
    measured = next(line for line in lines if "_aws" in line)
    assert captured["rows"] == [["Torgersen", 39.1, 18.7, 181.0, 3750.0, "male", 2007]]
    assert captured["labels"] == outputs(answered)["predict"]["data"]
    assert (measured["route"], measured["status"]) == ("POST /v2/models/{model}/infer", 200)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("infer", {"outputs": [{"name": "value"}]}),
        ("infer", {"outputs": [{"name": "predict_proba"}] * 1_000}),
        ("invocations", {"params": {"predict_method": "transform"}}),
    ],
)
def test_a_refused_request_is_not_captured(
    load_app: Load, shelf: Store, published: Published, name: str, wrong: dict[str, Any]
) -> None:
    env = {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "1ab5d340-0000-4000-8000-7b8cc1de6d33"}
    app = load_app(shelf.released(published) | env)
    status, _ = call(app, name, body=json.dumps(json.loads(event(name)["body"]) | wrong))

    assert status == 400
    assert '"event":"capture"' not in app.printed.getvalue()


@pytest.mark.parametrize(
    "value", ["9" * 40, "-" + "9" * 250, "9" * 400, "[" * 400 + "]" * 400, "[" * 2_000 + "]" * 2_000]
)
def test_no_value_is_a_failure_of_the_service(app: ModuleType, value: str) -> None:
    """Integers beyond 64 bits and deep arrays are the caller's, by each route."""
    tensor = json.dumps({"inputs": tensors(body_mass_g={"data": ["VALUE"]})}).replace('"VALUE"', value)
    row = '[{"body_mass_g": VALUE}]'.replace("VALUE", value)

    assert call(app, "infer", body=tensor)[0] in {400, 422}
    assert call(app, "invocations", body=row)[0] in {400, 422}
    assert call(app, "invocations", body='{"inputs": {"body_mass_g": VALUE}}'.replace("VALUE", value))[0] in {400, 422}


def test_an_id_with_a_lone_surrogate_is_the_callers_fault(app: ModuleType) -> None:
    status, problem = infer(app, id="\ud800")

    assert (status, problem["code"]) == (400, "bad_request")


def test_null_for_an_optional_member_means_that_it_is_absent(app: ModuleType) -> None:
    inputs = [one | {"parameters": None} for one in tensors()]
    status, answered = infer(app, id=None, parameters=None, outputs=None, inputs=inputs)

    assert status == 200
    assert "id" not in answered
    assert infer(app, outputs=[{"name": "predict", "parameters": None}])[0] == 200


@pytest.mark.parametrize(
    "document",
    [
        {"inputs": [{"name": "\0" * 900_000, "datatype": "FP64", "shape": [1], "data": ["long"]}]},
        {
            "inputs": [
                {"name": "\0" * 90_000 + str(n), "datatype": "FP64", "shape": [n], "data": [1] * n} for n in range(9)
            ]
        },
    ],
)
def test_a_refusal_of_a_long_name_fits_lambdas_response(app: ModuleType, document: dict[str, Any]) -> None:
    answer = invoke(app, event("infer", body=json.dumps(document)))

    assert answer["statusCode"] == 422
    assert len(json.dumps(answer)) < 50_000
