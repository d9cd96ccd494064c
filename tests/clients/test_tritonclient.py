"""tritonclient[http], unchanged: in JSON and in binary it gets what /predict answers."""

import pytest

from tests.clients.conftest import Live
from tests.clients.penguin_rows import rows, tensors
from tests.local.support import call

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("outputs", [["predict", "predict_proba"], []], ids=["chosen", "default"])
def test_it_gets_the_answers_of_predict(live: Live, binary: bool, outputs: list[str]) -> None:
    given = rows()
    native = call(f"{live.url}/predict", live.caller, body={"instances": given}).json

    got = live.run("triton", {"inputs": tensors(given), "outputs": outputs, "binary": binary})

    assert got["live"] is got["ready"] is got["model_ready"] is True
    assert got["server"]["extensions"] == ["binary_tensor_data"]
    assert {one["name"] for one in got["model"]["inputs"]} == set(given[0])
    assert got["outputs"]["predict"] == [one["label"] for one in native["predictions"]]
    assert got["outputs"]["predict_proba"] == [list(one["probabilities"].values()) for one in native["predictions"]]
    response = got["response"]
    assert (response["id"], response["model_name"], response["model_version"]) == ("mine", "penguins", "1")
    assert response["parameters"]["release"] == native["release"]
    sized = ["binary_data_size" in one.get("parameters", {}) for one in response["outputs"]]
    assert sized == [binary or not outputs] * 2  # it asks for binary outputs where it names none


def test_its_error_has_the_row_and_the_field(live: Live) -> None:
    given = tensors(rows()[:2])
    given["year"] = ["FP64", [2, 1], [2007.0, 2007.5]]

    got = live.run("triton", {"inputs": given, "outputs": [], "binary": True})

    assert got["error"].startswith("row 1, field 'year': expected a whole number")
    assert got["status"] == "422"


def test_the_gateways_own_refusal_has_an_error_too(live: Live) -> None:
    answer = call(f"{live.url}/v2/models/penguins/infer", None, body=b"{}")

    assert answer.status == 403
    assert answer.json["error"] == answer.json["detail"]
