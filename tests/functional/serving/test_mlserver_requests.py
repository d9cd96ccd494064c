"""Requests that MLServer encoded get the answers of /predict; `make test-clients` holds the recording to MLServer."""

import contextlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

RECORDED = json.loads((Path(__file__).parents[2] / "clients/recorded/mlserver.json").read_text())
NAMES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


def answered(app: ModuleType, name: str, body: Any, model: str) -> Any:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event(name, body=json.dumps(body), pathParameters={"model": model}), context())
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])


def test_a_frame_of_the_pandas_codec(load_app: Load, shelf: Store, published: Published) -> None:
    app = load_app(shelf.released(published))
    native = answered(app, "predict", {"instances": RECORDED["given"]["frame"]}, "penguins")

    got = answered(app, "infer", RECORDED["encoded"]["pandas"], "penguins")

    assert got["outputs"][0]["data"] == [one["label"] for one in native["predictions"]]


def test_a_matrix_of_the_numpy_codec(load_app: Load, released: dict[str, str]) -> None:
    app = load_app(released)
    rows = [dict(zip(NAMES, row, strict=True)) for row in RECORDED["given"]["matrix"]]
    native = answered(app, "predict", {"instances": rows}, "iris")

    got = answered(app, "infer", RECORDED["encoded"]["numpy"], "iris")

    shares = [share for one in native["predictions"] for share in one["probabilities"].values()]
    assert got["outputs"][0]["data"] == shares
    assert got["outputs"][0]["shape"] == [2, 3]


@pytest.mark.parametrize("name", ["pandas", "numpy"])
def test_a_recording_is_a_request_of_the_protocol(name: str) -> None:
    request = RECORDED["encoded"][name]
    assert request["inputs"]
    assert request["outputs"]
