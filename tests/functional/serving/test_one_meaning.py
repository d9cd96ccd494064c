"""The same rows through every protocol: the same labels and probabilities, and those of the estimator."""

import base64
import contextlib
import csv
import io
import json
import math
import struct
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.publishing.publish import Published
from testkit import penguins
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

Row = dict[str, Any]
NUMBERS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
KINDS = {"island": "BYTES", "sex": "BYTES", "year": "INT64", **dict.fromkeys(NUMBERS, "FP64")}
NAMES = ("island", *NUMBERS, "sex", "year")
NUMBER = st.none() | st.floats(-1e6, 1e6).map(lambda value: value + 0.0)  # no -0.0, which is 0.0 to JSON's readers
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
WORD = st.none() | st.sampled_from(["Dream", "Biscoe", "Torgersen", "male", "female"]) | TEXT
ROW = st.fixed_dictionaries(
    {name: NUMBER if name in NUMBERS else WORD if name != "year" else st.integers(1990, 2030) for name in NAMES}
)


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))


def send(app: ModuleType, name: str, body: Any, **changes: Any) -> dict[str, Any]:
    changed = event(name, body=body if isinstance(body, str) else json.dumps(body))
    changed["headers"] |= changes
    with contextlib.redirect_stdout(io.StringIO()):
        answer: dict[str, Any] = app.handler(changed, context())
    assert answer["statusCode"] == 200, answer["body"]
    return answer


def read(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"])


def native(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    answered = read(send(app, "predict", {"instances": rows}))
    return [list(one["probabilities"].values()) for one in answered["predictions"]]


def pinned(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    answered = read(send(app, "predict_pinned", {"instances": rows}))
    return [list(one["probabilities"].values()) for one in answered["predictions"]]


def tensors(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    inputs = [
        {"name": name, "datatype": kind, "shape": [len(rows)], "data": [row[name] for row in rows]}
        for name, kind in KINDS.items()
    ]
    answered = read(send(app, "infer", {"inputs": inputs, "outputs": [{"name": "predict_proba"}]}))
    shares: list[list[float]] = np.reshape(answered["outputs"][0]["data"], (len(rows), 3)).tolist()
    return shares


def binary(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    """Binary where the datatype can say every value: it has NaN for missing numbers, nothing for missing text."""
    inputs, data = [], b""
    for name, kind in KINDS.items():
        values = [row[name] for row in rows]
        tensor: dict[str, Any] = {"name": name, "datatype": kind, "shape": [len(rows), 1]}
        if None in values and kind == "BYTES":
            inputs.append(tensor | {"data": values})
            continue
        part = _bytes(kind, values)
        inputs.append(tensor | {"parameters": {"binary_data_size": len(part)}})
        data += part
    outputs = [{"name": "predict_proba", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
    length = {"Inference-Header-Content-Length": str(len(head))}
    answer = send(app, "infer_binary", base64.b64encode(head + data).decode(), **length)
    body = base64.b64decode(answer["body"])
    start = int(answer["multiValueHeaders"]["Inference-Header-Content-Length"][0])
    shares: list[list[float]] = np.frombuffer(body[start:], "<f8").reshape(len(rows), 3).tolist()
    return shares


def _bytes(kind: str, values: list[Any]) -> bytes:
    if kind == "BYTES":
        return b"".join(struct.pack("<I", len(one.encode())) + one.encode() for one in values)
    known = [math.nan if one is None else one for one in values]
    return struct.pack(f"<{len(values)}{'q' if kind == 'INT64' else 'd'}", *known)


def dataframe_split(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    data = [[row[name] for name in reversed(NAMES)] for row in rows]
    return _invoked(app, {"dataframe_split": {"columns": list(reversed(NAMES)), "index": ["x"], "data": data}})


def columns(app: ModuleType, rows: list[Row]) -> list[list[float]]:
    return _invoked(app, {"inputs": {name: [row[name] for row in rows] for name in NAMES}})


def _invoked(app: ModuleType, document: dict[str, Any]) -> list[list[float]]:
    found: list[list[float]] = read(
        send(app, "invocations", document | {"params": {"predict_method": "predict_proba"}})
    )["predictions"]
    return found


def csv_labels(app: ModuleType, rows: list[Row]) -> list[str]:
    text = io.StringIO()
    csv.writer(text).writerows([NAMES, *([row[name] for name in NAMES] for row in rows)])
    return _lines(send(app, "invocations_csv", text.getvalue()))


def _lines(answer: dict[str, Any]) -> list[str]:
    return str(answer["body"]).splitlines()


PROTOCOLS: list[Callable[[ModuleType, list[Row]], list[list[float]]]] = [
    pinned, tensors, binary, dataframe_split, columns,
]  # fmt: skip


def labels(shares: list[list[float]]) -> Iterator[str]:
    for row in shares:
        yield ("Adelie", "Chinstrap", "Gentoo")[int(np.argmax(row))]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=6))
def test_every_protocol_answers_as_the_estimator(app: ModuleType, rows: list[Row]) -> None:
    frame = pd.DataFrame(rows, columns=NAMES).astype(penguins.split()[0].dtypes.drop(penguins.TARGET))
    expected = penguins.estimator().predict_proba(frame)

    answered = native(app, rows)

    assert np.abs(expected - answered).max() < 1e-5
    for protocol in PROTOCOLS:
        assert protocol(app, rows) == answered, protocol.__name__
    assert csv_labels(app, rows) == list(labels(answered))
