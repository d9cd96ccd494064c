"""Answers read back from the public JSON: the inverse of what serving writes, and strict about anything else."""

from typing import Any

import msgspec
import pytest

from fairlead.api import predictions
from fairlead.api.instances import RequestReader
from fairlead.errors import CallError
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.signature import Field, Output, Signature
from fairlead.serving.model import Model
from tests.manifests import build

SPECIES = Output(task="classification", classes=("Adelie", "Gentoo"), probabilities=True)
NUMBERED = Output(task="classification", classes=(0, 1, 2))
TRUTHS = Output(task="classification", classes=(False, True), probabilities=True)
PRICE = Output(task="regression")
PRICES = Output(task="regression", names=("low", "high"))
ODD = Output(task="anomaly")
GROUP = Output(task="clustering")

CASES = [
    (SPECIES, Answers(labels=["Gentoo", "Adelie"], probabilities=[[0.25, 0.75], [1.0, 0.0]])),
    (NUMBERED, Answers(labels=[2, 0])),
    (TRUTHS, Answers(labels=[True, False], probabilities=[[0.1, 0.9], [0.8, 0.2]])),
    (PRICE, Answers(values=[1.5, -2e300])),
    (PRICES, Answers(values=[[1.0, 2.0], [3.0, 4.0]])),
    (ODD, Answers(labels=[1, -1], scores=[0.2, -0.3])),
    (GROUP, Answers(labels=[3, 0])),
]


class Echo:
    """An engine that answers what it was given."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def answer(self, rows: Any) -> Answers:  # noqa: ARG002 - the same answers to any rows
        return self._answers


def served(output: Output, answers: Answers) -> list[Any]:
    """Return the JSON predictions that serving makes of these answers."""
    signature = Signature(inputs=(Field(name="x", kind="number"),), output=output, layout="frame")
    golden = Golden(rows=[(1.0,)], answers=answers)
    model = Model(msgspec.structs.replace(build(1, None), signature=signature), "0" * 64, Echo(answers), golden)
    body = msgspec.json.encode({"instances": predictions.instances(signature, [(1.0,), (2.0,)])})
    prediction = model.predict(model.rows(body), request_id="r", release="1")
    found: list[Any] = msgspec.json.decode(model.body(prediction))["predictions"]
    return found


@pytest.mark.parametrize(("output", "answers"), CASES, ids=lambda value: getattr(value, "task", ""))
def test_reading_inverts_the_written_predictions(output: Output, answers: Answers) -> None:
    assert predictions.answers(output, served(output, answers)) == answers


@pytest.mark.parametrize(("output", "answers"), CASES, ids=lambda value: getattr(value, "task", ""))
def test_members_are_those_of_an_answer(output: Output, answers: Answers) -> None:
    found = {
        name if not isinstance(value, dict) else f"{name}.{inner}"
        for name, value in served(output, answers)[0].items()
        if name != "id"
        for inner in (value if isinstance(value, dict) else [""])
    }
    assert predictions.members(output) == found


def test_written_instances_are_read_back_equal() -> None:
    signature = Signature(
        inputs=(
            Field(name="a", kind="number", nullable=True),
            Field(name="b", kind="integer"),
            Field(name="c", kind="boolean"),
            Field(name="d:e", kind="category", categories=("x", "y")),
            Field(name="f", kind="text"),
        ),
        output=PRICE,
        layout="frame",
    )
    rows = [(0.1, 2**53, True, "other", "é\n"), (None, -1, False, "x", "")]
    body = msgspec.json.encode({"instances": predictions.instances(signature, rows)})
    assert RequestReader(signature).rows(body) == rows


def changed(**changes: Any) -> list[Any]:
    first = {"id": "1", "label": "Adelie", "probabilities": {"Adelie": 0.5, "Gentoo": 0.5}}
    second = {**first, "id": "2", **changes}
    return [first, {name: value for name, value in second.items() if value is not ...}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ...}, "prediction 1 is no object with an id"),
        ({"id": 7}, "prediction 1 is no object with an id"),
        ({"id": "1"}, "two predictions have one id"),
        ({"label": ...}, "the label None"),
        ({"label": "Chinstrap"}, "the label 'Chinstrap'"),
        ({"probabilities": ...}, "no `probabilities`"),
        ({"probabilities": {"Adelie": 1.0}}, "no `probabilities` of exactly Adelie, Gentoo"),
        ({"probabilities": {"Adelie": 1.0, "Gentoo": 0.0, "King": 0.0}}, "of exactly"),
        ({"probabilities": {"Adelie": 1.0, "Gentoo": None}}, "no number as `probabilities.Gentoo`"),
        ({"probabilities": {"Adelie": 1.0, "Gentoo": True}}, "no number as `probabilities.Gentoo`"),
    ],
)
def test_a_malformed_prediction_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CallError, match=said):
        predictions.answers(SPECIES, changed(**changes))


@pytest.mark.parametrize(("output", "prediction"), [(PRICE, {"value": "1"}), (PRICE, {}), (PRICES, {"value": 1.0})])
def test_a_malformed_value_is_refused(output: Output, prediction: dict[str, Any]) -> None:
    with pytest.raises(CallError, match="prediction 0 has no"):
        predictions.answers(output, [{"id": "1", **prediction}])


def test_prediction_that_is_no_object_is_refused() -> None:
    with pytest.raises(CallError, match="prediction 0 is no object"):
        predictions.answers(PRICE, ["1.5"])
