"""A binary matrix of a model of numbers: the answers, capture lines, metrics and errors of the same rows as JSON."""

import base64
import contextlib
import json
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from testkit.lambda_context import context, event
from tests.functional.conftest import Load

NAMES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
ROWS = [[5.1, 3.5, 1.4, 0.2], [70.0, 3.2, 4.7, 1.4], [-0.0, 3.3, 6.0, 2.5]]
CAPTURE = {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "1ab5d340-0000-4000-8000-7b8cc1de6d33"}
Line = dict[str, Any]


@pytest.fixture
def app(load_app: Load, released: dict[str, str]) -> ModuleType:
    return load_app(released | CAPTURE)


def invoke(app: ModuleType, name: str, body: str, **headers: str) -> tuple[int, Line, list[Line]]:
    """Return the status, the document of the answer, and the log's lines."""
    asked = event(name, body=body, pathParameters={"model": "iris"})
    asked["headers"] |= headers
    app.printed.seek(0)
    app.printed.truncate()
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(asked, context())
    lines = [json.loads(line) for line in app.printed.getvalue().splitlines()]
    return answer["statusCode"], json.loads(answer["body"]), lines


def infer(app: ModuleType, matrix: "np.ndarray[Any, Any]", datatype: str = "FP64", **tensor: Any) -> Any:
    data = matrix.astype({"FP64": "<f8", "FP32": "<f4"}[datatype]).tobytes()
    one = {"name": "input", "shape": list(matrix.shape), "datatype": datatype, **tensor}
    head = json.dumps({"inputs": [one | {"parameters": {"binary_data_size": len(data)}}]}).encode()
    body = base64.b64encode(head + data).decode()
    return invoke(app, "infer_binary", body, **{"Inference-Header-Content-Length": str(len(head))})


def predict(app: ModuleType, rows: list[list[float]]) -> tuple[int, Line, list[Line]]:
    instances = [dict(zip(NAMES, row, strict=True)) for row in rows]
    return invoke(app, "predict", json.dumps({"instances": instances}))


def one(lines: list[Line], member: str) -> Line:
    return next(line for line in lines if member in line)


@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
def test_a_binary_matrix_is_answered_captured_and_measured_as_its_rows(app: ModuleType, datatype: str) -> None:
    matrix = np.array(ROWS, "<f4" if datatype == "FP32" else "<f8")
    status, answered, seen = infer(app, matrix, datatype)
    _, native, native_seen = predict(app, matrix.tolist())

    labels, shares = (output["data"] for output in answered["outputs"])
    assert status == 200
    assert labels == [one["label"] for one in native["predictions"]]
    assert shares == [share for one in native["predictions"] for share in one["probabilities"].values()]
    for member in ("rows", "labels", "probabilities"):
        assert repr(one(seen, "probabilities")[member]) == repr(one(native_seen, "probabilities")[member])
    assert one(seen, "_aws")["OutOfRangeShare"] == one(native_seen, "_aws")["OutOfRangeShare"] > 0
    assert one(seen, "_aws")["Rows"] == len(ROWS)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1e300])
def test_a_wrong_value_of_a_matrix_is_named_by_row_and_field(app: ModuleType, wrong: float) -> None:
    matrix = np.array(ROWS)
    matrix[1, 2] = wrong

    status, problem, _ = infer(app, matrix)

    assert (status, problem["errors"][0]["row"], problem["errors"][0]["field"]) == (422, 1, NAMES[2])


@pytest.mark.parametrize(
    ("shape", "tensor", "detail"),
    [
        ((2, 3), {}, "3 columns"),
        ((0, 4), {}, "no rows"),
        ((2, 4), {"name": NAMES[0]}, "send [N] or [N, 1]"),
        ((100_000, 4), {}, "more than"),
    ],
)
def test_a_matrix_of_another_shape_is_refused(
    app: ModuleType, shape: tuple[int, int], tensor: dict[str, Any], detail: str
) -> None:
    status, problem, _ = infer(app, np.ones(shape), **tensor)

    assert status == (413 if shape[0] > 2 else 422)
    assert detail in problem["detail"]
