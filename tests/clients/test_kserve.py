"""KServe's own client, with an `httpx.Auth`, gets what /predict answers."""

import pytest

from tests.clients.conftest import Live
from tests.clients.penguin_rows import rows, tensors
from tests.local.support import call

pytestmark = pytest.mark.clients


def test_it_gets_the_answers_of_predict(live: Live) -> None:
    given = rows()
    native = call(f"{live.url}/predict", live.caller, body={"instances": given}).json

    got = live.run("kserve_client", {"inputs": tensors(given), "outputs": ["predict", "predict_proba"]})

    assert got["live"] is got["ready"] is got["model_ready"] is True
    assert got["outputs"]["predict"] == [one["label"] for one in native["predictions"]]
    assert got["outputs"]["predict_proba"] == [list(one["probabilities"].values()) for one in native["predictions"]]
    assert got["id"] == "mine"
    assert got["parameters"]["prediction_ids"].count(",") == len(given) - 1


def test_a_wrong_row_is_an_http_error(live: Live) -> None:
    given = tensors(rows()[:1])
    given["year"] = ["FP64", [1, 1], [2007.5]]

    assert "422" in live.run("kserve_client", {"inputs": given, "outputs": []})["error"]
