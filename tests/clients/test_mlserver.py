"""MLServer's own types and codecs encode what the endpoint answers, and decode its answers.

MLServer needs Python up to 3.12. What it encoded is
sent everywhere by `tests/functional/serving/test_mlserver_requests.py`.
"""

import json
import subprocess
from typing import Any

import pytest

from tests.clients.conftest import PROGRAMS, ROOT, Live
from tests.local.support import call

pytestmark = pytest.mark.clients

PYTHON = ROOT / ".venv-mlserver/bin/python"
RECORDED = json.loads((ROOT / "tests/clients/recorded/mlserver.json").read_text())


def codecs(given: dict[str, Any]) -> Any:
    if not PYTHON.exists():
        pytest.skip("there is no Python 3.12 here for MLServer")
    done = subprocess.run(
        [PYTHON, PROGRAMS / "mlserver_codecs.py", json.dumps(given)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_the_recorded_requests_are_what_it_encodes() -> None:
    assert codecs(RECORDED["given"]) == RECORDED["encoded"]


def test_it_decodes_the_answers_of_predict(live: Live) -> None:
    request, url = RECORDED["encoded"]["pandas"], f"{live.url}/v2/models/penguins/infer"
    labels = call(url, live.caller, body=request).json
    shares = call(url, live.caller, body=request | {"outputs": [{"name": "predict_proba"}]}).json
    native = call(f"{live.url}/predict", live.caller, body={"instances": RECORDED["given"]["frame"]}).json

    found = codecs({"labels": labels, "shares": shares})

    assert found["labels"] == [one["label"] for one in native["predictions"]]
    assert found["shares"] == [list(one["probabilities"].values()) for one in native["predictions"]]
