"""The most rows of a request: a full answer fits Lambda's response, whatever script its labels are in."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from awslambdaric.lambda_runtime_marshaller import Encoder

from fairlead.api.response_size import LONGEST_NUMBER, most_rows
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.signature import Field, Output, Signature
from fairlead.serving.model import Model
from tests.manifests import build

LAMBDA = 6 * 1024 * 1024
"""Bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
LABELS = {
    "ascii": ("no", "yes, and more"),
    "long ascii, short script": ("a" * 30, "企鵝" * 14),
    "emoji": ("a" * 10, "🐧" * 9),
    "arabic": ("البطريق الإمبراطور", "x"),
    "quotes": ('"' * 20, "y" * 39),
    "control": ("\x01" * 10, "z" * 30),
}


class Longest:
    """An engine that answers each row as lengthily as it can."""

    def __init__(self, output: Output) -> None:
        labels = output.classes or ()
        self._label = max(labels, key=lambda one: len(msgspec.json.encode(msgspec.json.encode(one).decode())))
        self._shares = [LONGEST_NUMBER] * len(labels) if output.probabilities else None

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        shares = None if self._shares is None else [self._shares] * len(rows)
        return Answers(labels=[self._label] * len(rows), probabilities=shares)


@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("name", LABELS)
def test_an_answer_to_the_most_rows_fits_lambdas_response(
    name: str, probabilities: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    output = Output(task="classification", classes=LABELS[name], probabilities=probabilities)
    signature = Signature(inputs=(Field(name="x", kind="number"),), output=output, layout="frame")
    engine = Longest(output)
    golden = Golden(rows=[(1.0,)], answers=engine.answer([(1.0,)]))
    model = Model(msgspec.structs.replace(build(1, None), signature=signature), "0" * 64, engine, golden)
    most = most_rows(signature)
    body = msgspec.json.encode({"instances": [{"x": 1}] * most})
    request = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    answer = {"statusCode": 200, "body": model.body(model.predict(model.rows(body), request_id=request, release="7"))}
    size = len(Encoder().encode(answer | {"multiValueHeaders": {"Content-Type": ["application/json"]}}).encode())
    assert 0.6 * LAMBDA < size < LAMBDA
