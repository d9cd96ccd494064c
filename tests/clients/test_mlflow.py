"""MLflow's own scoring client gets what /predict answers."""

import pytest

from tests.clients.conftest import Live
from tests.clients.penguin_rows import rows
from tests.local.support import call

pytestmark = pytest.mark.clients


def test_it_gets_the_answers_of_predict(live: Live) -> None:
    given = rows(missing=True)
    native = call(f"{live.url}/predict", live.caller, body={"instances": given}).json

    got = live.run("mlflow_client", {"rows": given})

    assert got["text"]["predictions"] == [one["label"] for one in native["predictions"]]
    assert got["frame"] == [[one["label"]] for one in native["predictions"]]


def test_its_params_choose_probabilities(live: Live) -> None:
    given = rows()
    native = call(f"{live.url}/predict", live.caller, body={"instances": given}).json

    got = live.run("mlflow_client", {"rows": given, "params": {"predict_method": "predict_proba"}})

    assert got["frame"] == [list(one["probabilities"].values()) for one in native["predictions"]]
